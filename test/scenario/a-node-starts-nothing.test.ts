import { describe, expect, it } from "vitest";
import { notreadyHandler } from "../../functions/notready-handler/healer.ts";
import { pendingRescheduler } from "../../functions/pending-rescheduler/healer.ts";
import { pipeline } from "../../shared/heal/pipeline.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { anEvent } from "../build/event.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { atNoon } from "../build/instant.ts";
import { aLease } from "../build/lease.ts";
import { aNode, aTaint } from "../build/node.ts";
import { aNodePolicy } from "../build/node-policy.ts";
import { anUnboundPod, aSilentPod, aStartingPod } from "../build/pending-pod.ts";
import { anOwnerRef, aPod } from "../build/pod.ts";
import { aDeployment, aReplicaSet, aStatefulSet } from "../build/workload.ts";
import { aStage } from "./stage.ts";

const policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const nodePolicy = aNodePolicy();

/** pending-rescheduler and notready-handler over one cluster of two nodes; every kubelet renews its Lease. */
async function twoHealers() {
  const stage = await aStage(pendingRescheduler(policy));
  const judgeNode = pipeline(notreadyHandler(nodePolicy), { ...stage.deps, queue: stage.nodeQueue });
  const { api, clock, nodeQueue } = stage;
  api.putNode(aNode({ name: "n2" }));
  return {
    ...stage,
    sight: (pod: PodFacts) => stage.sight(pod, "suspect", { signal: "PodSilent" }),
    /** A pod of a workload of its own. */
    put(make: (members: Pick<PodFacts, "owner"> & { name: string }) => PodFacts, n: number): PodFacts {
      const owner = anOwnerRef({ name: `rs-${n}` });
      const above = anOwnerRef({ kind: "Deployment", name: `app-${n}` });
      api.putWorkload(aReplicaSet({ name: owner.name, uid: owner.uid, owner: above }));
      api.putWorkload(aDeployment({ name: above.name, uid: above.uid }));
      const pod = make({ name: `pod-${n}`, owner });
      api.putPod(pod);
      return pod;
    },
    async pass(ms: number) {
      for (let second = 0; second < ms; second += seconds(1)) {
        for (const node of ["n1", "n2"]) api.putLease(aLease({ nodeName: node, renewedAt: clock.now() }));
        await stage.pass(Math.min(seconds(1), ms - second));
        for (const message of await nodeQueue.receive({ limit: 10, waitMs: 0, visibilityMs: 180_000 })) {
          await judgeNode(message.body, { messageId: "m", sentAt: clock.now(), receiveCount: 1 });
          await nodeQueue.acknowledge([message.receipt]);
        }
      }
    },
  };
}

type Stage = Awaited<ReturnType<typeof twoHealers>>;

const marksOf = ({ api }: Stage) => api.marks.map(({ verb, node, taint }) => `${verb} ${node.name} ${taint}`);
const evictedOf = ({ api }: Stage) => api.writes.map(({ verb, pod, outcome }) => `${verb} ${pod.name} ${outcome}`);
const warningsOf = ({ api }: Stage) =>
  api.events
    .filter(({ type }) => type === "Warning")
    .map(({ reason, regarding }) => `${reason} ${regarding.kind} ${regarding.name}`);
const suspect = "taint n1 knitbone.io/suspect:NoSchedule";

describe("two pods of which the kubelet of a Ready node does not speak", () => {
  async function twoSilent() {
    const stage = await twoHealers();
    const pods = [1, 2].map((n) => stage.put((members) => aSilentPod({ ...members, age: seconds(91) }), n));
    return { stage, pods };
  }

  it("have it marked, and are evicted five minutes after they were bound, so that others are made elsewhere (S0-14, S0-16, S0-19)", async () => {
    const { stage, pods } = await twoSilent();
    stage.api.putPod(aPod({ name: "elsewhere", nodeName: "n2", startTime: atNoon(-seconds(5)) }));
    for (const pod of pods) await stage.sight(pod);
    await stage.pass(seconds(30));
    expect(marksOf(stage)).toEqual([suspect]);
    expect(evictedOf(stage)).toEqual([]);
    await stage.pass(minutes(5));
    expect(evictedOf(stage).sort()).toEqual(["evict pod-1 Done", "evict pod-2 Done"]);
    expect(warningsOf(stage)).toEqual([]);
    await stage.pass(seconds(30));
    const actions = await stage.deps.ledger.list();
    expect(actions.map(({ outcome, verifiedAt }) => [outcome?.kind, verifiedAt !== undefined])).toEqual(
      actions.map(() => ["Done", true]),
    );
  });

  it("go one after the other where they are of one workload, without waiting for an end that no kubelet brings", async () => {
    const { api, ...stage } = await twoHealers();
    api.putNode(aNode({ taints: [aTaint()] }));
    api.putPod(aPod({ name: "elsewhere", nodeName: "n2", startTime: atNoon(-seconds(5)) }));
    const pods = ["web-1", "web-2"].map((name) => aSilentPod({ name }));
    for (const pod of pods) api.putPod(pod);
    for (const pod of pods) {
      await stage.sight(pod);
      const isEvicted = api.writes.some((each) => each.pod.uid === pod.ref.uid);
      // The API gives it its grace period; its kubelet never says that it is over.
      if (isEvicted) api.putPod({ ...pod, deletionTimestamp: stage.clock.now() + seconds(30) });
    }
    expect(api.writes.map(({ pod }) => pod.name)).toEqual(["web-1"]);
    await stage.pass(seconds(90));
    expect(api.writes.map(({ pod }) => pod.name)).toEqual(["web-1", "web-2"]);
  });

  it("wait where no other node is known to start anything: nothing is marked or moved (S0-15)", async () => {
    const { stage, pods } = await twoSilent();
    for (const pod of pods) await stage.sight(pod);
    await stage.pass(minutes(10));
    expect(marksOf(stage)).toEqual([]);
    expect(evictedOf(stage)).toEqual([]);
    expect((await stage.caseOf(pods[0]?.ref.uid ?? ""))?.verdict).toMatchObject({
      kind: "wait",
      reason: "ControlPlaneSlow",
    });
  });

  it("are only watched in observe mode: nobody is handed anything", async () => {
    const { stage, pods } = await twoSilent();
    stage.api.putPod(aPod({ name: "elsewhere", nodeName: "n2", startTime: atNoon(-seconds(5)) }));
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    for (const pod of pods) await stage.sight(pod);
    await stage.pass(minutes(6));
    expect([marksOf(stage), evictedOf(stage), stage.api.events]).toEqual([[], [], []]);
  });
});

describe("a runtime that is gone, on one node", () => {
  const words =
    'Failed to create pod sandbox: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"';

  it("is the node's: marked, and the pod evicted; a StatefulSet's is told about instead (S0-20, S0-35, S0-91)", async () => {
    const stage = await twoHealers();
    const moved = stage.put((members) => aStartingPod({ ...members, age: seconds(301) }), 1);
    const owner = anOwnerRef({ kind: "StatefulSet", name: "db" });
    const kept = aStartingPod({ name: "db-0", owner, age: seconds(301), containers: [] });
    stage.api.putWorkload(aStatefulSet({ uid: owner.uid }));
    stage.api.putPod(kept);
    for (const pod of [moved, kept]) {
      stage.api.putEvent(anEvent({ reason: "FailedCreatePodSandBox", message: words, regarding: pod.ref }));
      await stage.sight(pod);
    }
    await stage.pass(minutes(2));
    expect(marksOf(stage)).toEqual([suspect]);
    expect(evictedOf(stage)).toEqual(["evict pod-1 Done"]);
    expect(warningsOf(stage)).toEqual(["NotMovable StatefulSet db"]);
  });

  it("keeps its mark as long as a pod that is not moved goes on failing there, and loses it ten minutes after (S0-91)", async () => {
    const stage = await twoHealers();
    const owner = anOwnerRef({ kind: "StatefulSet", name: "db" });
    const kept = aStartingPod({ name: "db-0", owner, age: seconds(301), containers: [] });
    stage.api.putWorkload(aStatefulSet({ uid: owner.uid }));
    stage.api.putPod(kept);
    const goOn = async (forMs: number) => {
      for (let past = 0; past < forMs; past += minutes(1)) {
        const lastSeenAt = stage.clock.now();
        stage.api.putEvent(
          anEvent({ reason: "FailedCreatePodSandBox", message: words, regarding: kept.ref, lastSeenAt }),
        );
        await stage.sight(kept);
        await stage.pass(minutes(1));
      }
    };
    await goOn(minutes(40));
    expect(marksOf(stage)).toEqual([suspect]);
    expect(warningsOf(stage)).toEqual(["NotMovable StatefulSet db", "RuntimeDown Node n1"]);
    expect(evictedOf(stage)).toEqual([]);
    stage.api.removePod(kept);
    await stage.pass(minutes(9));
    expect(marksOf(stage)).toEqual([suspect]);
    await stage.pass(minutes(3));
    expect(marksOf(stage)).toEqual([suspect, "untaint n1 knitbone.io/suspect:NoSchedule"]);
  });

  it("is not told to anybody's healer in observe mode, marked or not", async () => {
    const stage = await twoHealers();
    stage.api.putNode(aNode({ taints: [aTaint()] }));
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    const owner = anOwnerRef({ kind: "StatefulSet", name: "db" });
    const kept = aStartingPod({ name: "db-0", owner, age: seconds(301), containers: [] });
    stage.api.putWorkload(aStatefulSet({ uid: owner.uid }));
    stage.api.putPod(kept);
    stage.api.putEvent(anEvent({ reason: "FailedCreatePodSandBox", message: words, regarding: kept.ref }));
    await stage.sight(kept);
    await stage.pass(minutes(5));
    expect((await stage.caseOf(kept.ref.uid))?.verdict).toMatchObject({ kind: "escalate", reason: "NotMovable" });
    expect(await stage.caseOf(aNode().ref.uid, "notready-handler")).toBeUndefined();
  });

  it("on two nodes is nobody's node: told once, nothing marked or moved (S0-25, S0-33)", async () => {
    const stage = await twoHealers();
    const owner = anOwnerRef();
    const pods = ["n1", "n2"].map((nodeName) =>
      aStartingPod({ name: `web-${nodeName}`, nodeName, owner, age: seconds(301) }),
    );
    for (const pod of pods) {
      stage.api.putPod(pod);
      stage.api.putEvent(anEvent({ reason: "FailedCreatePodSandBox", message: words, regarding: pod.ref }));
    }
    for (const pod of pods) await stage.sight(pod);
    await stage.pass(minutes(2));
    expect([marksOf(stage), evictedOf(stage)]).toEqual([[], []]);
    expect(warningsOf(stage)).toEqual(["FailsOnManyNodes Deployment web"]);
  });
});

describe("a pod that finds no room", () => {
  const words = "0/2 nodes are available: 2 Insufficient cpu.";

  it("is told about once, as its workload, however many of its pods wait (S0-12)", async () => {
    const stage = await twoHealers();
    const pods = [1, 2, 3].map((n) => anUnboundPod(words, { name: `web-${n}` }));
    for (const pod of pods) {
      stage.api.putPod(pod);
      await stage.sight(pod);
    }
    await stage.pass(minutes(3));
    for (const pod of pods) await stage.sight(pod);
    expect(warningsOf(stage)).toEqual(["NoRoom Deployment web"]);
    expect(evictedOf(stage)).toEqual([]);
  });
});
