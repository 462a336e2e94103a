import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, stageFrozenNode } from "./frozen-node.ts";
import { startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { readyCondition, runningPods, taint, untaint } from "./workloads.ts";

const minutes = 60_000;
const suspect = "knitbone.io/suspect:NoSchedule";
const outOfService = "node.kubernetes.io/out-of-service:NoExecute";
const shutdown = "node.cloudprovider.kubernetes.io/shutdown";

// A machine that is off, as far as anybody can tell: its kubelet is silent, and then its cloud says so. One of four nodes; the stories build on each other.
describe("Knitbone, beside a node that is silent", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let dead: FrozenNode;

  const marks = () => marksByProduct(cluster.audit).filter(({ node }) => node === dead.node);
  const uidsLeft = async () => {
    const pods = await cluster.api.list(`/api/v1/namespaces/${dead.namespace}/pods`);
    const before = [...dead.stateless, dead.statefulSetPod, dead.jobPod].map(({ metadata }) => metadata.uid);
    return pods.map(({ metadata }) => metadata.uid).filter((uid) => before.includes(uid));
  };
  const becomesReady = (status: "True" | "Unknown") =>
    eventually(`the node to be Ready=${status}`, 2 * minutes, async () =>
      (await readyCondition(cluster, dead.node))?.status === status ? true : undefined,
    );

  beforeAll(async () => {
    cluster = await startControlPlane({ nodeMonitorGracePeriod: "20s" });
    knitbone = productOn(cluster, "real-11", "act");
    [dead] = await Promise.all([
      stageFrozenNode(cluster, "dead"),
      startKubelet(cluster, { node: "spare-1" }),
      startKubelet(cluster, { node: "spare-2" }),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("it is marked, people are told, and nothing is done to what runs there, for nothing proves that it is off (S0-54, S0-58, S3-07)", async () => {
    tellWhy(knitbone);
    dead.kubelet.freeze();
    await becomesReady("Unknown");
    const mark = await eventually("our mark", 3 * minutes, () => marks()[0]);
    expect(mark.taints).toContain(suspect);
    await eventually("people to be told", 2 * minutes, async () =>
      (await knitbone.cases()).find(
        ({ object, escalatedReason }) => object.name === dead.node && escalatedReason === "NodeSilent",
      ),
    );
    await never("something was done to a silent node's pods", 10_000, async () => {
      const removed = removedByProduct(cluster.audit, dead.namespace);
      return removed.length === 0 && marks().length === 1 ? undefined : JSON.stringify({ removed, marks: marks() });
    });
    expect(await uidsLeft()).toHaveLength(5);
  });

  test("once its cloud says that it is off, it is put out of service, and Kubernetes itself lets its pods go, stateful ones too", async () => {
    tellWhy(knitbone);
    await taint(cluster, dead.node, shutdown, "NoSchedule");
    const mark = await eventually("the mark of a node out of service", 4 * minutes, () =>
      marks().find(({ taints }) => taints.includes(outOfService)),
    );
    expect(mark.taints).toEqual(expect.arrayContaining([suspect, outOfService, `${shutdown}:NoSchedule`]));
    await eventually("every pod of before to be gone", 3 * minutes, async () =>
      (await uidsLeft()).length === 0 ? true : undefined,
    );
    const gone = (name: string) =>
      cluster.audit
        .podRemovals(({ object }) => object.namespace === dead.namespace && object.name === name)
        .map(({ record }) => record.user)
        .at(-1);
    for (const { metadata } of [dead.statefulSetPod, dead.jobPod]) {
      expect(gone(metadata.name)).toMatch(/pod-garbage-collector|kube-controller-manager/);
    }
    // Only what terminating-reaper may take anywhere, and after the node was put out of service.
    const stateless = dead.stateless.map(({ metadata }) => metadata.uid);
    for (const { preconditionUid, record } of removedByProduct(cluster.audit, dead.namespace)) {
      expect(stateless).toContain(preconditionUid);
      expect(record.receivedAt).toBeGreaterThan(mark.record.completedAt);
    }
    await runningPods(cluster, dead.namespace, "db", 1);
  });

  test("when it is back and nothing of before is left there, both marks are taken back, one after the other", async () => {
    tellWhy(knitbone);
    dead.kubelet.thaw();
    await untaint(cluster, dead.node, shutdown);
    await becomesReady("True");
    const [inService, given] = await eventually("both marks to be taken back", 6 * minutes, () => {
      const [, , third, fourth] = marks();
      return third === undefined || fourth === undefined ? undefined : [third, fourth];
    });
    expect(inService?.taints).toContain(suspect);
    expect(inService?.taints).not.toContain(outOfService);
    expect(given?.taints).not.toContain(suspect);
    expect(marks()).toHaveLength(4);
    expectExplainableWrites(cluster.audit);
  });
});
