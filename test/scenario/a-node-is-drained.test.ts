import { describe, expect, it } from "vitest";
import { notreadyHandler } from "../../functions/notready-handler/healer.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aClusterReport, aStoredReport } from "../build/cluster-state.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aSighting } from "../build/message.ts";
import { aNode } from "../build/node.ts";
import { aNodePolicy } from "../build/node-policy.ts";
import { anOwnerRef, aPod } from "../build/pod.ts";
import { aDeployment, aReplicaSet } from "../build/workload.ts";
import { aStage, type Stage } from "./stage.ts";

const room = { pool: "", nodes: 4, free: { cpu: 8 }, largestFree: { cpu: 2, memory: 2 ** 32, pods: 50 } };
const mark = "knitbone.io/suspect:NoSchedule";

const healer = (knobs: object = {}) => notreadyHandler(aNodePolicy(knobs));

/** Node n1 whose kubelet says that its runtime is down, with pods of workloads of their own. */
async function sickNode({
  pools = [room],
  pods = 3,
}: {
  readonly pools?: readonly (typeof room)[];
  readonly pods?: number;
} = {}) {
  const stage = await aStage(healer());
  let sequence = 1_000;
  const report = async () => {
    sequence += 1;
    const stored = aStoredReport({ sequence, sentAt: stage.clock.now(), report: aClusterReport({ pools }) });
    await stage.clusters.saveReport("eu-1", stored);
  };
  await report();
  const message = "container runtime is down";
  const ready = { type: "Ready", status: "False", reason: "KubeletNotReady", message };
  const node = aNode({ conditions: [{ ...ready, lastTransitionTime: stage.clock.now() }] });
  stage.api.putNode(node);
  stage.api.putNode(aNode({ name: "n2" }));
  const made = Array.from({ length: pods }, (_, n) => ownPod(stage, n));
  return {
    ...stage,
    node,
    made,
    evicted: () => stage.api.writes.map(({ verb, pod, outcome }) => `${verb} ${pod.name} ${outcome}`),
    /** Second by second, with reports that tell of the pools. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += seconds(10)) {
        await report();
        await stage.pass(Math.min(seconds(10), ms - passed));
      }
    },
  };
}

/** The dispatcher's sighting. */
function sightNode({ receive, clock }: Pick<Stage, "receive" | "clock">, node: NodeFacts) {
  const signals = ["NodeNotReady"] as const;
  const message = { healer: "notready-handler", object: node.ref, signals: [...signals], sightedAt: clock.now() };
  return receive(JSON.stringify(aSighting(message)));
}

function ownPod({ api }: Pick<Stage, "api">, n: number): PodFacts {
  const owner = anOwnerRef({ name: `rs-${n}` });
  const above = anOwnerRef({ kind: "Deployment", name: `app-${n}` });
  api.putWorkload(aReplicaSet({ name: owner.name, uid: owner.uid, owner: above }));
  api.putWorkload(aDeployment({ name: above.name, uid: above.uid }));
  const pod = aPod({ name: `pod-${n}`, owner });
  api.putPod(pod);
  return pod;
}

describe("a node whose runtime is down", () => {
  it("is marked after five minutes, and its pods are moved one by one from the tenth on (S0-05, X-05)", async () => {
    const stage = await sickNode();
    await sightNode(stage, stage.node);
    await stage.pass(minutes(9));
    expect(stage.api.marks.map(({ verb, taint }) => `${verb} ${taint}`)).toEqual([`taint ${mark}`]);
    expect(stage.evicted()).toEqual([]);
    await stage.pass(minutes(4));
    expect(stage.evicted().toSorted()).toEqual(["evict pod-0 Done", "evict pod-1 Done", "evict pod-2 Done"]);
    const first = stage.made[0];
    expect(await stage.caseOf(first?.ref.uid ?? "")).toMatchObject({ state: "closed", closedBecause: "Healed" });
    const warnings = stage.api.events.filter(({ type }) => type === "Warning");
    expect(warnings.map(({ reason, regarding }) => `${reason} ${regarding.name}`)).toEqual(["NotReadyRuntime n1"]);
    const kinds = (await stage.deps.ledger.list()).map(({ heal, outcome }) => `${heal.kind} ${outcome?.kind}`);
    expect(kinds.filter((each) => each.startsWith("DrainPod"))).toEqual([
      "DrainPod Done",
      "DrainPod Done",
      "DrainPod Done",
    ]);
  });

  it("loses no more than five pods in ten minutes (budget of a node)", async () => {
    const stage = await sickNode({ pods: 9 });
    await sightNode(stage, stage.node);
    await stage.pass(minutes(10) + seconds(20));
    await stage.pass(minutes(8));
    expect(stage.evicted()).toHaveLength(5);
    await stage.pass(minutes(14));
    expect(stage.evicted()).toHaveLength(9);
  });

  it("keeps its pods where nobody else has room for them (S1-13)", async () => {
    const stage = await sickNode({ pools: [{ ...room, largestFree: { ...room.largestFree, cpu: 0.4 } }] });
    await sightNode(stage, stage.node);
    await stage.pass(minutes(14));
    expect(stage.evicted()).toEqual([]);
    const verdicts = await Promise.all(stage.made.map(({ ref }) => stage.caseOf(ref.uid)));
    expect(verdicts.map((each) => each?.verdict?.reason)).toEqual(["NoHeadroom", "NoHeadroom", "NoHeadroom"]);
  });

  it("keeps them where no other node may take them (S1-13)", async () => {
    const stage = await sickNode();
    stage.api.closeNode("n2");
    await sightNode(stage, stage.node);
    await stage.pass(minutes(14));
    expect(stage.evicted()).toEqual([]);
  });

  it("keeps them once it is Ready again (X-14)", async () => {
    const stage = await sickNode();
    await sightNode(stage, stage.node);
    await stage.pass(minutes(9));
    const found = await stage.api.node("n1");
    if (found.kind === "notFound") throw new Error("n1 is there");
    stage.api.putNode({ ...found.object, conditions: aNode().conditions });
    await stage.pass(minutes(8));
    expect(stage.evicted()).toEqual([]);
  });

  it("keeps them in observe mode, and in a namespace whose healer is off", async () => {
    const stage = await sickNode();
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    await sightNode(stage, stage.node);
    await stage.pass(minutes(14));
    expect(stage.evicted()).toEqual([]);
    const off = await sickNode();
    await off.flagRows.set(aFlagRow({ scope: "eu-1/shop", healer: "*", mode: "off" }));
    await sightNode(off, off.node);
    await off.pass(minutes(14));
    expect(off.evicted()).toEqual([]);
    expect(off.api.marks).toHaveLength(1);
  });

  it("whose disruption budget is spent keeps that pod", async () => {
    const stage = await sickNode({ pods: 1 });
    const [pod] = stage.made;
    if (pod === undefined) throw new Error("there is one");
    stage.api.putDisruptionBudget(pod, {
      ref: { kind: "PodDisruptionBudget", namespace: "shop", name: "web", uid: "pdb" },
      resourceVersion: "1",
      finalizers: [],
      labels: {},
      annotations: {},
      disruptionsAllowed: 0,
    });
    await sightNode(stage, stage.node);
    await stage.pass(minutes(13));
    expect(stage.evicted()).toEqual([]);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "wait", reason: "DisruptionBudget" });
  });
});

describe("a node that takes tasks", () => {
  it("is asked for one rung, given its time, and asked for the next; each is kept in mind (S1-02, S2-07)", async () => {
    const stage = await aStage(healer({ rungs: ["restart-kubelet", "restart-runtime"] }));
    const message = "PLEG is not healthy: pleg was last seen active 58h29m1s ago; threshold is 3m0s";
    const ready = {
      type: "Ready",
      status: "False",
      reason: "KubeletNotReady",
      message,
      lastTransitionTime: stage.clock.now(),
    };
    const node = aNode({ conditions: [ready] });
    stage.api.putNode(node);
    await sightNode(stage, node);
    await stage.pass(minutes(7));
    expect(stage.api.tasks.map(({ task }) => task.split("#")[0])).toEqual(["restart-kubelet"]);
    const id = stage.api.tasks[0]?.task.split("#")[1] ?? "";
    const live = await stage.api.node("n1");
    if (live.kind === "notFound") throw new Error("n1 is there");
    const answer = { type: "knitbone.io/TaskDone", status: "True", reason: "restart-kubelet", message: `${id} done` };
    stage.api.putNode({ ...live.object, conditions: [ready, answer] });
    await stage.pass(minutes(3));
    expect(stage.api.tasks).toHaveLength(1);
    await stage.pass(minutes(3));
    expect(stage.api.tasks.map(({ task }) => task.split("#")[0])).toEqual(["restart-kubelet", "restart-runtime"]);
    const memory = (await stage.caseOf(node.ref.uid))?.memory;
    expect(memory?.tried?.map(({ rung, cause }) => `${rung} ${cause}`)).toEqual([
      "restart-kubelet NotReadyPleg",
      "restart-runtime NotReadyPleg",
    ]);
    const done = (await stage.deps.ledger.list()).filter(({ heal }) => heal.kind === "AskNodeTask");
    expect(done.map(({ outcome, verifiedAt }) => [outcome?.kind, verifiedAt !== undefined])).toEqual([
      ["Done", true],
      ["Done", true],
    ]);
    // Nobody answers the second one: people are told, and nothing more is asked.
    await stage.pass(minutes(14));
    const warnings = stage.api.events.filter(({ type }) => type === "Warning").map(({ reason }) => reason);
    expect(warnings).toEqual(["RungUnanswered"]);
    expect(stage.api.tasks).toHaveLength(2);
  });
});
