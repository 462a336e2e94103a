import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { container, deploymentManifest, merge, podManifest } from "./kubernetes-api-bench.ts";

const modified = "the object has been modified; please apply your changes to the latest version and try again";

export function updating(bench: CurrentBench): void {
  const newDeployment = () => {
    const { create, at, fresh } = bench();
    return create(at("apps", "deployments"), deploymentManifest(fresh("deploy"), { paused: true }));
  };
  const pathOf = (name: string, subresource?: string) => bench().at("apps", "deployments", name, subresource);

  test("replaces an object at its version and gives it a new one", async () => {
    const { call, create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" } }));
    const body = { ...pod, metadata: { ...pod.metadata, labels: { changed: "yes" } } };
    const reply = await call("PUT", pods(pod.metadata.name), { body });
    expect(reply).toMatchObject({
      status: 200,
      body: { metadata: { uid: pod.metadata.uid, labels: { changed: "yes" } } },
    });
    expect(Number(reply.body.metadata.resourceVersion)).toBeGreaterThan(Number(pod.metadata.resourceVersion));
  });

  test("refuses a replacement of an older version", async () => {
    const { call, create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" } }));
    const { name } = pod.metadata;
    await call("PATCH", pods(name), { type: merge, body: { metadata: { labels: { a: "b" } } } });
    expect(await call("PUT", pods(name), { body: pod })).toMatchObject({
      status: 409,
      body: {
        reason: "Conflict",
        message: `Operation cannot be fulfilled on pods "${name}": ${modified}`,
        details: { name, kind: "pods" },
      },
    });
  });

  test("names the group in a conflict", async () => {
    const { call } = bench();
    const deployment = await newDeployment();
    const { name } = deployment.metadata;
    await call("PATCH", pathOf(name), { type: merge, body: { metadata: { labels: { a: "b" } } } });
    expect(await call("PUT", pathOf(name), { body: deployment })).toMatchObject({
      status: 409,
      body: { message: `Operation cannot be fulfilled on deployments.apps "${name}": ${modified}` },
    });
  });

  test("replaces whatever is there when no version is named", async () => {
    const { call, create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" } }));
    const { resourceVersion: _version, ...metadata } = pod.metadata;
    expect((await call("PUT", pods(pod.metadata.name), { body: { ...pod, metadata } })).status).toBe(200);
  });

  test("insists on a version for a disruption budget", async () => {
    const { call, create, at, fresh } = bench();
    const manifest = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: fresh("pdb") },
      spec: { minAvailable: 1 },
    };
    const { metadata } = await create(at("policy", "poddisruptionbudgets"), manifest);
    expect(await call("PUT", at("policy", "poddisruptionbudgets", metadata.name), { body: manifest })).toMatchObject({
      status: 422,
      body: { reason: "Invalid", message: expect.stringContaining("metadata.resourceVersion: Invalid value: 0") },
    });
  });

  test("refuses a body of another name", async () => {
    const { call } = bench();
    const deployment = await newDeployment();
    const { name } = deployment.metadata;
    const body = { ...deployment, metadata: { ...deployment.metadata, name: "another" } };
    expect(await call("PUT", pathOf(name), { body })).toMatchObject({
      status: 400,
      body: { message: `the name of the object (another) does not match the name on the URL (${name})` },
    });
  });

  test("refuses a body of another uid", async () => {
    const { call } = bench();
    const deployment = await newDeployment();
    const { name, uid } = deployment.metadata;
    const other = "00000000-0000-4000-8000-000000000000";
    const body = { ...deployment, metadata: { ...deployment.metadata, uid: other } };
    expect(await call("PUT", pathOf(name), { body })).toMatchObject({
      status: 409,
      body: {
        reason: "Conflict",
        message: expect.stringContaining(
          `Precondition failed: UID in precondition: ${other}, UID in object meta: ${uid}`,
        ),
      },
    });
  });

  test("does not replace what is not there", async () => {
    const { call, pods } = bench();
    expect((await call("PUT", pods("absent"), { body: podManifest({ name: "absent" }) })).status).toBe(404);
  });

  test("creates a lease by replacing it", async () => {
    const { call, at, fresh } = bench();
    const name = fresh("lease");
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name },
      spec: { holderIdentity: "me" },
    };
    const path = at("coordination.k8s.io", "leases", name);
    expect((await call("PUT", path, { body })).status).toBe(201);
    const renewed = await call("PUT", path, { body: { ...body, metadata: { name, resourceVersion: "1" } } });
    expect(renewed.status).toBe(409);
  });

  test("changes nothing when nothing changes", async () => {
    const { call, create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" } }));
    const { body } = await call("PUT", pods(pod.metadata.name), { body: pod });
    expect(body.metadata.resourceVersion).toBe(pod.metadata.resourceVersion);
  });

  test("raises the generation with the spec and only with it", async () => {
    const { call } = bench();
    const deployment = await newDeployment();
    const { name } = deployment.metadata;
    const patch = async (body: object) =>
      (await call("PATCH", pathOf(name), { type: merge, body })).body.metadata.generation;
    expect(deployment.metadata.generation).toBe(1);
    expect(await patch({ metadata: { labels: { a: "b" } } })).toBe(1);
    expect(await patch({ spec: { minReadySeconds: 5 } })).toBe(2);
    expect(await patch({ spec: { minReadySeconds: 5 } })).toBe(2);
  });

  test("does not take a generation from a client", async () => {
    const { call } = bench();
    const { metadata } = await newDeployment();
    const body = { metadata: { generation: 7 } };
    expect((await call("PATCH", pathOf(metadata.name), { type: merge, body })).body.metadata.generation).toBe(1);
  });

  test("leaves the status alone in a write to the object", async () => {
    const { call, pods, runningPod } = bench();
    const pod = await runningPod();
    const body = { metadata: { labels: { a: "b" } }, status: { phase: "Failed" } };
    const reply = await call("PATCH", pods(pod.metadata.name), { type: merge, body });
    expect(reply.body).toMatchObject({ metadata: { labels: { a: "b" } }, status: { phase: "Running" } });
  });

  test("leaves the spec alone in a write to the status", async () => {
    const { call, pods, runningPod } = bench();
    const pod = await runningPod();
    const body = { spec: { activeDeadlineSeconds: 5 }, status: { phase: "Failed" } };
    const reply = await call("PATCH", pods(pod.metadata.name, "status"), { type: merge, body });
    expect(reply.body.status["phase"]).toBe("Failed");
    expect(reply.body.spec["activeDeadlineSeconds"]).toBeUndefined();
  });

  test("does not let a pod's status write touch its owners", async () => {
    const { call, pods, runningPod } = bench();
    const ownerReferences = [
      { apiVersion: "example.com/v1", kind: "Thing", name: "t", uid: "11111111-0000-4000-8000-000000000000" },
    ];
    const pod = await runningPod({ ownerReferences });
    const body = { metadata: { ownerReferences: null }, status: { message: "hello" } };
    const reply = await call("PATCH", pods(pod.metadata.name, "status"), { type: merge, body });
    expect(reply.body).toMatchObject({ metadata: { ownerReferences }, status: { message: "hello" } });
  });

  test("does not change a pod's spec", async () => {
    const { call, pods, boundPod } = bench();
    const { name } = (await boundPod()).metadata;
    const body = { spec: { restartPolicy: "Never" } };
    expect(await call("PATCH", pods(name), { type: merge, body })).toMatchObject({
      status: 422,
      body: {
        reason: "Invalid",
        message: expect.stringContaining(
          `Pod "${name}" is invalid: spec: Forbidden: pod updates may not change fields other than`,
        ),
      },
    });
  });

  test("changes a pod's image and raises its generation", async () => {
    const { call, pods, boundPod } = bench();
    const pod = await boundPod();
    const body = { spec: { containers: [{ ...container, image: "registry.example/app:2.0" }] } };
    const reply = await call("PATCH", pods(pod.metadata.name), {
      type: "application/strategic-merge-patch+json",
      body,
    });
    expect(reply).toMatchObject({ status: 200, body: { metadata: { generation: 2 } } });
  });

  test("does not change a Deployment's selector", async () => {
    const { call } = bench();
    const { name } = (await newDeployment()).metadata;
    const body = { spec: { selector: { matchLabels: { app: name, more: "x" } } } };
    const reply = await call("PATCH", pathOf(name), { type: merge, body });
    expect(reply).toMatchObject({ status: 422, body: { message: expect.stringContaining("spec") } });
  });

  test("keeps the time of creation whatever a client says", async () => {
    const { call } = bench();
    const { metadata } = await newDeployment();
    const body = { metadata: { creationTimestamp: "2020-01-01T00:00:00Z" } };
    const reply = await call("PATCH", pathOf(metadata.name), { type: merge, body });
    expect(reply.body.metadata.creationTimestamp).toBe(metadata.creationTimestamp);
  });

  test("does not take a deletion back", async () => {
    const { call, pods, boundPod, remove } = bench();
    const { name } = (await boundPod()).metadata;
    const { body: marked } = await remove(pods(name));
    const body = { metadata: { deletionTimestamp: null, deletionGracePeriodSeconds: null } };
    const reply = await call("PATCH", pods(name), { type: merge, body });
    expect(reply.body.metadata.deletionTimestamp).toBe(marked.metadata.deletionTimestamp);
    expect(reply.body.metadata.deletionGracePeriodSeconds).toBe(30);
  });

  test("stores nothing on a dry run", async () => {
    const { call, create, get, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" } }));
    const body = { ...pod, metadata: { ...pod.metadata, labels: { dry: "yes" } } };
    const reply = await call("PUT", pods(pod.metadata.name), { query: { dryRun: "All" }, body });
    expect(reply).toMatchObject({ status: 200, body: { metadata: { labels: { dry: "yes" } } } });
    expect((await get(pods(pod.metadata.name))).metadata.labels).toBeUndefined();
  });

  test("changes a workload's scale through its subresource", async () => {
    const { call, get } = bench();
    const { name } = (await newDeployment()).metadata;
    expect((await call("GET", pathOf(name, "scale"))).body).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: {},
    });
    const reply = await call("PATCH", pathOf(name, "scale"), { type: merge, body: { spec: { replicas: 2 } } });
    expect(reply).toMatchObject({ status: 200, body: { spec: { replicas: 2 } } });
    expect((await get(pathOf(name))).spec["replicas"]).toBe(2);
  });

  test("changes a node's taints", async () => {
    const { call, fresh, create } = bench();
    const name = fresh("tainted");
    await create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    const taint = { key: "knitbone.io/suspect", value: "yes", effect: "NoSchedule" };
    const reply = await call("PATCH", `/api/v1/nodes/${name}`, { type: merge, body: { spec: { taints: [taint] } } });
    expect(reply.body.spec["taints"]).toEqual([taint]);
    expect((await call("DELETE", `/api/v1/nodes/${name}`)).status).toBe(200);
  });

  test("moves an Event on", async () => {
    const { call, create, at, fresh, namespace } = bench();
    const name = fresh("event");
    const path = at("", "events");
    await create(path, { metadata: { name }, involvedObject: { namespace, name: "web" }, count: 1 });
    const reply = await call("PATCH", `${path}/${name}`, {
      type: merge,
      body: { count: 2, lastTimestamp: "2026-01-01T00:00:00Z" },
    });
    expect(reply.body).toMatchObject({ count: 2, lastTimestamp: "2026-01-01T00:00:00Z" });
  });

  test("refuses a status of an older version, and keeps the newer one", async () => {
    const { call, get, pods, runningPod, setStatus } = bench();
    const pod = await runningPod();
    await setStatus(pod, { message: "newer" });
    const body = { ...pod, status: { ...pod.status, phase: "Failed" } };
    expect(await call("PUT", pods(pod.metadata.name, "status"), { body })).toMatchObject({
      status: 409,
      body: { reason: "Conflict", message: expect.stringContaining("the object has been modified") },
    });
    expect((await get(pods(pod.metadata.name))).status).toMatchObject({ phase: "Running", message: "newer" });
  });
}
