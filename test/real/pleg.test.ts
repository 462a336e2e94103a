import { afterAll, beforeAll, describe, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, marginEndsAt, stageFrozenNode } from "./frozen-node.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import {
  expectExplainableWrites,
  marksByProduct,
  removedByProduct,
  warningsAbout,
  writesIn,
} from "./product-record.ts";
import { eventually, sleep } from "./wait.ts";
import {
  cordon,
  createDeployment,
  createNamespace,
  createStatefulSet,
  deletePod,
  eventsIn,
  isRunning,
  podsOf,
  readyCondition,
  runningPods,
} from "./workloads.ts";

const minutes = 60_000;

/** A kubelet's word about one of these pods. */
const isAboutOneOf =
  (uids: readonly string[]) =>
  ({ involvedObject, source }: Awaited<ReturnType<typeof eventsIn>>[number]) =>
    source.component === "kubelet" && uids.includes(involvedObject.uid ?? "");

// Nodes whose kubelet cannot do its work while the API says little or nothing of it. One of seven is NotReady at a time: no brake.
describe.concurrent("Knitbone, beside kubelets that cannot do their work", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let pleg: FrozenNode;
  let silent: Kubelet;
  let stuck: Kubelet;

  const removed = (namespace: string) => removedByProduct(cluster.audit, namespace);
  const holds = async (kubelet: Kubelet, pod: ApiObject) =>
    (await kubelet.runtime()).containers.some(({ uid, state }) => uid === pod.metadata.uid && state === "running");

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-8", "act");
    [pleg, silent, stuck] = await Promise.all([
      stageFrozenNode(cluster, "pleg"),
      startKubelet(cluster, { node: "silent", labels: { pool: "silent" } }),
      startKubelet(cluster, { node: "stuck", labels: { pool: "stuck" } }),
      startKubelet(cluster, { node: "spare", labels: { pool: "stuck" } }),
      startKubelet(cluster, { node: "refuge", labels: { pool: "silent" } }),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("PLEG is not healthy (S0-87, S1-08): what is stateless there is freed, the rest is told, the node is left to people", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    const { kubelet, node, namespace, statefulSetPod, stateless } = pleg;
    const [first] = stateless;
    if (first === undefined) throw new Error("unreachable: three are staged");
    await kubelet.faults.add({ operation: "ListPodSandbox", answer: { hang: true } });
    const ready = await eventually("the node to be NotReady", 5 * minutes, async () => {
      const condition = await readyCondition(cluster, node);
      return condition?.status === "False" ? condition : undefined;
    });
    expect(ready).toMatchObject({
      reason: "KubeletNotReady",
      message: expect.stringMatching(
        /^PLEG is not healthy: pleg was last seen active 3m\d+(\.\d+)?s ago; threshold is 3m0s$/,
      ),
    });
    expect(writesIn(cluster.audit, namespace)).toEqual([]);

    // Its kubelet skips all synchronization: what is deleted there stays.
    await Promise.all([deletePod(cluster, first), deletePod(cluster, statefulSetPod)]);
    const earliest = await marginEndsAt(cluster, first);
    const [removal] = await eventually("the stateless pod to be force-deleted", 2 * minutes, () => {
      const so = removed(namespace);
      return so.length > 0 ? so : undefined;
    });
    expect(removal).toMatchObject({ by: "delete", gracePeriodSeconds: 0, preconditionUid: first.metadata.uid });
    expect(removal?.record.receivedAt).toBeGreaterThanOrEqual(earliest);
    await eventually("a warning about the StatefulSet's pod", 2 * minutes, () =>
      warningsAbout(cluster.audit, statefulSetPod).at(0),
    );
    const [action] = (await knitbone.actions()).filter(({ object }) => object.uid === first.metadata.uid);
    expect(action).toMatchObject({ reason: "OverdueOnNotReadyNode", outcome: { kind: "Done" } });
    // The containers run on: that is the leak which each force-delete opens.
    expect(await holds(kubelet, first)).toBe(true);

    await kubelet.faults.clear();
    await eventually("the node to be Ready again", 2 * minutes, async () =>
      (await readyCondition(cluster, node))?.status === "True" ? true : undefined,
    );
    await eventually("the kubelet to end what was left", 2 * minutes, async () =>
      (await holds(kubelet, first)) || (await holds(kubelet, statefulSetPod)) ? undefined : true,
    );
    await runningPods(cluster, namespace, "db", 1);
    expect(removed(namespace)).toHaveLength(1);
  });

  test("bound but silent (S0-14, S0-16): the node is handed over and marked, then pods of which nothing ever ran are evicted, and made anew elsewhere", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    await createNamespace(cluster, "silent");
    await cordon(cluster, "refuge", true);
    silent.freeze();
    await createDeployment(cluster, "silent", "web", { nodeSelector: { pool: "silent" } }, 3);
    const bound = await eventually("three pods to be bound", minutes, async () => {
      const pods = await podsOf(cluster, "silent", "web");
      return pods.filter(({ spec }) => spec.nodeName === "silent").length === 3 ? pods : undefined;
    });
    const uids = bound.map(({ metadata }) => metadata.uid);
    await cordon(cluster, "refuge", false);
    // Another workload's: it shows that other kubelets of the cluster start what they are given. What starts within a third of `silentFor` (in the lab
    // 3 s) of their binding proves nothing, for clocks differ.
    await sleep(5_000);
    await createDeployment(cluster, "silent", "other", { nodeSelector: { pool: "stuck" } });
    await runningPods(cluster, "silent", "other", 1);

    const eviction = await eventually(
      "a silent pod to be evicted",
      3 * minutes,
      () => removed("silent").find(({ by }) => by === "eviction"),
      knitbone.tail,
    );
    expect(uids).toContain(eviction.preconditionUid);
    expect(eviction.record.userAgent).toContain("(pending-rescheduler)");
    const mark = marksByProduct(cluster.audit).find(({ node }) => node === "silent");
    expect(mark?.taints).toContain("knitbone.io/suspect:NoSchedule");
    expect(eviction.record.receivedAt).toBeGreaterThan(mark?.record.completedAt ?? Number.NaN);
    expect(await readyCondition(cluster, "silent")).toMatchObject({ status: "True" });
    expect((await eventsIn(cluster, "silent")).filter(isAboutOneOf(uids))).toEqual([]);
    await eventually("a replacement elsewhere", 2 * minutes, async () =>
      (await podsOf(cluster, "silent", "web")).find((pod) => isRunning(pod) && pod.spec.nodeName === "refuge"),
    );

    silent.thaw();
    const running = await eventually("three pods to run, none of them one that was evicted", 3 * minutes, async () => {
      const pods = (await podsOf(cluster, "silent", "web")).filter(isRunning);
      return pods.length === 3 ? pods : undefined;
    });
    const gone = removed("silent").map(({ preconditionUid }) => preconditionUid);
    expect(running.filter(({ metadata }) => gone.includes(metadata.uid))).toEqual([]);
    expect(gone.filter((uid) => !uids.includes(uid ?? ""))).toEqual([]);
    await eventually("the mark to be taken back", 3 * minutes, () =>
      marksByProduct(cluster.audit).find(
        ({ node, taints }) => node === "silent" && !taints.includes("knitbone.io/suspect:NoSchedule"),
      ),
    );
  });

  test("a runtime that cannot end a container (S0-47): the pod is freed and runs elsewhere; what is left ends with the fault (S0-46)", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    await createNamespace(cluster, "stuck");
    await cordon(cluster, "spare", true);
    await Promise.all([
      createDeployment(cluster, "stuck", "web", { nodeSelector: { pool: "stuck" } }),
      createStatefulSet(cluster, "stuck", "db", { nodeSelector: { pool: "stuck" } }),
    ]);
    const [[web], [db]] = await Promise.all([
      runningPods(cluster, "stuck", "web", 1),
      runningPods(cluster, "stuck", "db", 1),
    ]);
    if (web === undefined || db === undefined) throw new Error("unreachable: runningPods answered one of each");
    await cordon(cluster, "spare", false);
    const error = "context deadline exceeded";
    for (const operation of ["StopContainer", "StopPodSandbox"] as const) {
      await stuck.faults.add({
        operation,
        match: { namespace: "stuck" },
        answer: { error, code: "DeadlineExceeded" },
      });
    }
    await Promise.all([deletePod(cluster, web), deletePod(cluster, db)]);
    const failed = await eventually("an event FailedKillPod", minutes, async () =>
      (await eventsIn(cluster, "stuck")).find(
        ({ reason, involvedObject }) => reason === "FailedKillPod" && involvedObject.uid === web.metadata.uid,
      ),
    );
    expect(failed.message).toContain('with KillContainerError: "rpc error: code = DeadlineExceeded');

    const [removal] = await eventually("the stateless pod to be force-deleted", 2 * minutes, () => {
      const so = removed("stuck");
      return so.length > 0 ? so : undefined;
    });
    expect(removal).toMatchObject({ by: "delete", gracePeriodSeconds: 0, preconditionUid: web.metadata.uid });
    let stand: string[] = [];
    await eventually(
      "a replacement on the spare node",
      minutes,
      async () => {
        const pods = await podsOf(cluster, "stuck", "web");
        stand = pods.map(({ metadata, spec, status }) => `${metadata.name} on ${spec.nodeName}: ${status?.phase}`);
        return pods.find((pod) => isRunning(pod) && pod.spec.nodeName === "spare");
      },
      () => stand.join("\n"),
    );
    await eventually("a warning about the StatefulSet's pod", 2 * minutes, () =>
      warningsAbout(cluster.audit, db).at(0),
    );
    expect(await holds(stuck, web)).toBe(true);
    expect((await cluster.api.get(`/api/v1/namespaces/stuck/pods/${db.metadata.name}`)).metadata.uid).toBe(
      db.metadata.uid,
    );

    await stuck.faults.clear();
    await eventually("nothing to be left of either", 2 * minutes, async () =>
      (await holds(stuck, web)) || (await holds(stuck, db)) ? undefined : true,
    );
    await eventually("another pod of the StatefulSet", 2 * minutes, async () =>
      (await podsOf(cluster, "stuck", "db")).find((pod) => isRunning(pod) && pod.metadata.uid !== db.metadata.uid),
    );
    expect(removed("stuck")).toHaveLength(1);
    expectExplainableWrites(cluster.audit);
    // A relist that is three to six minutes late may come round (S0-61): the node is not marked before.
    expect(marksByProduct(cluster.audit).filter(({ node }) => node === "stuck")).toEqual([]);
  });
});
