import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { merge, podManifest } from "./kubernetes-api-bench.ts";
import type { Body, Reply } from "./kubernetes-api-client.ts";
import type { Refusal } from "./kubernetes-api-server.ts";

const another = "00000000-0000-4000-8000-000000000000";

type Query = Readonly<Record<string, string>>;

/** What an admission policy of the cluster's owner does to us, in the words of a ValidatingAdmissionPolicy. */
export function refusing(bench: CurrentBench): void {
  const remove = (pod: Body, body: object) => bench().call("DELETE", bench().pods(pod.metadata.name), { body });
  const removal = (pod: Body) => (query: Query) => bench().call("DELETE", bench().pods(pod.metadata.name), { query });
  const eviction =
    (name: string) =>
    (query: Query = {}) => {
      const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: bench().namespace } };
      return bench().call("POST", bench().pods(name, "eviction"), { body, query });
    };

  /** Acts while the policy is in force, as dry runs of what it refuses tell, and sees that it is lifted. */
  async function under(
    what: Pick<Refusal, "operation" | "resource" | "reason">,
    probe: (query: Query) => Promise<Reply>,
    act: (words: string) => Promise<void>,
  ): Promise<void> {
    const { fresh, namespace, eventually, refuse } = bench();
    const name = fresh("policy");
    const isRefused = async () => (await probe({ dryRun: "All" })).text.includes(name);
    const lift = await refuse({ ...what, name, namespace, message: "not in this house" });
    try {
      await eventually(async () => (await isRefused()) || undefined);
      await act(`ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: not in this house`);
    } finally {
      await lift();
    }
    await eventually(async () => !(await isRefused()) || undefined);
  }

  test.each([
    ["none", {}, "Invalid", 422],
    ["Forbidden", { reason: "Forbidden" }, "Forbidden", 403],
  ] as const)("refuses a deletion, with the policy's reason: %s", async (_name, reason, shown, status) => {
    const { boundPod, get, pods } = bench();
    const pod = await boundPod();
    const { name, uid, resourceVersion } = pod.metadata;
    await under({ operation: "DELETE", resource: "pods", ...reason }, removal(pod), async (words) => {
      expect(await remove(pod, { gracePeriodSeconds: 0, preconditions: { uid, resourceVersion } })).toMatchObject({
        status,
        body: {
          kind: "Status",
          reason: shown,
          message: `pods "${name}" is forbidden: ${words}`,
          details: { name, kind: "pods", causes: [{ message: words }] },
          code: status,
        },
      });
      expect(await get(pods(name))).toEqual(pod);
    });
    expect((await remove(pod, { gracePeriodSeconds: 0 })).status).toBe(200);
  });

  test("holds preconditions and names before it asks a policy about a deletion", async () => {
    const { boundPod, call, pods } = bench();
    const pod = await boundPod();
    await under({ operation: "DELETE", resource: "pods" }, removal(pod), async () => {
      expect(await remove(pod, { preconditions: { uid: another } })).toMatchObject({
        status: 409,
        body: { reason: "Conflict" },
      });
      expect(await call("DELETE", pods("no-such-pod"))).toMatchObject({ status: 404, body: { reason: "NotFound" } });
    });
  });

  test("asks no policy about a second deletion that does nothing, but about one that forces", async () => {
    const { boundPod, get, pods } = bench();
    const [probe, pod] = [await boundPod(), await boundPod()];
    const terminating = (await remove(pod, {})).body;
    await under({ operation: "DELETE", resource: "pods" }, removal(probe), async (words) => {
      expect(await remove(pod, {})).toMatchObject({ status: 200 });
      const forced = await remove(pod, { gracePeriodSeconds: 0 });
      expect(forced).toMatchObject({ status: 422, body: { message: expect.stringContaining(words) } });
      expect(await get(pods(pod.metadata.name))).toEqual(terminating);
    });
  });

  test("refuses an eviction, before it looks for the pod", async () => {
    const { runningPod, get, pods } = bench();
    const pod = await runningPod();
    const evict = eviction(pod.metadata.name);
    await under({ operation: "CREATE", resource: "pods/eviction" }, evict, async (words) => {
      expect(await evict()).toMatchObject({
        status: 422,
        body: { reason: "Invalid", message: `pods "${pod.metadata.name}" is forbidden: ${words}` },
      });
      expect(await get(pods(pod.metadata.name))).toEqual(pod);
      expect(await eviction("no-such-pod")()).toMatchObject({ status: 422 });
      // Deleting is another thing.
      expect((await remove(pod, {})).status).toBe(200);
    });
  });

  test("lets an eviction delete what a policy does not let anybody delete", async () => {
    const { runningPod, get, pods } = bench();
    const pod = await runningPod();
    await under({ operation: "DELETE", resource: "pods" }, removal(pod), async () => {
      expect(await eviction(pod.metadata.name)()).toMatchObject({ status: 201 });
      expect((await get(pods(pod.metadata.name))).metadata.deletionTimestamp).toBeDefined();
      // The dry run that tells whether the policy is in force must not find a pod that is going already.
      expect((await eviction(pod.metadata.name)()).status).toBe(201);
    });
  });

  test("refuses what would be made, and what would be changed", async () => {
    const { boundPod, call, create, get, pods, fresh } = bench();
    const [pod, name] = [await boundPod(), fresh()];
    const make = (query: Query = {}) => call("POST", pods(), { body: podManifest({ name }), query });
    await under({ operation: "CREATE", resource: "pods" }, make, async (words) => {
      expect(await make()).toMatchObject({ status: 422, body: { message: `pods "${name}" is forbidden: ${words}` } });
      expect((await call("GET", pods(name))).status).toBe(404);
    });
    await create(pods(), podManifest({ name }));
    const change = (query: Query = {}) =>
      call("PATCH", pods(pod.metadata.name), { type: merge, body: { metadata: { labels: { new: "yes" } } }, query });
    await under({ operation: "UPDATE", resource: "pods" }, change, async (words) => {
      expect(await change()).toMatchObject({ status: 422, body: { message: expect.stringContaining(words) } });
      expect(await get(pods(pod.metadata.name))).toEqual(pod);
    });
    expect((await change()).status).toBe(200);
  });
}
