import { describe, expect, it } from "vitest";
import { suspectMark } from "../../shared/kubernetes/node-marks.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";
import { aNamespace } from "../build/namespace.ts";
import { aNode } from "../build/node.ts";
import { anEvictedPod, anOverduePod, anOwnerRef, aPod } from "../build/pod.ts";
import { aDeployment, aReplicaSet } from "../build/workload.ts";
import { evictOrphan, evictTerminal, markNode, scriptedHealer, scriptedNodeHealer } from "../fakes/scripted-healer.ts";
import { aStage, type Stage } from "./stage.ts";

/** An overdue pod of a workload of its own, so that only the budgets above the owner count. */
function lonePod(stage: Stage, n: number, options: { readonly namespace?: string; readonly nodeName?: string } = {}) {
  const namespace = options.namespace ?? "shop";
  const nodeName = options.nodeName ?? `n${n}`;
  const owner = `rs-${n}`;
  const deployment = `app-${n}`;
  const pod = anOverduePod({ name: `pod-${n}`, namespace, nodeName, owner: anOwnerRef({ name: owner }) });
  stage.api.putWorkload(
    aReplicaSet({
      name: owner,
      namespace,
      uid: anOwnerRef({ name: owner }).uid,
      owner: anOwnerRef({ kind: "Deployment", name: deployment }),
    }),
  );
  stage.api.putWorkload(
    aDeployment({ name: deployment, namespace, uid: anOwnerRef({ kind: "Deployment", name: deployment }).uid }),
  );
  stage.api.putNode(aNode({ name: nodeName }));
  stage.api.putNamespace(aNamespace({ name: namespace }));
  stage.api.putPod(pod);
  return pod;
}

async function forceDeleted(
  stage: Stage,
  count: number,
  where: (n: number) => Parameters<typeof lonePod>[2],
): Promise<number> {
  for (let n = 1; n <= count; n++) {
    const pod = lonePod(stage, n, where(n));
    await stage.sight(pod);
  }
  return stage.api.writes.filter((each) => each.outcome === "Done").length;
}

describe("budgets of nodes (X-04)", () => {
  const marked = async (stage: Stage, names: readonly string[]) => {
    for (const name of names) {
      stage.api.putNode(aNode({ name }));
      await stage.sight(aNode({ name }));
    }
  };
  const names = (count: number) => Array.from({ length: count }, (_, n) => `node-${n}`);
  const spent = async (stage: Stage, key: string, windowMs: number, count: number) => {
    const budget = { key, limit: 49, windowMs, title: "" };
    for (let n = 0; n < count; n++) await stage.deps.budgets.spend(budget, `other-${n}`, stage.clock.now());
  };

  it("let one node of a cluster be marked in a minute, and the next one then", async () => {
    const stage = await aStage(scriptedNodeHealer());
    await marked(stage, names(2));
    expect(stage.api.marks.map(({ node }) => node.name)).toEqual(["node-0"]);
    expect((await stage.caseOf(aNode({ name: "node-1" }).ref.uid))?.verdict).toMatchObject({
      reason: "BudgetExhausted",
    });
    await stage.pass(seconds(58));
    expect(stage.api.marks).toHaveLength(1);
    await stage.pass(seconds(6));
    expect(stage.api.marks.map(({ node }) => node.name)).toEqual(["node-0", "node-1"]);
  });

  it("let one write to the nodes of a pool be in flight, and those of other pools go on", async () => {
    const stage = await aStage(scriptedNodeHealer());
    await spent(stage, "act#pool-in-flight#eu-1/", minutes(10), 1);
    await marked(stage, names(1));
    expect(stage.api.marks).toEqual([]);
    const node = aNode({ name: "gpu-1", labels: { ...aNode().labels, "karpenter.sh/nodepool": "gpu" } });
    stage.api.putNode(node);
    await stage.sight(node);
    expect(stage.api.marks.map((each) => each.node.name)).toEqual(["gpu-1"]);
    const key = "act#pool-in-flight#eu-1/gpu";
    const used = () => stage.deps.budgets.used({ key, limit: 1, windowMs: minutes(10), title: "" }, stage.clock.now());
    expect(await used()).toBe(1);
    // Its effect is seen: the pool is free again.
    await stage.pass(seconds(15));
    expect(await used()).toBe(0);
  });

  it("and a pool of which others are not ready gets no mark, whatever its zone is like", async () => {
    let notReady = 1;
    const stage = await aStage(scriptedNodeHealer(), {
      pools: () => [{ pool: "", nodes: 5, notReady, free: {}, largestFree: {} }],
    });
    await marked(stage, names(1));
    expect(stage.api.marks).toEqual([]);
    expect((await stage.caseOf(aNode({ name: "node-0" }).ref.uid))?.verdict).toMatchObject({
      kind: "wait",
      reason: "PoolBrake",
    });
    notReady = 0;
    await stage.report();
    await stage.pass(seconds(70));
    expect(stage.api.marks).toHaveLength(1);
  });

  it("let three nodes of a cluster be marked in an hour", async () => {
    const stage = await aStage(scriptedNodeHealer());
    await spent(stage, "act#nodes-of-cluster#eu-1", hours(1), 3);
    await marked(stage, names(1));
    expect(stage.api.marks).toEqual([]);
  });

  it("let ten nodes of the fleet be marked in an hour", async () => {
    const stage = await aStage(scriptedNodeHealer());
    await spent(stage, "act#nodes-of-fleet#*", hours(1), 10);
    await marked(stage, names(1));
    expect(stage.api.marks).toEqual([]);
  });

  it("let twenty nodes be given back in ten minutes, whatever was marked before", async () => {
    const stage = await aStage(scriptedNodeHealer(({ node }) => markNode(node, suspectMark, "UntaintNode")));
    await spent(stage, "act#nodes-of-cluster#eu-1", hours(1), 3);
    for (const name of names(22)) {
      stage.api.putNode(aNode({ name, taints: [{ ...suspectMark }] }));
      await stage.sight(aNode({ name }));
    }
    expect(stage.api.marks).toHaveLength(20);
  });

  it("count a second mark of the same node, also of a later case", async () => {
    const stage = await aStage(scriptedNodeHealer());
    const key = "act#nodes-of-cluster#eu-1";
    const used = () => stage.deps.budgets.used({ key, limit: 3, windowMs: hours(1), title: "" }, stage.clock.now());
    await marked(stage, names(1));
    expect(await used()).toBe(1);
    const uid = aNode({ name: "node-0" }).ref.uid;
    const stored = await stage.caseOf(uid);
    if (stored === undefined) throw new Error("the node has a case");
    const { pending: _, ...rest } = stored;
    await stage.deps.cases.save({ ...rest, state: "closed", version: stored.version + 1 }, stored.version);
    // Nobody has seen the effect of the first one: it holds its pool for ten minutes.
    await stage.clock.advance(minutes(10) + 1);
    await stage.report();
    await marked(stage, names(1));
    expect(await used()).toBe(2);
  });
});

describe("budgets of orphans", () => {
  it("let five pods of one node go in ten minutes, and never make the node look like the cause", async () => {
    const stage = await aStage(scriptedHealer(evictOrphan));
    const orphans = Array.from({ length: 7 }, (_, n) =>
      aPod({ name: `stray-${n}`, namespace: `team-${n}`, owner: anOwnerRef({ name: `gone-${n}` }) }),
    );
    for (const pod of orphans) {
      stage.api.putNamespace(aNamespace({ name: pod.ref.namespace, labels: { "knitbone.io/orphans": "delete" } }));
      stage.api.putPod(pod);
      await stage.sight(pod);
    }
    expect(stage.api.writes.filter((each) => each.outcome === "Done")).toHaveLength(5);
    expect(stage.api.events.filter(({ type }) => type === "Warning")).toEqual([]);
    expect((await stage.caseOf(orphans[6]?.ref.uid ?? ""))?.verdict).toMatchObject({
      kind: "wait",
      reason: "BudgetExhausted",
      message: "Spent: node-evictions eu-1/uid-of-node-n1: 5 in 10m.",
    });
  });
});

describe("budgets of live pods", () => {
  it("let ten pods of one namespace go in ten minutes", async () => {
    const stage = await aStage(scriptedHealer());
    expect(await forceDeleted(stage, 14, () => ({}))).toBe(10);
    expect((await stage.caseOf(anOverduePod({ name: "pod-14" }).ref.uid))?.verdict).toMatchObject({
      kind: "wait",
      reason: "BudgetExhausted",
      message: "Spent: namespace eu-1/shop: 10 in 10m.",
    });
  });

  it("let twenty pods of one cluster go in ten minutes", async () => {
    const stage = await aStage(scriptedHealer());
    expect(await forceDeleted(stage, 26, (n) => ({ namespace: `team-${n % 5}` }))).toBe(20);
  });

  it("let fifty pods of the fleet go in ten minutes, whatever the cluster", async () => {
    const stage = await aStage(scriptedHealer());
    const fleet = { key: "act#fleet#*", limit: 50, windowMs: minutes(10), title: "" };
    for (let n = 0; n < 48; n++) await stage.deps.budgets.spend(fleet, `elsewhere-${n}`, stage.clock.now());
    expect(await forceDeleted(stage, 5, (n) => ({ namespace: `team-${n}` }))).toBe(2);
  });

  it("have at most one pod of an owner in flight, and the next once the first is seen to be gone", async () => {
    const stage = await aStage(scriptedHealer());
    const [first, second] = [anOverduePod({ name: "web-1" }), anOverduePod({ name: "web-2", nodeName: "n2" })];
    stage.api.putNode(aNode({ name: "n2" }));
    stage.api.putPod(first);
    stage.api.putPod(second);
    await stage.sight(first);
    await stage.sight(second);
    expect(stage.api.writes.map((each) => each.pod.name)).toEqual(["web-1"]);
    await stage.pass(seconds(75));
    expect(stage.api.writes.map((each) => each.pod.name)).toEqual(["web-1", "web-2"]);
  });

  it("let three pods of an owner go in an hour", async () => {
    const stage = await aStage(scriptedHealer());
    for (let n = 1; n <= 5; n++) {
      const pod = anOverduePod({ name: `web-${n}`, nodeName: `n${n}` });
      stage.api.putNode(aNode({ name: `n${n}` }));
      stage.api.putPod(pod);
      await stage.sight(pod);
      await stage.pass(seconds(60));
    }
    expect(stage.api.writes).toHaveLength(3);
  });

  it("are halved while the brake is", async () => {
    const stage = await aStage(scriptedHealer());
    await stage.brake({ state: "halved", notReady: 2 });
    expect(await forceDeleted(stage, 8, () => ({}))).toBe(5);
  });

  it("keep what an eviction spent when the same pod is not let go of by force after it", async () => {
    const stage = await aStage(scriptedHealer());
    const pod = anOverduePod();
    stage.api.putPod(pod);
    const owner = { key: `act#owner#eu-1/${aDeployment().ref.uid}`, limit: 3, windowMs: hours(1), title: "" };
    await stage.deps.budgets.spend(owner, `${pod.ref.uid}#1`, stage.clock.now());
    const namespace = { key: "act#namespace#eu-1/shop", limit: 10, windowMs: minutes(10), title: "" };
    for (let n = 0; n < 10; n++) await stage.deps.budgets.spend(namespace, `other-${n}`, stage.clock.now());
    await stage.sight(pod);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ reason: "BudgetExhausted" });
    expect(await stage.deps.budgets.used(owner, stage.clock.now())).toBe(1);
  });

  it("that are halved make room when the brake is released, not when the stamps are old", async () => {
    const stage = await aStage(scriptedHealer());
    const namespace = { key: "act#namespace#eu-1/shop", limit: 10, windowMs: minutes(10), title: "" };
    for (let n = 0; n < 5; n++) await stage.deps.budgets.spend(namespace, `other-${n}`, stage.clock.now());
    await stage.brake({ state: "halved", notReady: 2 });
    const pod = anOverduePod();
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ reason: "BudgetExhausted" });
    await stage.brake({});
    await stage.pass(minutes(5) + seconds(5));
    expect(stage.api.writes.map((each) => each.pod.name)).toEqual(["web-1"]);
  });

  it("make room again when the oldest stamp leaves the window", async () => {
    const stage = await aStage(scriptedHealer());
    await forceDeleted(stage, 12, () => ({}));
    await stage.pass(minutes(10) + seconds(5));
    expect(stage.api.writes).toHaveLength(12);
  });

  it("give back what an attempt spent before a wider budget refused it", async () => {
    const stage = await aStage(scriptedHealer());
    const pod = anOverduePod();
    stage.api.putPod(pod);
    const cluster = { key: "act#cluster#eu-1", limit: 20, windowMs: minutes(10), title: "" };
    for (let n = 0; n < 20; n++) await stage.deps.budgets.spend(cluster, `other-${n}`, stage.clock.now());
    await stage.sight(pod);
    const namespace = { key: "act#namespace#eu-1/shop", limit: 10, windowMs: minutes(10), title: "" };
    expect(await stage.deps.budgets.used(namespace, stage.clock.now())).toBe(0);
    expect(await stage.deps.claims.read("eu-1", pod.ref.uid)).toBeUndefined();
    expect(stage.api.writes).toEqual([]);
  });
});

describe("budgets of terminal pods", () => {
  it("stand apart: 300 of a namespace in ten minutes, whatever the owner, the node or the brake", async () => {
    const stage = await aStage(scriptedHealer(evictTerminal, "orphan-sweeper"));
    await stage.brake({ state: "halved", notReady: 2 });
    for (let n = 0; n < 310; n++) {
      const pod = anEvictedPod({ name: `evicted-${n}` });
      stage.api.putPod(pod);
      await stage.sight(pod);
    }
    expect(stage.api.writes).toHaveLength(300);
  });

  it("end at 600 of a cluster in ten minutes", async () => {
    const stage = await aStage(scriptedHealer(evictTerminal, "orphan-sweeper"));
    const cluster = { key: "act#terminal-cluster#eu-1", limit: 600, windowMs: minutes(10), title: "" };
    for (let n = 0; n < 598; n++) await stage.deps.budgets.spend(cluster, `other-${n}`, stage.clock.now());
    for (let n = 0; n < 4; n++) {
      const pod = anEvictedPod({ name: `evicted-${n}` });
      stage.api.putPod(pod);
      await stage.sight(pod);
    }
    expect(stage.api.writes).toHaveLength(2);
  });
});

describe("a node's own budget", () => {
  const onNode = () => ({ nodeName: "n1" });
  const taint = { key: "ops.example/broken", value: "", effect: "NoSchedule" } as const;

  it("ends at two while the node still takes new pods; the third hands the node over, and nobody is told yet", async () => {
    const stage = await aStage(scriptedHealer());
    expect(await forceDeleted(stage, 4, onNode)).toBe(2);
    const warnings = stage.api.events.filter((each) => each.type === "Warning");
    expect(warnings).toEqual([]);
    const node = await stage.caseOf(aNode().ref.uid, "notready-handler");
    expect(node?.symptoms?.map(({ pod, reason }) => `${reason} ${pod.name}`)).toEqual([
      "NodeBudgetExhausted pod-3",
      "NodeBudgetExhausted pod-4",
    ]);
    expect((await stage.caseOf(anOverduePod({ name: "pod-3" }).ref.uid))?.verdict).toMatchObject({
      kind: "handOver",
      reason: "NodeBudgetExhausted",
    });
  });

  it("stays shut for a suspected node even when its window has passed", async () => {
    const stage = await aStage(scriptedHealer());
    await forceDeleted(stage, 3, onNode);
    await stage.pass(minutes(25));
    expect(stage.api.writes).toHaveLength(2);
  });

  it("opens to five once a taint keeps replacements away", async () => {
    const stage = await aStage(scriptedHealer());
    await forceDeleted(stage, 8, onNode);
    stage.api.putNode(aNode({ name: "n1", taints: [taint] }));
    await stage.pass(seconds(65));
    expect(stage.api.writes).toHaveLength(5);
    // What its own healer makes of it is that one's to say.
    expect(await stage.caseOf(aNode().ref.uid, "notready-handler")).toMatchObject({ state: "open" });
  });

  it("counts pods, not tries: writes that get no answer do not make the node look like the cause", async () => {
    const stage = await aStage(scriptedHealer());
    const pod = lonePod(stage, 1, onNode());
    let tries = 0;
    stage.api.forceDeletePod = async () => {
      tries++;
      return { kind: "Unknown", message: "no answer within 2 s" };
    };
    await stage.sight(pod);
    await stage.pass(minutes(10));
    await stage.sight(pod);
    expect(tries).toBe(3);
    const warnings = stage.api.events.filter((each) => each.type === "Warning");
    expect(warnings.map((each) => each.reason)).toEqual(["AttemptsExhausted"]);
  });

  it("does not shut out an attempt that had spent when its process died", async () => {
    const stage = await aStage(scriptedHealer());
    const [first, second, third] = [1, 2, 3].map((n) => lonePod(stage, n, onNode()));
    if (!first || !second || !third) throw new Error("three pods were made");
    // The first dies between planning and its last look; the others go on beside it.
    stage.api.beforePodRead(2, () => {
      throw new Error("killed");
    });
    await expect(stage.sight(first)).rejects.toThrow("killed");
    await stage.sight(second);
    await stage.sight(third);
    expect(stage.api.writes.map((each) => each.pod.name)).toEqual(["pod-2"]);
    await stage.pass(seconds(180));
    await stage.sight(first);
    await stage.sight(third);
    expect(stage.api.writes.map((each) => each.pod.name)).toEqual(["pod-2", "pod-1"]);
    const outcomes = (await stage.deps.ledger.list()).map((each) => each.outcome?.kind);
    expect(outcomes.toSorted()).toEqual(["Done", "Done", "Unknown"]);
  });

  it("opens for a cordon that a person set as well", async () => {
    const stage = await aStage(scriptedHealer());
    await forceDeleted(stage, 3, onNode);
    stage.api.putNode(aNode({ name: "n1", unschedulable: true }));
    await stage.pass(seconds(65));
    expect(stage.api.writes).toHaveLength(3);
  });

  it("is not opened by a taint that the pods tolerate", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putNode(
      aNode({ name: "n1", taints: [{ key: "node.kubernetes.io/unreachable", value: "", effect: "NoExecute" }] }),
    );
    const pods = [1, 2, 3].map((n) => lonePod(stage, n, { nodeName: "n1" }));
    stage.api.putNode(
      aNode({ name: "n1", taints: [{ key: "node.kubernetes.io/unreachable", value: "", effect: "NoExecute" }] }),
    );
    for (const pod of pods) await stage.sight(pod);
    expect(stage.api.writes).toHaveLength(2);
  });
});
