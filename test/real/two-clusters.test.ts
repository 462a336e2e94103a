import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, freezeAndDelete, stageFrozenNode } from "./frozen-node.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { type Product, product } from "./product.ts";
import { expectExplainableWrites, removedByProduct } from "./product-record.ts";
import { eventually, never } from "./wait.ts";

const minutes = 60_000;
const namespace = "shop";
const uidsOf = (pods: readonly ApiObject[]) => pods.map(({ metadata }) => metadata.uid);
const preconditions = ({ audit }: ControlPlane, of = namespace) =>
  removedByProduct(audit, of).map(({ preconditionUid }) => preconditionUid);

describe("Knitbone, over two real clusters at once", () => {
  let east: ControlPlane;
  let west: ControlPlane;
  let knitbone: Product;
  let inEast: FrozenNode;
  let inWest: FrozenNode;
  let later: FrozenNode;

  const tellWhy = () => {
    onTestFailed(() => {
      process.stderr.write(`${knitbone.tail()}\n`);
    });
  };

  beforeAll(async () => {
    [east, west] = await Promise.all([startControlPlane(), startControlPlane()]);
    const kubeconfig = join(east.folder, "both.kubeconfig");
    writeKubeconfig(kubeconfig, [east.context("east", "knitbone"), west.context("west", "knitbone")]);
    knitbone = product({ kubeconfig, contexts: ["east", "west"], mode: "act", folder: east.folder });
    east.beforeStop(() => knitbone.stop());
    // The same names on both sides: only uids tell the pods apart.
    [inEast, inWest, later] = await Promise.all([
      stageFrozenNode(east, namespace),
      stageFrozenNode(west, namespace),
      stageFrozenNode(east, "later"),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(async () => {
    // The product first, which the eastern one ends.
    await east?.stop();
    await west?.stop();
  });

  test("each is healed by its own budgets and its own uids, though everything is called the same on both sides", async () => {
    tellWhy();
    await Promise.all([
      freezeAndDelete(east, inEast, inEast.stateless),
      freezeAndDelete(west, inWest, inWest.stateless),
    ]);
    for (const [cluster, { stateless }] of [
      [east, inEast],
      [west, inWest],
    ] as const) {
      // Two before the node is marked: each cluster has its own two.
      await eventually("two force-deletes", 2 * minutes, () => preconditions(cluster).length >= 2 || undefined);
      expect(uidsOf(stateless)).toEqual(expect.arrayContaining(preconditions(cluster)));
    }
    const actions = (await knitbone.actions()).filter(({ heal }) => heal.kind === "ForceDeletePod");
    for (const [id, cluster] of [
      ["east", east],
      ["west", west],
    ] as const) {
      const own = actions.filter((each) => each.cluster === id).map(({ object }) => object.uid);
      expect(own).toEqual(expect.arrayContaining(preconditions(cluster)));
    }
    expectExplainableWrites(east.audit);
    expectExplainableWrites(west.audit);
  });

  test("a cluster whose API server hangs does not hold up the other (S1-22), and is not acted on while it cannot be seen (X-15)", async () => {
    tellWhy();
    // Its third pod waits for a mark that the node brake holds back: only one Ready node would be left.
    const before = preconditions(west);
    west.freeze();
    await freezeAndDelete(east, later, later.stateless);
    await eventually(
      "two force-deletes in the east, beside a west that does not answer",
      2 * minutes,
      () => preconditions(east, "later").length >= 2 || undefined,
    );
    await eventually("the west to count as not seen", 3 * minutes, async () => {
      const row = (await knitbone.clusters()).find(({ id }) => id === "west");
      return row?.fresh === false || undefined;
    });
    west.thaw();
    await eventually("the west to be seen again", 2 * minutes, async () => {
      const row = (await knitbone.clusters()).find(({ id }) => id === "west");
      return row?.fresh === true || undefined;
    });
    await never("a pod was removed in the west", 10_000, async () => {
      const removed = preconditions(west);
      return removed.length === before.length ? undefined : JSON.stringify(removed);
    });
    expectExplainableWrites(east.audit);
    expectExplainableWrites(west.audit);
  });
});
