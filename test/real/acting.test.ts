import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type FrozenNode, freezeAndDelete, marginEndsAt, stageFrozenNode } from "./frozen-node.ts";
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
import { runningPods } from "./workloads.ts";

const minutes = 60_000;
const uidsOf = (pods: readonly ApiObject[]) => pods.map(({ metadata }) => metadata.uid);

describe("Knitbone, acting on a real cluster", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let frozen: FrozenNode;
  let few: Residue;
  let flood: Residue;

  const removed = (namespace: string) => removedByProduct(cluster.audit, namespace);
  const tellWhy = () => {
    onTestFailed(() => {
      process.stderr.write(`${knitbone.tail()}\n`);
    });
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = product({
      kubeconfig: cluster.kubeconfig("real-1", "knitbone"),
      contexts: ["real-1"],
      mode: "act",
      folder: cluster.folder,
    });
    cluster.beforeStop(() => knitbone.stop());
    [frozen] = await Promise.all([stageFrozenNode(cluster, "shop"), stageFullNode(cluster, "full")]);
    await knitbone.start();
    [few, flood] = await Promise.all([
      leaveResidue(cluster, { node: "full", namespace: "few", older: 10, newer: 6 }),
      leaveResidue(cluster, { node: "full", namespace: "flood", older: 330, newer: 8 }),
    ]);
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("two of three stateless pods are force-deleted after the margin, each with its uid as precondition (S0-04, 44, 45)", async () => {
    tellWhy();
    const { stateless, statefulSetPod, jobPod, namespace } = frozen;
    const all = [...stateless, statefulSetPod, jobPod];
    await freezeAndDelete(cluster, frozen, all);
    const earliest = new Map(
      await Promise.all(all.map(async (pod) => [pod.metadata.uid, await marginEndsAt(cluster, pod)] as const)),
    );
    const [first, second] = await eventually("two force-deletes", 2 * minutes, () => {
      const so = removed(namespace);
      return so.length >= 2 ? so : undefined;
    });
    for (const removal of [first, second]) {
      expect(removal).toMatchObject({ by: "delete", gracePeriodSeconds: 0 });
      expect(uidsOf(stateless)).toContain(removal?.preconditionUid);
      expect(removal?.record.receivedAt).toBeGreaterThanOrEqual(
        earliest.get(removal?.preconditionUid ?? "") ?? Number.NaN,
      );
    }
  });

  test("the third goes only after our own taint keeps its replacement away, and is made anew elsewhere (S0-05, S2-03)", async () => {
    tellWhy();
    const { stateless, namespace, node } = frozen;
    const third = await eventually("the third force-delete", 3 * minutes, () => removed(namespace)[2]);
    expect(third).toMatchObject({ by: "delete", gracePeriodSeconds: 0 });
    const [mark] = marksByProduct(cluster.audit);
    expect(mark).toMatchObject({ node, taints: ["knitbone.io/suspect:NoSchedule"] });
    expect(third.record.receivedAt).toBeGreaterThan(mark?.record.completedAt ?? Number.NaN);
    for (const app of ["web-1", "web-2", "web-3"]) {
      const [pod] = await runningPods(cluster, namespace, app, 1);
      expect(pod?.spec.nodeName).not.toBe(node);
    }
    expect(
      removed(namespace)
        .map(({ preconditionUid }) => preconditionUid)
        .sort(),
    ).toEqual(uidsOf(stateless).sort());
  });

  test("the StatefulSet's and the Job's pod stay, and people are told once of each (S0-45)", async () => {
    tellWhy();
    const { statefulSetPod, jobPod, namespace } = frozen;
    for (const pod of [statefulSetPod, jobPod]) {
      await eventually(`a warning about ${pod.metadata.name}`, 2 * minutes, () => warningsAbout(cluster.audit, pod)[0]);
    }
    await never("a pod that must stay was removed, or told of twice", 20_000, async () => {
      const told = [statefulSetPod, jobPod].map((pod) => warningsAbout(cluster.audit, pod).length);
      const gone = removed(namespace).length;
      return gone === 3 && told.every((count) => count === 1) ? undefined : JSON.stringify({ removed: gone, told });
    });
    const cases = await knitbone.cases();
    for (const [pod, reason] of [
      [statefulSetPod, "StatefulPod"],
      [jobPod, "JobPod"],
    ] as const) {
      expect((await cluster.api.get(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`)).metadata.uid).toBe(
        pod.metadata.uid,
      );
      expect(cases.filter(({ object }) => object.uid === pod.metadata.uid)).toMatchObject([
        {
          cluster: "real-1",
          healer: "terminating-reaper",
          state: "open",
          verdict: "escalate",
          reason,
          escalatedAt: expect.any(String),
        },
      ]);
    }
  });

  test("what a rejection loop left is evicted but for the newest five (S0-04, 23, 51, 52)", async () => {
    tellWhy();
    const made = few.older.length + few.newer.length;
    const kept = await eventually(
      "five pods to be left",
      3 * minutes,
      async () => {
        const left = await remainingPods(cluster, few);
        return left.length <= 5 ? left : undefined;
      },
      () => `${removed("few").length} of ${made} evicted`,
    );
    expectNewestKept(cluster.audit, few, kept);
    expect(warningsAbout(cluster.audit, few.replicaSet).map(({ requestObject }) => requestObject.reason)).toEqual([
      "PinnedRejectionLoop",
    ]);
  });

  test("a flood of them is evicted within the namespace's own budget of 300 in ten minutes, and the newest five are kept", async () => {
    tellWhy();
    let last = { count: -1, at: 0 };
    const count = await eventually(
      "the evictions to come to an end",
      8 * minutes,
      () => {
        const { length } = removed("flood");
        if (length !== last.count) last = { count: length, at: performance.now() };
        return length >= 280 && performance.now() - last.at >= 20_000 ? length : undefined;
      },
      () => `${last.count} evicted`,
    );
    expect(count).toBeLessThanOrEqual(300);
    // How many there were is not known to the last one: some were made and swept while the loop still ran. What is there was not evicted, what was
    // evicted was evicted once, and the budget holds for all of it.
    const left = await remainingPods(cluster, flood);
    const evicted = removed("flood").map(({ preconditionUid }) => preconditionUid);
    expect(evicted.length).toBeLessThanOrEqual(300);
    expect(new Set(evicted).size).toBe(evicted.length);
    expect(uidsOf(left).filter((uid) => evicted.includes(uid))).toEqual([]);
    // It ended for the budget, not for want of pods.
    expect(left.length).toBeGreaterThan(20);
    const newestLeft = uidsOf(left).filter((uid) => uidsOf(flood.newer).includes(uid));
    expect(newestLeft.length).toBeGreaterThanOrEqual(5);
    expect(warningsAbout(cluster.audit, flood.replicaSet)).toHaveLength(1);
  });

  test("every write says whose it is, names one uid, and follows a fresh look (X-14, 19)", () => {
    expectExplainableWrites(cluster.audit);
    // Its kubelet is frozen, and what it must end stands there: the mark stays, and no other node got one.
    expect(marksByProduct(cluster.audit).map(({ node, taints }) => [node, taints])).toEqual([
      [frozen.node, ["knitbone.io/suspect:NoSchedule"]],
    ]);
  });
});
