import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, freezeAndDelete, stageFrozenNode } from "./frozen-node.ts";
import { type Product, product } from "./product.ts";
import { expectExplainableWrites, removedByProduct, warningsAbout } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { deletePod, taint } from "./workloads.ts";

const minutes = 60_000;

// In this order: each test goes on where the one before it ended. The last one shows that the others looked at a product that was alive.
describe("Knitbone, told not to act", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let frozen: FrozenNode;

  const writes = () => cluster.audit.productWrites();
  const tellWhy = () => {
    onTestFailed(() => {
      process.stderr.write(`${knitbone.tail()}\n`);
    });
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = product({
      kubeconfig: cluster.kubeconfig("real-3", "knitbone"),
      contexts: ["real-3"],
      mode: "observe",
      folder: cluster.folder,
    });
    cluster.beforeStop(() => knitbone.stop());
    frozen = await stageFrozenNode(cluster, "shop");
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("with --mode observe it writes nothing, and its lists say what it would have done (S2-13, X-11)", async () => {
    tellWhy();
    const { stateless, statefulSetPod } = frozen;
    const [pod] = stateless;
    if (pod === undefined) throw new Error("unreachable: three are staged");
    await freezeAndDelete(cluster, frozen, [pod, statefulSetPod]);
    await eventually(
      "a case that would have been healed, and one of which people would have been told",
      2 * minutes,
      async () => {
        const open = await knitbone.cases();
        const [wouldHeal, wouldTell] = [pod, statefulSetPod].map((each) =>
          open.find(({ object }) => object.uid === each.metadata.uid),
        );
        return (wouldHeal?.verdict === "heal" && wouldTell?.verdict === "escalate") || undefined;
      },
    );
    await never("something was written in observe mode", 20_000, async () =>
      writes().length === 0 ? undefined : JSON.stringify(writes()),
    );

    const cases = (await knitbone.cases()).filter(({ object }) =>
      [pod, statefulSetPod].some(({ metadata }) => metadata.uid === object.uid),
    );
    expect(new Map(cases.map((each) => [each.object.uid, each]))).toMatchObject(
      new Map([
        [pod.metadata.uid, { verdict: "heal", reason: "OverdueOnReadyNode", mode: "observe", state: "open" }],
        [statefulSetPod.metadata.uid, { verdict: "escalate", reason: "StatefulPod", mode: "observe", state: "open" }],
      ]),
    );
    const actions = await knitbone.actions();
    expect(actions.filter(({ object }) => object.uid === pod.metadata.uid)).toMatchObject([
      { cluster: "real-3", healer: "terminating-reaper", heal: { kind: "ForceDeletePod" }, mode: "observe" },
    ]);
    expect(actions.filter(({ object }) => object.uid === statefulSetPod.metadata.uid)).toMatchObject([
      { heal: { kind: "Escalate" }, mode: "observe" },
    ]);
  });

  test("with the flag off it writes nothing and plans nothing (S0-78)", async () => {
    tellWhy();
    const [, pod] = frozen.stateless;
    if (pod === undefined) throw new Error("unreachable: three are staged");
    await knitbone.setFlag("*", "*", "off");
    await deletePod(cluster, pod);
    // Six seconds of margin, and then several resyncs of three.
    await never("something was written with the flag off", 25_000, async () =>
      writes().length === 0 ? undefined : JSON.stringify(writes()),
    );
    expect((await knitbone.actions()).filter(({ object }) => object.uid === pod.metadata.uid)).toEqual([]);
  });

  test("with the flag on act, the same pods are healed at last, and people are told", async () => {
    tellWhy();
    const { stateless, statefulSetPod, namespace } = frozen;
    // The nodes' healer stays off: it would mark the node.
    await knitbone.setFlag("*", "notready-handler", "off");
    await knitbone.setFlag("*", "*", "act");
    const removals = await eventually("both pods to be force-deleted", 2 * minutes, () => {
      const so = removedByProduct(cluster.audit, namespace);
      return so.length >= 2 ? so : undefined;
    });
    expect(removals.map(({ preconditionUid }) => preconditionUid).sort()).toEqual(
      stateless
        .slice(0, 2)
        .map(({ metadata }) => metadata.uid)
        .sort(),
    );
    await eventually(
      "a warning about the StatefulSet's pod",
      2 * minutes,
      () => warningsAbout(cluster.audit, statefulSetPod)[0],
    );
    expectExplainableWrites(cluster.audit);
  });

  test("with the nodes' healer off, the third goes only after somebody has tainted the node", async () => {
    tellWhy();
    const { stateless, namespace, node } = frozen;
    const [, , third] = stateless;
    if (third === undefined) throw new Error("unreachable: three are staged");
    await deletePod(cluster, third);
    await never("a third pod was removed from an untainted node, or a node was written", 30_000, async () => {
      const nodes = writes().filter(({ object }) => object.resource === "nodes");
      const removed = removedByProduct(cluster.audit, namespace).slice(2);
      return nodes.length + removed.length === 0 ? undefined : JSON.stringify([...nodes, ...removed]);
    });
    const taintedAt = Date.now();
    await taint(cluster, node, "example.com/broken", "NoSchedule");
    const removal = await eventually(
      "the third force-delete",
      3 * minutes,
      () => removedByProduct(cluster.audit, namespace)[2],
    );
    expect(removal).toMatchObject({ by: "delete", gracePeriodSeconds: 0, preconditionUid: third.metadata.uid });
    expect(removal.record.receivedAt).toBeGreaterThanOrEqual(taintedAt);
  });
});
