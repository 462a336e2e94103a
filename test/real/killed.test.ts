import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, freezeAndDelete, stageFrozenNode } from "./frozen-node.ts";
import { type Product, product } from "./product.ts";
import {
  expectExplainableWrites,
  expectNewestKept,
  marksByProduct,
  removedByProduct,
  warningsAbout,
} from "./product-record.ts";
import { leaveResidue, type Residue, remainingPods, stageFullNode } from "./rejection-loop.ts";
import { eventually, never } from "./wait.ts";

const minutes = 60_000;
/** From each restart: leases of claims that died with the process run out meanwhile. */
const toTheEnd = 5 * minutes;
const uidsOf = (pods: readonly ApiObject[]) => pods.map(({ metadata }) => metadata.uid);

describe("Knitbone, killed with -9 in the middle and started again on the same state", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let frozen: FrozenNode;
  let residue: Residue;

  const removed = (namespace: string) => removedByProduct(cluster.audit, namespace);
  const killedAfter = async (namespace: string, count: number) => {
    await eventually(
      `removal ${count} in ${namespace}`,
      2 * minutes,
      () => removed(namespace)[count - 1],
      knitbone.tail,
      20,
    );
    await knitbone.kill();
    const atDeath = removed(namespace).length;
    await knitbone.start();
    return atDeath;
  };
  const tellWhy = () => {
    onTestFailed(() => {
      process.stderr.write(`${knitbone.tail()}\n`);
    });
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = product({
      kubeconfig: cluster.kubeconfig("real-2", "knitbone"),
      contexts: ["real-2"],
      mode: "act",
      folder: cluster.folder,
    });
    cluster.beforeStop(() => knitbone.stop());
    [frozen] = await Promise.all([stageFrozenNode(cluster, "shop"), stageFullNode(cluster, "full")]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("killed at the first force-delete, it makes the second, and the third only on a node that it has marked", async () => {
    tellWhy();
    const { stateless, statefulSetPod, jobPod, namespace, node } = frozen;
    await freezeAndDelete(cluster, frozen, [...stateless, statefulSetPod, jobPod]);
    await killedAfter(namespace, 1);
    await eventually("the second force-delete", toTheEnd, () => removed(namespace)[1]);
    const third = await eventually("the third force-delete", toTheEnd, () => removed(namespace)[2]);
    const mark = marksByProduct(cluster.audit).find((each) => each.node === node);
    expect(mark).toMatchObject({ taints: ["knitbone.io/suspect:NoSchedule"] });
    expect(third.record.receivedAt).toBeGreaterThan(mark?.record.completedAt ?? Number.NaN);
    for (const removal of removed(namespace)) expect(removal).toMatchObject({ by: "delete", gracePeriodSeconds: 0 });
    expect(
      removed(namespace)
        .map(({ preconditionUid }) => preconditionUid)
        .sort(),
    ).toEqual(uidsOf(stateless).sort());
  });

  test("killed in the middle of a sweep, it ends the sweep, and the newest five are kept", async () => {
    tellWhy();
    const [left, atDeath] = await Promise.all([
      leaveResidue(cluster, { node: "full", namespace: "few", older: 30, newer: 8 }),
      killedAfter("few", 3),
    ]);
    residue = left;
    const made = residue.older.length + residue.newer.length;
    expect(atDeath).toBeLessThan(made - 5);
    const kept = await eventually(
      "five pods to be left",
      toTheEnd,
      async () => {
        const remaining = await remainingPods(cluster, residue);
        return remaining.length <= 5 ? remaining : undefined;
      },
      () => `${removed("few").length} of ${made} evicted`,
    );
    expectNewestKept(cluster.audit, residue, kept);
  });

  test("people are told once of what must stay, whatever the restarts", async () => {
    tellWhy();
    const { statefulSetPod, jobPod, namespace } = frozen;
    for (const object of [statefulSetPod, jobPod, residue.replicaSet]) {
      await eventually(
        `a warning about ${object.metadata.name}`,
        toTheEnd,
        () => warningsAbout(cluster.audit, object)[0],
      );
    }
    await never("a pod that must stay was removed, or told of twice", 20_000, async () => {
      const told = [statefulSetPod, jobPod, residue.replicaSet].map(
        (object) => warningsAbout(cluster.audit, object).length,
      );
      const gone = removed(namespace).length;
      return gone === 3 && told.every((count) => count === 1) ? undefined : JSON.stringify({ removed: gone, told });
    });
    for (const pod of [statefulSetPod, jobPod]) {
      const found = await cluster.api.get(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`);
      expect(found.metadata.uid).toBe(pod.metadata.uid);
    }
  });

  test("the ledger has one finished force-delete per pod, and every write names one uid and follows a fresh look (X-13)", async () => {
    // What the dead process had sent and not settled is settled when its message comes again: after the queue's visibility time-out of three minutes.
    const wanted = uidsOf(frozen.stateless).toSorted();
    const forced = await eventually("one finished force-delete per pod in the ledger", toTheEnd, async () => {
      const actions = await knitbone.actions();
      const done = actions.filter(
        ({ heal, outcome }) => heal.kind === "ForceDeletePod" && ["Done", "Gone"].includes(outcome?.kind ?? ""),
      );
      return done.length >= wanted.length ? done : undefined;
    });
    expect(forced.map(({ object }) => object.uid).toSorted()).toEqual(wanted);
    expectExplainableWrites(cluster.audit);
  });
});
