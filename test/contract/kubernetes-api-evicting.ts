import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { podManifest } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";

const another = "00000000-0000-4000-8000-000000000000";
const refused = "Cannot evict pod as it would violate the pod's disruption budget.";

export function evicting(bench: CurrentBench): void {
  const evict = (pod: Body, deleteOptions?: object, query: Record<string, string> = {}) => {
    const { name, namespace } = pod.metadata;
    const body = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace },
      ...(deleteOptions ? { deleteOptions } : {}),
    };
    return bench().call("POST", bench().pods(name, "eviction"), { body, query });
  };
  const gone = async (pod: Body) => (await bench().call("GET", bench().pods(pod.metadata.name))).status === 404;

  /** A budget over the label `app`, once its controller has counted `healthy` pods. */
  const budget = async (app: string, spec: object, healthy: number): Promise<Body> => {
    const { create, get, at, fresh, eventually } = bench();
    const made = await create(at("policy", "poddisruptionbudgets"), {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: fresh("pdb") },
      spec: { ...spec, selector: { matchLabels: { app } } },
    });
    return eventually(async () => {
      const now = await get(at("policy", "poddisruptionbudgets", made.metadata.name));
      const { observedGeneration = 0, currentHealthy = 0 } = now.status;
      return observedGeneration === 1 && currentHealthy === healthy ? now : undefined;
    });
  };
  const ready = async (count: number, isReady = true): Promise<{ app: string; pods: Body[] }> => {
    const app = bench().fresh("app");
    const pods: Body[] = [];
    for (let n = 0; n < count; n++) pods.push(await bench().runningPod({ labels: { app }, ready: isReady }));
    return { app, pods };
  };
  const one = (pods: readonly Body[]): Body => pods[0] as Body;

  test("deletes gracefully and says why on the pod", async () => {
    const pod = await bench().runningPod();
    const reply = await evict(pod);
    expect(reply).toMatchObject({ status: 201, body: { kind: "Status", status: "Success" } });
    const now = await bench().get(bench().pods(pod.metadata.name));
    expect(now.metadata).toMatchObject({ uid: pod.metadata.uid, deletionGracePeriodSeconds: 30 });
    expect(now.status["conditions"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: "DisruptionTarget",
          status: "True",
          reason: "EvictionByEvictionAPI",
          message: "Eviction API: evicting",
        }),
      ]),
    );
  });

  test("does not evict what is not there", async () => {
    const { call, pods } = bench();
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "absent" } };
    expect((await call("POST", pods("absent", "eviction"), { body })).status).toBe(404);
  });

  test("refuses an eviction of another name", async () => {
    const { call, pods, runningPod } = bench();
    const pod = await runningPod();
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "another" } };
    expect(await call("POST", pods(pod.metadata.name, "eviction"), { body })).toMatchObject({
      status: 400,
      body: { reason: "BadRequest" },
    });
  });

  test("holds the uid that an eviction names", async () => {
    const pod = await bench().runningPod();
    const { name, uid } = pod.metadata;
    expect(await evict(pod, { preconditions: { uid: another } })).toMatchObject({
      status: 409,
      body: { reason: "Conflict", message: expect.stringContaining(`the UID in the precondition (${another})`) },
    });
    expect((await bench().get(bench().pods(name))).metadata.resourceVersion).toBe(pod.metadata.resourceVersion);
    expect((await evict(pod, { preconditions: { uid } })).status).toBe(201);
  });

  test("holds the version that an eviction names", async () => {
    const pod = await bench().runningPod();
    const { resourceVersion } = pod.metadata;
    expect((await evict(pod, { preconditions: { resourceVersion: "1" } })).status).toBe(409);
    expect((await evict(pod, { preconditions: { resourceVersion } })).status).toBe(201);
  });

  test("takes a grace period", async () => {
    const pod = await bench().runningPod();
    await evict(pod, { gracePeriodSeconds: 3 });
    expect((await bench().get(bench().pods(pod.metadata.name))).metadata.deletionGracePeriodSeconds).toBe(3);
  });

  test("changes nothing on a dry run", async () => {
    const pod = await bench().runningPod();
    expect((await evict(pod, { dryRun: ["All"] })).status).toBe(201);
    expect((await evict(pod, undefined, { dryRun: "All" })).status).toBe(201);
    expect((await bench().get(bench().pods(pod.metadata.name))).metadata).toEqual(pod.metadata);
  });

  test("refuses when the budget has nothing left", async () => {
    const { app, pods } = await ready(2);
    const { metadata } = await budget(app, { minAvailable: 2 }, 2);
    const reply = await evict(one(pods));
    expect(reply).toMatchObject({
      status: 429,
      body: {
        reason: "TooManyRequests",
        message: refused,
        details: {
          causes: [
            {
              reason: "DisruptionBudget",
              message: `The disruption budget ${metadata.name} needs 2 healthy pods and has 2 currently`,
            },
          ],
        },
        code: 429,
      },
    });
    expect((await bench().get(bench().pods(one(pods).metadata.name))).metadata.deletionTimestamp).toBeUndefined();
  });

  test("spends the budget with each eviction", async () => {
    const { app, pods } = await ready(3);
    await budget(app, { minAvailable: 2 }, 3);
    const codes = [];
    for (const pod of pods) codes.push((await evict(pod)).status);
    expect(codes).toEqual([201, 429, 429]);
  });

  test("spends nothing of the budget on a dry run", async () => {
    const { app, pods } = await ready(2);
    await budget(app, { minAvailable: 1 }, 2);
    const codes = [];
    for (const pod of pods) codes.push((await evict(pod, { dryRun: ["All"] })).status);
    expect(codes).toEqual([201, 201]);
  });

  test("does not evict under two budgets", async () => {
    const { app, pods } = await ready(1);
    await budget(app, { minAvailable: 0 }, 1);
    await budget(app, { minAvailable: 0 }, 1);
    expect(await evict(one(pods))).toMatchObject({
      status: 500,
      body: {
        status: "Failure",
        message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      },
    });
  });

  test("deletes a pending pod without a look at its budget", async () => {
    const { create, pods, fresh } = bench();
    const app = fresh("app");
    const pod = await create(
      pods(),
      podManifest({ name: fresh(), labels: { app }, spec: { schedulerName: "nobody" } }),
    );
    await budget(app, { minAvailable: 1 }, 0);
    expect((await evict(pod)).status).toBe(201);
    expect(await gone(pod)).toBe(true);
  });

  test.each(["Failed", "Succeeded"])("deletes a %s pod at once, without a look at its budget", async (phase) => {
    const app = bench().fresh("app");
    const pod = await bench().setStatus(await bench().boundPod({ labels: { app } }), { phase });
    await budget(app, { minAvailable: 1 }, 0);
    expect((await evict(pod, { preconditions: { uid: pod.metadata.uid } })).status).toBe(201);
    expect(await gone(pod)).toBe(true);
  });

  test("accepts the eviction of a terminating pod without a look at its budget", async () => {
    const { app, pods } = await ready(1);
    await budget(app, { minAvailable: 1 }, 1);
    await bench().remove(bench().pods(one(pods).metadata.name));
    expect((await evict(one(pods))).status).toBe(201);
    expect(await gone(one(pods))).toBe(false);
  });

  test("deletes a terminating pod at once when told grace 0", async () => {
    const pod = await bench().runningPod();
    await bench().remove(bench().pods(pod.metadata.name));
    expect((await evict(pod, { gracePeriodSeconds: 0 })).status).toBe(201);
    expect(await gone(pod)).toBe(true);
  });

  test("does not let an unready pod go while the budget is not met", async () => {
    const { app, pods } = await ready(1, false);
    await budget(app, { minAvailable: 1 }, 0);
    expect(await evict(one(pods))).toMatchObject({
      status: 429,
      body: { details: { causes: [{ message: expect.stringContaining("needs 1 healthy pods and has 0 currently") }] } },
    });
  });

  test("lets an unready pod go where the budget is met without it", async () => {
    const { app } = await ready(1);
    const sick = await bench().runningPod({ labels: { app }, ready: false });
    await budget(app, { minAvailable: 1 }, 1);
    expect((await evict(sick)).status).toBe(201);
  });

  test("lets an unready pod go always, if the budget says so", async () => {
    const { app, pods } = await ready(1, false);
    await budget(app, { minAvailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" }, 0);
    expect((await evict(one(pods))).status).toBe(201);
  });

  test("knows no budget of another label or namespace", async () => {
    const { pods } = await ready(1);
    await budget(bench().fresh("app"), { minAvailable: 1 }, 0);
    expect((await evict(one(pods))).status).toBe(201);
  });

  test("counts terminating pods as not healthy", async () => {
    const { app, pods } = await ready(2);
    const { metadata } = await budget(app, { minAvailable: 1 }, 2);
    await bench().remove(bench().pods(one(pods).metadata.name));
    const path = bench().at("policy", "poddisruptionbudgets", metadata.name);
    const status = await bench().eventually(async () => {
      const now = await bench().get(path);
      return now.status["currentHealthy"] === 1 ? now.status : undefined;
    });
    expect(status).toMatchObject({ disruptionsAllowed: 0, desiredHealthy: 1, currentHealthy: 1 });
  });

  test("asks to come back in 10 s while the budget has not been counted", async () => {
    const { boundPod, setStatus, create, at, get, pods: pathOf, fresh, eventually } = bench();
    const app = fresh("app");
    // Its controller is of a kind that nobody knows: how many pods there should be cannot be said.
    const owner = { apiVersion: "example.com/v1", kind: "Thing", name: "t", uid: another, controller: true };
    const pod = await boundPod({ labels: { app }, ownerReferences: [owner] });
    await setStatus(pod, { phase: "Running", conditions: [{ type: "Ready", status: "True" }] });
    const { metadata } = await create(at("policy", "poddisruptionbudgets"), {
      metadata: { name: fresh("pdb") },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app } } },
    });
    const status = await eventually(async () => {
      const now = await get(at("policy", "poddisruptionbudgets", metadata.name));
      return now.status["conditions"] === undefined ? undefined : now.status;
    });
    expect(status).toMatchObject({ disruptionsAllowed: 0, conditions: [{ status: "False", reason: "SyncFailed" }] });
    expect(status["observedGeneration"]).toBeUndefined();
    const reply = await evict(pod);
    expect(reply).toMatchObject({
      status: 429,
      body: {
        reason: "TooManyRequests",
        message: refused,
        details: {
          retryAfterSeconds: 10,
          causes: [
            {
              reason: "DisruptionBudget",
              message: `The disruption budget ${metadata.name} is still being processed by the server.`,
            },
          ],
        },
      },
    });
    expect(reply.headers["retry-after"]).toBe("10");
    expect((await get(pathOf(pod.metadata.name))).metadata.deletionTimestamp).toBeUndefined();
  });

  test("names no time to come back when the budget has nothing left", async () => {
    const { app, pods } = await ready(1);
    await budget(app, { minAvailable: 1 }, 1);
    const reply = await evict(one(pods));
    expect(reply.status).toBe(429);
    expect(reply.headers["retry-after"]).toBeUndefined();
    expect(JSON.stringify(reply.body)).not.toContain("retryAfterSeconds");
  });

  test("spends the budget even for an eviction whose precondition then fails", async () => {
    const { app, pods } = await ready(2);
    const { metadata } = await budget(app, { minAvailable: 1 }, 2);
    const [first, second] = pods as [Body, Body];
    const { uid } = first.metadata;
    expect((await evict(first, { preconditions: { uid, resourceVersion: "1" } })).status).toBe(409);
    const now = await bench().get(bench().at("policy", "poddisruptionbudgets", metadata.name));
    expect(now.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { [first.metadata.name]: expect.any(String) },
    });
    expect((await bench().get(bench().pods(first.metadata.name))).metadata.deletionTimestamp).toBeUndefined();
    expect((await evict(second)).status).toBe(429);
  });

  test("deletes a running pod at once when told grace 0", async () => {
    const pod = await bench().runningPod();
    expect((await evict(pod, { gracePeriodSeconds: 0 })).status).toBe(201);
    expect(await gone(pod)).toBe(true);
  });

  test("protects the second life of a name from an eviction meant for the first", async () => {
    const name = bench().fresh();
    const first = await bench().runningPod({ name });
    await bench().remove(bench().pods(name), { body: { gracePeriodSeconds: 0 } });
    const second = await bench().runningPod({ name });
    const { uid, resourceVersion } = first.metadata;
    expect((await evict(second, { preconditions: { uid, resourceVersion } })).status).toBe(409);
    expect((await bench().get(bench().pods(name))).metadata).toEqual(second.metadata);
  });
}
