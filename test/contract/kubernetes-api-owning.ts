import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { container, deploymentManifest, merge } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";

/** Owners are Deployments without replicas, dependents are leases: nothing but the garbage collector touches them. */
export function owning(bench: CurrentBench): void {
  const owner = () => {
    const { create, at, fresh } = bench();
    return create(at("apps", "deployments"), deploymentManifest(fresh("owner"), { paused: true }));
  };
  const leases = (name?: string) => bench().at("coordination.k8s.io", "leases", name);
  const dependent = (owners: readonly Body[], extra: object = {}) => {
    const ownerReferences = owners.map(({ metadata }) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: metadata.name,
      uid: metadata.uid,
      blockOwnerDeletion: true,
    }));
    return bench().create(leases(), { metadata: { name: bench().fresh("dependent"), ownerReferences, ...extra } });
  };
  const vanished = (path: string) =>
    bench().eventually(async () => ((await bench().call("GET", path)).status === 404 ? true : undefined));
  const pathOf = ({ metadata }: Body) => bench().at("apps", "deployments", metadata.name);

  test("collects dependents in the background", async () => {
    const top = await owner();
    const below = await dependent([top]);
    await bench().remove(pathOf(top), { body: { propagationPolicy: "Background" } });
    await vanished(leases(below.metadata.name));
  }, 30_000);

  test("collects dependents first in the foreground", async () => {
    const { call, get, remove, eventually } = bench();
    const top = await owner();
    const below = await dependent([top], { finalizers: ["example.com/hold"] });
    const reply = await remove(pathOf(top), { body: { propagationPolicy: "Foreground" } });
    expect(reply.body.metadata).toMatchObject({
      finalizers: ["foregroundDeletion"],
      deletionTimestamp: expect.any(String),
    });
    await eventually(async () => (await get(leases(below.metadata.name))).metadata.deletionTimestamp);
    expect((await call("GET", pathOf(top))).status).toBe(200);
    await call("PATCH", leases(below.metadata.name), { type: merge, body: { metadata: { finalizers: null } } });
    await vanished(pathOf(top));
  }, 30_000);

  test("lets dependents live as orphans", async () => {
    const { get, remove } = bench();
    const top = await owner();
    const below = await dependent([top]);
    const reply = await remove(pathOf(top), { body: { propagationPolicy: "Orphan" } });
    expect(reply.body.metadata.finalizers).toEqual(["orphan"]);
    await vanished(pathOf(top));
    expect((await get(leases(below.metadata.name))).metadata.ownerReferences).toBeUndefined();
  }, 30_000);

  test("keeps a dependent that has another owner", async () => {
    const { get, remove, eventually } = bench();
    const [first, second] = [await owner(), await owner()];
    const below = await dependent([first, second]);
    await remove(pathOf(first), { body: { propagationPolicy: "Background" } });
    const owners = await eventually(async () => {
      const left = (await get(leases(below.metadata.name))).metadata.ownerReferences ?? [];
      return left.length === 1 ? left : undefined;
    });
    expect(owners.map((each) => each.uid)).toEqual([second.metadata.uid]);
  }, 30_000);

  test("collects what names an owner of a former life", async () => {
    const { create, fresh, at, remove } = bench();
    const name = fresh("owner");
    const first = await create(at("apps", "deployments"), deploymentManifest(name, { paused: true }));
    await remove(at("apps", "deployments", name), { body: { propagationPolicy: "Background" } });
    await create(at("apps", "deployments"), deploymentManifest(name, { paused: true }));
    const below = await dependent([first]);
    await vanished(leases(below.metadata.name));
  }, 30_000);

  test("orphans a Job's dependents unless told otherwise", async () => {
    const { create, at, fresh, remove } = bench();
    const name = fresh("job");
    await create(at("batch", "jobs"), {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name },
      spec: { suspend: true, template: { spec: { restartPolicy: "Never", containers: [container] } } },
    });
    const reply = await remove(at("batch", "jobs", name));
    expect(reply.body.metadata.finalizers).toEqual(["orphan"]);
  });
}
