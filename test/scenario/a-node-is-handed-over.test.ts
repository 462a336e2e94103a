import { describe, expect, it } from "vitest";
import { notreadyHandler } from "../../functions/notready-handler/healer.ts";
import { terminatingReaper } from "../../functions/terminating-reaper/healer.ts";
import { pipeline } from "../../shared/heal/pipeline.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import { suspectMark } from "../../shared/kubernetes/node-marks.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { anEvent } from "../build/event.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aLease } from "../build/lease.ts";
import { aSighting } from "../build/message.ts";
import { aNode, aNodeWithReady } from "../build/node.ts";
import { aNodePolicy } from "../build/node-policy.ts";
import { aRef } from "../build/object-ref.ts";
import { anOverduePod, anOwnerRef } from "../build/pod.ts";
import { aDeployment, aReplicaSet } from "../build/workload.ts";
import { aStage } from "./stage.ts";

const mark = "knitbone.io/suspect:NoSchedule";
const uid = aNode().ref.uid;

/** terminating-reaper and notready-handler over one cluster and one set of tables, each with a queue of its own. */
async function twoHealers(knobs: object = {}) {
  const stage = await aStage(terminatingReaper({ overdueMarginMs: minutes(2) }));
  const judgeNode = pipeline(notreadyHandler(aNodePolicy(knobs)), { ...stage.deps, queue: stage.nodeQueue });
  const { api, clock, nodeQueue } = stage;
  const hear = (body: string) => judgeNode(body, { messageId: "m", sentAt: clock.now(), receiveCount: 1 });
  let kubeletLives = true;
  return {
    ...stage,
    stopKubelet: () => {
      kubeletLives = false;
    },
    /** The dispatcher's sighting of the node. */
    sightNode: (delta: "suspect" | "recovered" = "suspect") =>
      hear(
        JSON.stringify(
          aSighting({
            healer: "notready-handler",
            object: aNode().ref,
            delta,
            signals: delta === "suspect" ? ["NodeNotReady"] : [],
            sightedAt: clock.now(),
          }),
        ),
      ),
    nodeCase: () => stage.caseOf(uid, "notready-handler"),
    /** Both healers' queues, second by second; the kubelet renews its Lease as long as it lives. */
    async pass(ms: number) {
      for (let second = 0; second < ms; second += seconds(1)) {
        if (kubeletLives) api.putLease(aLease({ renewedAt: clock.now() }));
        await stage.pass(Math.min(seconds(1), ms - second));
        for (const message of await nodeQueue.receive({ limit: 10, waitMs: 0, visibilityMs: 180_000 })) {
          await hear(message.body);
          await nodeQueue.acknowledge([message.receipt]);
        }
      }
    },
  };
}

type TwoHealers = Awaited<ReturnType<typeof twoHealers>>;

/** An overdue pod of a workload of its own on node n1. */
async function stuckPod(stage: TwoHealers, n: number): Promise<PodFacts> {
  const owner = anOwnerRef({ name: `rs-${n}` });
  const above = anOwnerRef({ kind: "Deployment", name: `app-${n}` });
  stage.api.putWorkload(aReplicaSet({ name: owner.name, uid: owner.uid, owner: above }));
  stage.api.putWorkload(aDeployment({ name: above.name, uid: above.uid }));
  const deletionTimestamp = stage.clock.now() - minutes(3);
  const pod = anOverduePod({ name: `pod-${n}`, owner, deletionTimestamp });
  stage.api.putPod(pod);
  await stage.sight(pod);
  return pod;
}

async function threeStuckPods() {
  const stage = await twoHealers();
  stage.api.putLease(aLease({ renewedAt: stage.clock.now() }));
  for (const n of [1, 2, 3]) await stuckPod(stage, n);
  return stage;
}

const marksOf = ({ api }: TwoHealers) => api.marks.map(({ verb, taint, outcome }) => `${verb} ${taint} ${outcome}`);

describe("the third stuck pod of a node that calls itself Ready (S0-05, 48, S2-03)", () => {
  it("goes once our mark keeps its replacement away; the mark goes when the node has stayed well for ten minutes", async () => {
    const stage = await threeStuckPods();
    expect(stage.api.writes).toHaveLength(2);
    await stage.pass(seconds(20));
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`]);
    expect(stage.api.writes.map(({ pod }) => pod.name)).toEqual(["pod-1", "pod-2", "pod-3"]);
    const goneAt = stage.clock.now();
    await stage.pass(minutes(9));
    expect(marksOf(stage)).toHaveLength(1);
    await stage.pass(minutes(3));
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`, `untaint ${mark} Done`]);
    expect(stage.api.marks[1]).toMatchObject({ node: { name: "n1" } });
    expect(stage.clock.now() - goneAt).toBe(minutes(12));
    expect(await stage.nodeCase()).toMatchObject({ state: "closed", closedBecause: "Recovered" });
    expect(stage.api.events.filter(({ type }) => type === "Warning")).toEqual([]);
    const outcomes = (await stage.deps.ledger.list()).map(({ outcome, verifiedAt }) => [
      outcome?.kind,
      verifiedAt !== undefined,
    ]);
    expect(outcomes).toEqual(outcomes.map(() => ["Done", true]));
  });

  it("stays while the healer of nodes is off, and people are told once, after a quarter of an hour", async () => {
    const stage = await threeStuckPods();
    await stage.flagRows.set(aFlagRow({ healer: "notready-handler", mode: "off" }));
    await stage.pass(minutes(14));
    expect(stage.api.events.filter(({ type }) => type === "Warning")).toEqual([]);
    await stage.pass(minutes(12));
    expect(stage.api.writes).toHaveLength(2);
    expect(marksOf(stage)).toEqual([]);
    const warnings = stage.api.events.filter(({ type }) => type === "Warning");
    expect(warnings.map(({ reason, regarding }) => `${reason} ${regarding.kind} ${regarding.name}`)).toEqual([
      "NodeSuspected Node n1",
    ]);
  });

  it("hands nothing over in observe mode", async () => {
    const stage = await twoHealers();
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    for (const n of [1, 2, 3]) await stuckPod(stage, n);
    await stage.pass(minutes(2));
    expect(await stage.nodeCase()).toBeUndefined();
    expect(marksOf(stage)).toEqual([]);
    const observed = (await stage.deps.ledger.list()).filter(({ outcome }) => outcome?.kind === "Observed");
    expect(observed.map(({ reason }) => reason).toSorted()).toContain("NodeSuspected");
  });

  it("is told of again by a symptom that comes while the mark is being verified, and the mark is verified all the same", async () => {
    const stage = await threeStuckPods();
    await stage.pass(seconds(3));
    expect(marksOf(stage)).toHaveLength(1);
    // A pod's healer that read the node before it was marked.
    const { taints } = await liveNode(stage);
    stage.api.putNode(aNode());
    await stuckPod(stage, 4);
    stage.api.putNode(aNode({ taints }));
    expect(await stage.nodeCase()).toMatchObject({ pending: { effect: { see: "tainted" } } });
    await stage.pass(seconds(30));
    expect(await stage.nodeCase()).toMatchObject({ effective: 1, memory: { ours: [suspectMark] } });
    expect((await stage.nodeCase())?.pending).toBeUndefined();
  });
});

async function liveNode({ api }: TwoHealers): Promise<NodeFacts> {
  const found = await api.node("n1");
  if (found.kind === "notFound") throw new Error("n1 is there");
  return found.object;
}

describe("a node whose kubelet is silent (S0-03, 54, S3-07)", () => {
  it("is marked after five minutes, and people are told once what would prove its death", async () => {
    const stage = await twoHealers();
    stage.stopKubelet();
    stage.api.putNode(aNodeWithReady("Unknown", stage.clock.now()));
    await stage.sightNode();
    await stage.pass(minutes(5) - seconds(5));
    expect(marksOf(stage)).toEqual([]);
    await stage.pass(seconds(20));
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`]);
    await stage.pass(minutes(10));
    const warnings = stage.api.events.filter(({ type }) => type === "Warning");
    expect(warnings.map(({ reason }) => reason)).toEqual(["NodeSilent"]);
    expect(warnings[0]?.note).toContain("node.kubernetes.io/out-of-service=nodeshutdown:NoExecute");
    expect(marksOf(stage)).toHaveLength(1);
  });

  it("starts its five minutes again after blind time", async () => {
    const stage = await twoHealers();
    stage.stopKubelet();
    stage.api.putNode(aNodeWithReady("Unknown", stage.clock.now()));
    await stage.sightNode();
    await stage.pass(minutes(4));
    stage.api.breakDown();
    await stage.pass(minutes(3));
    stage.api.mend();
    await stage.pass(minutes(4));
    expect(marksOf(stage)).toEqual([]);
    await stage.pass(minutes(3));
    expect(marksOf(stage)).toHaveLength(1);
  });

  it("is put out of service when its cloud says that it is shut down, and given back when all is done", async () => {
    const stage = await twoHealers();
    stage.stopKubelet();
    const shutdown = { key: "node.cloudprovider.kubernetes.io/shutdown", value: "", effect: "NoSchedule" };
    stage.api.putNode(aNodeWithReady("Unknown", stage.clock.now(), { taints: [shutdown], volumesInUse: 1 }));
    await stage.sightNode();
    await stage.pass(minutes(7));
    const outOfService = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute";
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`, `taint ${outOfService} Done`]);
    const { taints } = await liveNode(stage);
    const back = aNodeWithReady("True", stage.clock.now(), {
      taints: taints.filter(({ key }) => key !== shutdown.key),
    });
    stage.api.putNode({ ...back, volumesInUse: 1 });
    stage.api.putLease(aLease({ renewedAt: stage.clock.now() }));
    await stage.pass(minutes(3));
    expect(marksOf(stage)).toHaveLength(2);
    stage.api.putNode(back);
    await stage.pass(minutes(2));
    expect(marksOf(stage)[2]).toBe(`untaint ${outOfService} Done`);
    expect(findCondition((await liveNode(stage)).conditions, "Ready")?.status).toBe("True");
  });
});

describe("a node that flaps", () => {
  it("is known by changes that its closed cases saw", async () => {
    const stage = await twoHealers();
    for (let flap = 0; flap < 3; flap++) {
      stage.api.putNode(aNodeWithReady("False", stage.clock.now()));
      await stage.sightNode();
      await stage.pass(seconds(90));
      if (flap === 2) break;
      stage.api.putNode(aNodeWithReady("True", stage.clock.now()));
      await stage.sightNode("recovered");
      await stage.pass(seconds(90));
    }
    expect(await stage.nodeCase()).toMatchObject({ state: "open", verdict: { reason: "Flapping" } });
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`]);
  });
});

describe("pods that cannot be ended for mounts that are in use (S0-84)", () => {
  const busy =
    'error killing pod: failed to "KillPodSandbox" for "12e6" with KillPodSandboxError: "failed to unmount \\"/run/shm\\": device or resource busy"';

  async function stuckByMount(stage: TwoHealers, count: number) {
    stage.api.putLease(aLease({ renewedAt: stage.clock.now() }));
    for (let n = 1; n <= count; n++) {
      const regarding = aRef({ name: `pod-${n}`, uid: anOverduePod({ name: `pod-${n}` }).ref.uid });
      const lastSeenAt = stage.clock.now();
      stage.api.putEvent(anEvent({ reason: "FailedKillPod", message: busy, regarding, lastSeenAt }));
      await stuckPod(stage, n);
    }
  }
  const told = ({ api }: TwoHealers) =>
    api.events.filter(({ type }) => type === "Warning").map(({ reason, regarding }) => `${reason} ${regarding.name}`);

  it("are let go of, each counts against the node from the third on, and three that count are more than a leak", async () => {
    const stage = await twoHealers({ rungs: ["reboot"] });
    await stuckByMount(stage, 5);
    await stage.pass(minutes(3));
    expect(stage.api.writes.map(({ pod }) => pod.name)).toEqual(["pod-1", "pod-2", "pod-3", "pod-4", "pod-5"]);
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`]);
    expect((await stage.nodeCase())?.symptoms?.map(({ reason, pod }) => `${reason} ${pod.name}`)).toEqual([
      "MountBusy pod-3",
      "MountBusy pod-4",
      "MountBusy pod-5",
    ]);
    expect(stage.api.tasks).toEqual([]);
    await stage.pass(minutes(5));
    expect(stage.api.tasks.map(({ task }) => task.split("#")[0])).toEqual(["reboot"]);
    expect(told(stage)).toEqual([]);
  });

  it("are a leak, while no more than two count: the node is given back when it has stayed well", async () => {
    const stage = await twoHealers({ rungs: ["reboot"] });
    await stuckByMount(stage, 4);
    await stage.pass(minutes(15));
    expect(stage.api.writes).toHaveLength(4);
    expect(stage.api.tasks).toEqual([]);
    expect(marksOf(stage)).toEqual([`taint ${mark} Done`, `untaint ${mark} Done`]);
    expect(told(stage)).toEqual([]);
  });
});
