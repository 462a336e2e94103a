import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, stageFrozenNode } from "./frozen-node.ts";
import { startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { podsOf, readyCondition, runningPods } from "./workloads.ts";

const minutes = 60_000;
const apps = ["web-1", "web-2", "web-3"];

// One of four nodes; the stories build on each other.
describe("Knitbone, beside a node whose runtime is down, while others have room", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let sick: FrozenNode;

  const evicted = () => removedByProduct(cluster.audit, sick.namespace).filter(({ by }) => by === "eviction");
  const becomesReady = (status: "True" | "False") =>
    eventually(`the node to be Ready=${status}`, 3 * minutes, async () =>
      (await readyCondition(cluster, sick.node))?.status === status ? true : undefined,
    );

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-12", "act");
    [sick] = await Promise.all([
      stageFrozenNode(cluster, "sick"),
      startKubelet(cluster, { node: "spare-1" }),
      startKubelet(cluster, { node: "spare-2" }),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("under our mark its stateless pods are evicted one by one, and run elsewhere (S0-05, S3-07, X-05)", async () => {
    tellWhy(knitbone);
    const error = 'connection error: desc = "transport: Error while dialing: dial unix containerd.sock"';
    await sick.kubelet.faults.add({ operation: "Status", answer: { error, code: "Unavailable" } });
    await becomesReady("False");
    const mark = await eventually("our mark", 3 * minutes, () => marksByProduct(cluster.audit)[0]);
    expect(mark).toMatchObject({ node: sick.node, taints: expect.arrayContaining(["knitbone.io/suspect:NoSchedule"]) });
    await eventually(
      "three evictions",
      5 * minutes,
      () => (evicted().length >= 3 ? true : undefined),
      () => JSON.stringify(evicted().map(({ name }) => name)),
    );
    expect(
      evicted()
        .map(({ preconditionUid }) => preconditionUid)
        .sort(),
    ).toEqual(sick.stateless.map(({ metadata }) => metadata.uid).sort());
    for (const { record, gracePeriodSeconds } of evicted()) {
      expect(gracePeriodSeconds).toBeUndefined();
      // In the lab a drain begins 15 s after the mark.
      expect(record.receivedAt - mark.record.completedAt).toBeGreaterThanOrEqual(14_000);
    }
    for (const app of apps) {
      await eventually(`${app} to run elsewhere`, minutes, async () =>
        (await podsOf(cluster, sick.namespace, app)).find(
          ({ spec, status }) => spec.nodeName !== sick.node && status.phase === "Running",
        ),
      );
    }
  });

  test("a StatefulSet's pod that no disruption budget covers and a Job's stay, and say why (K8)", async () => {
    tellWhy(knitbone);
    const stay = [sick.statefulSetPod, sick.jobPod];
    await eventually("the StatefulSet's pod to be left", 3 * minutes, async () =>
      (await knitbone.cases()).find(
        ({ object, reason, healer }) =>
          object.uid === sick.statefulSetPod.metadata.uid &&
          reason === "NoDisruptionBudget" &&
          healer === "notready-handler",
      ),
    );
    await never("a pod was removed that must stay", 15_000, async () => {
      const uids = stay.map(({ metadata }) => metadata.uid);
      const removed = removedByProduct(cluster.audit, sick.namespace).filter(({ preconditionUid = "" }) =>
        uids.includes(preconditionUid),
      );
      return removed.length === 0 ? undefined : JSON.stringify(removed);
    });
    expect((await knitbone.cases()).filter(({ object }) => object.uid === sick.jobPod.metadata.uid)).toEqual([]);
  });

  test("when its runtime answers again, what stayed runs on, and the mark is taken back (X-14)", async () => {
    tellWhy(knitbone);
    await sick.kubelet.faults.clear();
    await becomesReady("True");
    const given = await eventually("the mark to be taken back", 5 * minutes, () => marksByProduct(cluster.audit)[1]);
    expect(given.taints).not.toContain("knitbone.io/suspect:NoSchedule");
    const [db] = await runningPods(cluster, sick.namespace, "db", 1);
    expect(db?.metadata.uid).toBe(sick.statefulSetPod.metadata.uid);
    expect(marksByProduct(cluster.audit)).toHaveLength(2);
    expectExplainableWrites(cluster.audit);
  });
});
