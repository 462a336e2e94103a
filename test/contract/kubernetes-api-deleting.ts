import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { deploymentManifest, merge, podManifest } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";

const another = "00000000-0000-4000-8000-000000000000";

/** Seconds from now until the pod is due, by its own timestamps. */
const secondsLeft = (pod: Body): number => (Date.parse(pod.metadata.deletionTimestamp ?? "") - Date.now()) / 1_000;

export function deleting(bench: CurrentBench): void {
  const gone = async (pod: Body) => (await bench().call("GET", bench().pods(pod.metadata.name))).status === 404;
  const remove = (pod: Body, body?: object) =>
    bench().remove(bench().pods(pod.metadata.name), body === undefined ? {} : { body });

  test("gives a pod on a node its own grace period", async () => {
    const pod = await bench().boundPod();
    const reply = await remove(pod);
    expect(reply).toMatchObject({
      status: 200,
      body: { kind: "Pod", metadata: { uid: pod.metadata.uid, deletionGracePeriodSeconds: 30 } },
    });
    expect(secondsLeft(reply.body)).toBeGreaterThan(25);
    expect(secondsLeft(reply.body)).toBeLessThanOrEqual(30.5);
    expect(await gone(pod)).toBe(false);
  });

  test("takes the grace period from the pod's spec", async () => {
    const pod = await bench().boundPod({ spec: { terminationGracePeriodSeconds: 77 } });
    expect((await remove(pod)).body.metadata.deletionGracePeriodSeconds).toBe(77);
  });

  test("takes the grace period that the request names", async () => {
    const pod = await bench().boundPod();
    expect((await remove(pod, { gracePeriodSeconds: 5 })).body.metadata.deletionGracePeriodSeconds).toBe(5);
  });

  test("takes the grace period from the query as well", async () => {
    const { boundPod, pods, remove: call } = bench();
    const pod = await boundPod();
    const reply = await call(pods(pod.metadata.name), { query: { gracePeriodSeconds: "7" } });
    expect(reply.body.metadata.deletionGracePeriodSeconds).toBe(7);
  });

  test("reads a negative grace period as one second", async () => {
    const pod = await bench().boundPod();
    expect((await remove(pod, { gracePeriodSeconds: -5 })).body.metadata.deletionGracePeriodSeconds).toBe(1);
  });

  test("counts the deletion as a new generation of the pod", async () => {
    const pod = await bench().boundPod();
    expect((await remove(pod)).body.metadata.generation).toBe(2);
  });

  test("deletes at once with grace 0", async () => {
    const pod = await bench().runningPod();
    expect((await remove(pod, { gracePeriodSeconds: 0 })).status).toBe(200);
    expect(await gone(pod)).toBe(true);
  });

  test("deletes a pod without a node at once", async () => {
    const { create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" } }));
    expect((await remove(pod)).status).toBe(200);
    expect(await gone(pod)).toBe(true);
  });

  test.each(["Failed", "Succeeded"])("deletes a %s pod at once, whatever grace is asked for", async (phase) => {
    const { boundPod, setStatus } = bench();
    const pod = await setStatus(await boundPod(), { phase });
    expect((await remove(pod, { gracePeriodSeconds: 60 })).status).toBe(200);
    expect(await gone(pod)).toBe(true);
  });

  test("does nothing on a second deletion", async () => {
    const { get, pods, boundPod } = bench();
    const pod = await boundPod();
    const first = (await remove(pod)).body;
    const second = await remove(pod);
    expect(second).toMatchObject({ status: 200, body: { kind: "Pod" } });
    const now = await get(pods(pod.metadata.name));
    expect(now.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(now.metadata.deletionTimestamp).toBe(first.metadata.deletionTimestamp);
  });

  test.each([30, 60])(
    "does nothing on a second deletion with a grace of %i s after 30 s",
    async (gracePeriodSeconds) => {
      const { get, pods, boundPod } = bench();
      const pod = await boundPod();
      const first = (await remove(pod)).body;
      expect((await remove(pod, { gracePeriodSeconds })).status).toBe(200);
      expect((await get(pods(pod.metadata.name))).metadata).toEqual(first.metadata);
    },
  );

  test("moves the end nearer on a second deletion with a shorter grace", async () => {
    const pod = await bench().boundPod({ spec: { terminationGracePeriodSeconds: 300 } });
    const first = (await remove(pod)).body;
    const second = (await remove(pod, { gracePeriodSeconds: 100 })).body;
    expect(second.metadata.deletionGracePeriodSeconds).toBe(100);
    const moved =
      Date.parse(first.metadata.deletionTimestamp ?? "") - Date.parse(second.metadata.deletionTimestamp ?? "");
    expect(moved).toBe(200_000);
  });

  test("deletes at once on a second deletion with grace 0", async () => {
    const pod = await bench().boundPod();
    await remove(pod);
    expect((await remove(pod, { gracePeriodSeconds: 0 })).status).toBe(200);
    expect(await gone(pod)).toBe(true);
  });

  test("holds the uid that a deletion names", async () => {
    const pod = await bench().boundPod();
    const { name, uid } = pod.metadata;
    expect(await remove(pod, { preconditions: { uid: another } })).toMatchObject({
      status: 409,
      body: {
        reason: "Conflict",
        message: `Operation cannot be fulfilled on Pod "${name}": the UID in the precondition (${another}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
        details: { name, kind: "Pod" },
      },
    });
    expect((await bench().get(bench().pods(name))).metadata.deletionTimestamp).toBeUndefined();
    expect((await remove(pod, { preconditions: { uid } })).status).toBe(200);
  });

  test("holds the version that a deletion names", async () => {
    const { call, pods, boundPod } = bench();
    const pod = await boundPod();
    const { name, resourceVersion } = pod.metadata;
    const changed = await call("PATCH", pods(name), { type: merge, body: { metadata: { labels: { a: "b" } } } });
    const now = changed.body.metadata.resourceVersion;
    expect(await remove(pod, { preconditions: { resourceVersion } })).toMatchObject({
      status: 409,
      body: {
        message: `Operation cannot be fulfilled on Pod "${name}": the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${now}). The object might have been modified`,
      },
    });
    expect((await remove(pod, { preconditions: { resourceVersion: now } })).status).toBe(200);
  });

  test("holds uid and version together, also when it deletes at once", async () => {
    const pod = await bench().boundPod();
    const { uid, resourceVersion } = pod.metadata;
    const options = (preconditions: object) => ({ gracePeriodSeconds: 0, preconditions });
    expect((await remove(pod, options({ uid: another, resourceVersion }))).status).toBe(409);
    expect((await remove(pod, options({ uid, resourceVersion: "1" }))).status).toBe(409);
    expect((await remove(pod, options({ uid, resourceVersion }))).status).toBe(200);
    expect(await gone(pod)).toBe(true);
  });

  test("holds the uid of a pod that is already terminating", async () => {
    const pod = await bench().boundPod();
    await remove(pod);
    expect((await remove(pod, { gracePeriodSeconds: 0, preconditions: { uid: another } })).status).toBe(409);
    expect(await gone(pod)).toBe(false);
    expect((await remove(pod, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } })).status).toBe(200);
    expect(await gone(pod)).toBe(true);
  });

  test("protects the second life of a name from a deletion meant for the first", async () => {
    const { boundPod, fresh } = bench();
    const name = fresh();
    const first = await boundPod({ name });
    await remove(first, { gracePeriodSeconds: 0 });
    const second = await boundPod({ name });
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect((await remove(second, { gracePeriodSeconds: 0, preconditions: { uid: first.metadata.uid } })).status).toBe(
      409,
    );
    expect(await gone(second)).toBe(false);
  });

  test("names kind and group in a failed precondition", async () => {
    const { create, at, fresh, remove: call } = bench();
    const { name } = (await create(at("apps", "deployments"), deploymentManifest(fresh()))).metadata;
    expect(await call(at("apps", "deployments", name), { body: { preconditions: { uid: another } } })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining(`Operation cannot be fulfilled on Deployment.apps "${name}": `) },
    });
  });

  test("keeps a pod that finalizers hold, with no grace left, until the last is gone", async () => {
    const { call, pods, boundPod } = bench();
    const pod = await boundPod({ finalizers: ["example.com/hold", "example.com/too"] });
    const { name } = pod.metadata;
    const held = await remove(pod, { gracePeriodSeconds: 0 });
    expect(held).toMatchObject({
      status: 200,
      body: { metadata: { deletionGracePeriodSeconds: 0, deletionTimestamp: expect.any(String) } },
    });
    await call("PATCH", pods(name), { type: merge, body: { metadata: { finalizers: ["example.com/too"] } } });
    expect(await gone(pod)).toBe(false);
    await call("PATCH", pods(name), { type: merge, body: { metadata: { finalizers: null } } });
    expect(await gone(pod)).toBe(true);
  });

  test("keeps a pod with grace left when its last finalizer goes", async () => {
    const { call, pods, boundPod } = bench();
    const pod = await boundPod({ finalizers: ["example.com/hold"] });
    await remove(pod);
    await call("PATCH", pods(pod.metadata.name), { type: merge, body: { metadata: { finalizers: null } } });
    expect(await gone(pod)).toBe(false);
    await remove(pod, { gracePeriodSeconds: 0 });
    expect(await gone(pod)).toBe(true);
  });

  test("does not delete what finalizers hold, however often it is asked", async () => {
    const { call, pods, boundPod } = bench();
    const pod = await boundPod({ finalizers: ["example.com/hold"] });
    await remove(pod, { gracePeriodSeconds: 0 });
    const { body } = await remove(pod, { gracePeriodSeconds: 0 });
    expect(body.metadata.finalizers).toEqual(["example.com/hold"]);
    expect(await gone(pod)).toBe(false);
    await call("PATCH", pods(pod.metadata.name), { type: merge, body: { metadata: { finalizers: null } } });
  });

  test("marks other kinds that finalizers hold, without any grace", async () => {
    const { call, create, at, fresh, remove: removeAt } = bench();
    const path = at("coordination.k8s.io", "leases");
    const name = fresh("lease");
    await create(path, { metadata: { name, finalizers: ["example.com/hold"] } });
    const { body } = await removeAt(`${path}/${name}`);
    expect(body.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 });
    await call("PATCH", `${path}/${name}`, { type: merge, body: { metadata: { finalizers: null } } });
    expect((await call("GET", `${path}/${name}`)).status).toBe(404);
  });

  test("answers the deletion of other kinds with what went", async () => {
    const { create, at, fresh, remove: removeAt } = bench();
    const { name, uid } = (await create(at("apps", "deployments"), deploymentManifest(fresh()))).metadata;
    const reply = await removeAt(at("apps", "deployments", name), { body: { propagationPolicy: "Background" } });
    expect(reply).toMatchObject({
      status: 200,
      body: { kind: "Status", status: "Success", details: { name, group: "apps", kind: "deployments", uid } },
    });
  });

  test("does not delete what is not there", async () => {
    expect(await bench().remove(bench().pods("absent"))).toMatchObject({ status: 404, body: { reason: "NotFound" } });
  });

  test("deletes nothing on a dry run, in body or query", async () => {
    const { boundPod, pods, get, remove: call } = bench();
    const pod = await boundPod();
    const path = pods(pod.metadata.name);
    expect((await call(path, { body: { dryRun: ["All"], gracePeriodSeconds: 0 } })).status).toBe(200);
    expect((await call(path, { query: { dryRun: "All" } })).status).toBe(200);
    expect((await get(path)).metadata).toEqual(pod.metadata);
  });

  test("takes DeleteOptions with their kind", async () => {
    const pod = await bench().boundPod();
    const options = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 3 };
    expect((await remove(pod, options)).body.metadata.deletionGracePeriodSeconds).toBe(3);
  });

  test("refuses a propagation that it does not know", async () => {
    const pod = await bench().boundPod();
    expect((await remove(pod, { propagationPolicy: "Sideways" })).status).toBe(422);
  });

  test("empties a namespace before it goes, and takes nothing new meanwhile", async () => {
    const { call, create, fresh, eventually } = bench();
    const name = fresh("ns");
    const path = `/api/v1/namespaces/${name}`;
    await create("/api/v1/namespaces", { metadata: { name } });
    const held = { metadata: { name: "held", finalizers: ["example.com/hold"] } };
    await create(`/apis/coordination.k8s.io/v1/namespaces/${name}/leases`, held);
    expect(await call("DELETE", path)).toMatchObject({ status: 200, body: { status: { phase: "Terminating" } } });
    expect(await call("POST", `${path}/pods`, { body: podManifest({ name: "late" }) })).toMatchObject({
      status: 403,
      body: {
        reason: "Forbidden",
        message: `pods "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
        details: { causes: [{ reason: "NamespaceTerminating" }] },
      },
    });
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${name}/leases/held`;
    await call("PATCH", lease, { type: merge, body: { metadata: { finalizers: null } } });
    await eventually(async () => ((await call("GET", path)).status === 404 ? true : undefined));
  }, 30_000);

  test("takes what a frozen node holds, in the words of a forced deletion", async () => {
    const { boundPod, pods } = bench();
    const pod = await boundPod();
    const { uid, resourceVersion } = (await remove(pod)).body.metadata;
    const forced = (version: string) => ({
      apiVersion: "v1",
      kind: "DeleteOptions",
      gracePeriodSeconds: 0,
      propagationPolicy: "Background",
      preconditions: { uid, resourceVersion: version },
    });
    // Of before it was terminating: somebody else has acted since.
    expect((await remove(pod, forced(pod.metadata.resourceVersion))).status).toBe(409);
    expect(await gone(pod)).toBe(false);
    const reply = await remove(pod, forced(resourceVersion));
    expect(reply).toMatchObject({
      status: 200,
      body: { kind: "Pod", metadata: { uid, deletionGracePeriodSeconds: 0 } },
    });
    expect(await gone(pod)).toBe(true);
    expect((await bench().remove(pods(pod.metadata.name), { body: forced(resourceVersion) })).status).toBe(404);
  });
}
