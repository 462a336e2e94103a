import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/pending-rescheduler/decide.ts";
import type { UnboundAround } from "../../../../functions/pending-rescheduler/facts.ts";
import type { Policy } from "../../../../functions/pending-rescheduler/policy.ts";
import type { PodSubject } from "../../../../shared/heal/subject.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { anUnboundPod } from "../../../build/pending-pod.ts";
import { aCondition, anOwnerRef } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

const policy: Policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const noCpu =
  "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
const spill = { "knitbone.io/spill": "other-pool" };

function judge(subject: PodSubject, around: Partial<UnboundAround> = {}, now = noon) {
  const facts = { subject, around: { kind: "unbound", pools: [], ...around } } as const;
  return decide(facts, anOpenCase({ healer: "pending-rescheduler" }), policy, now);
}

const judgeWords = (message: string) => judge(aSubject({ pod: anUnboundPod(message) }));

describe("a pod without a node", () => {
  it("that scheduling gates hold is somebody's wish (S0-12)", () => {
    const gated = anUnboundPod("", { schedulingGates: ["example.com/quota"] });
    expect(judge(aSubject({ pod: gated }))).toMatchObject({ kind: "leave", reason: "SchedulingGated" });
    const condition = aCondition({ type: "PodScheduled", status: "False", reason: "SchedulingGated" });
    const said = anUnboundPod("", { conditions: [condition] });
    expect(judge(aSubject({ pod: said }))).toMatchObject({ kind: "leave", reason: "SchedulingGated" });
  });

  it.each([
    { labels: { "scheduling.x-k8s.io/pod-group": "train" } },
    { labels: { "pod-group.scheduling.sigs.k8s.io": "train" } },
    { labels: { "kueue.x-k8s.io/queue-name": "gpu" } },
    { labels: { "leaderworkerset.sigs.k8s.io/name": "train" } },
    { annotations: { "scheduling.k8s.io/group-name": "train" } },
  ])("of a gang is never moved alone: %j (S0-12)", (marks) => {
    const pod = anUnboundPod(noCpu, { ...marks });
    expect(judge(aSubject({ pod }))).toMatchObject({ kind: "leave", reason: "GangPod" });
  });

  it("of which no scheduler speaks is told about once it is old enough", () => {
    const pod = anUnboundPod("", { conditions: [], age: seconds(300) });
    expect(judge(aSubject({ pod }), {}, noon - 1)).toMatchObject({ kind: "wait", reason: "PendingYet", until: noon });
    expect(judge(aSubject({ pod }))).toMatchObject({
      kind: "escalate",
      reason: "SchedulerSilent",
      about: { kind: "Deployment", name: "web" },
    });
  });

  it.each(["0/3 nodes are available: 2 Insufficient cpu, 1 node(s) displeased Astrology.", "it is raining", ""])(
    "in words that nobody has seen is left: %j",
    (message) => {
      expect(judgeWords(message)).toMatchObject({ kind: "leave", reason: "SchedulerWordsUnknown" });
    },
  );

  it("is not spoken of before it has been so for five minutes", () => {
    const pod = anUnboundPod(noCpu, { age: seconds(300) });
    expect(judge(aSubject({ pod }), {}, noon - 1)).toEqual({
      kind: "wait",
      until: noon,
      reason: "PendingYet",
      message: "Pod shop/web-1 is not placed yet: 3 Insufficient cpu: waited for, 1ms more at most.",
    });
    expect(judge(aSubject({ pod }))).toMatchObject({ kind: "escalate", reason: "NoRoom" });
  });

  it.each([
    ['persistentvolumeclaim "data" not found. not found', "VolumeMissing"],
    ['persistentvolumeclaim "data" is being deleted. not found', "VolumeMissing"],
    ["pod has unbound immediate PersistentVolumeClaims. not found", "VolumeUnbound"],
    ["2 Insufficient cpu, 1 node(s) didn't find available persistent volumes to bind.", "VolumeUnbound"],
    ["2 Insufficient cpu, 1 node(s) didn't match PersistentVolume's node affinity.", "VolumeElsewhere"],
    ["3 node(s) exceed max volume count.", "VolumeLimit"],
    ["3 node(s) didn't match Pod's node affinity/selector.", "AffinityUnmet"],
    ["1 node(s) were unschedulable, 2 node(s) didn't match pod anti-affinity rules.", "AffinityUnmet"],
    ["3 node(s) didn't match pod topology spread constraints.", "SpreadUnmet"],
    ["3 node(s) didn't have free ports for the requested pod ports.", "PortsTaken"],
    ["3 node(s) had untolerated taint {dedicated: gpu}.", "TaintsUntolerated"],
    ["3 node(s) had untolerated taint(s).", "TaintsUntolerated"],
  ])("that %s is told to its owner and never moved (S0-13, S0-21, S0-22)", (words, reason) => {
    const pod = anUnboundPod(`0/3 nodes are available: ${words}`, { annotations: spill });
    expect(judge(aSubject({ pod }))).toMatchObject({ kind: "escalate", reason, about: { kind: "Deployment" } });
  });

  it("of a StatefulSet whose claim is missing: its owner is told what makes it anew (S0-21)", () => {
    const pod = anUnboundPod('0/3 nodes are available: persistentvolumeclaim "data" not found. not found', {
      owner: anOwnerRef({ kind: "StatefulSet", name: "db" }),
    });
    expect(judge(aSubject({ pod }))).toMatchObject({
      kind: "escalate",
      message: expect.stringContaining("Its StatefulSet makes the claim anew when this pod is deleted"),
    });
  });

  it("waits for nodes that are only out of order", () => {
    const words =
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.";
    expect(judgeWords(words)).toMatchObject({ kind: "wait", reason: "NodesUnready", until: noon + seconds(60) });
  });
});

describe("a pod that finds no room", () => {
  const pod = anUnboundPod(noCpu, { requests: { cpu: 3, memory: 2 ** 30 } });
  const subject = aSubject({ pod });
  const pool = (name: string, free: number, largestFree: number) => ({
    pool: name,
    nodes: 3,
    free: { cpu: free, memory: 2 ** 36, pods: 300 },
    largestFree: { cpu: largestFree, memory: 2 ** 34, pods: 100 },
  });

  it("waits for an autoscaler for ten minutes from its word (S0-12)", () => {
    expect(judge(subject, { scaledUpAt: atNoon(-minutes(9)) })).toMatchObject({
      kind: "wait",
      reason: "AutoscalerAtWork",
      until: noon + minutes(1),
    });
    expect(judge(subject, { scaledUpAt: atNoon(-minutes(10)) })).toMatchObject({ kind: "escalate", reason: "NoRoom" });
  });

  it("is told about once, with what it asks for and who has it (S0-12)", () => {
    expect(judge(subject, { pools: [pool("a", 2, 1), pool("b", 8, 4)] })).toEqual({
      kind: "escalate",
      about: aDeployment().ref,
      reason: "NoRoom",
      message:
        "Pod shop/web-1 finds no room: 3 Insufficient cpu. It asks for cpu 3, memory 1024Mi; so much is free in b.",
    });
  });

  it("knows fragmentation: enough in all, on no one node (S0-13)", () => {
    expect(judge(subject, { pools: [pool("a", 4, 2)] })).toMatchObject({ kind: "escalate", reason: "Fragmented" });
    expect(judge(subject, { pools: [pool("a", 2, 2)] })).toMatchObject({ reason: "NoRoom" });
    expect(judge(subject, { pools: [pool("a", 4, 3)] })).toMatchObject({ reason: "NoRoom" });
  });

  it.each([
    ["its namespace", aSubject({ pod, namespace: aNamespace({ annotations: spill }) })],
    [
      "its Deployment",
      aSubject({ pod, owners: { kind: "known", chain: [aReplicaSet(), aDeployment({ annotations: spill })] } }),
    ],
  ])("is waited for, and its Deployment looked at, where %s asks for spilling (S0-12)", (_, asking) => {
    expect(judge(asking)).toMatchObject({
      kind: "wait",
      reason: "WaitingForSpill",
      until: noon + seconds(60),
      alsoLookAt: [aDeployment().ref],
    });
  });

  it("asks for something that does not exist: told, never guessed", () => {
    const odd = aSubject({ pod, namespace: aNamespace({ annotations: { "knitbone.io/spill": "anywhere" } }) });
    expect(judge(odd)).toMatchObject({
      kind: "escalate",
      reason: "SpillOptInUnreadable",
      message: expect.stringContaining('Namespace shop asks for knitbone.io/spill="anywhere"'),
    });
  });

  const asking = (message: string) =>
    aSubject({ pod: anUnboundPod(message), namespace: aNamespace({ annotations: spill }) });

  it.each([
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod anti-affinity rules.",
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod topology spread constraints.",
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't have free ports for the requested pod ports.",
  ])("does not spill where more than room is missing: %s", (message) => {
    expect(judge(asking(message))).toMatchObject({ kind: "escalate", reason: "NoRoom" });
  });

  it("spills past nodes that are no candidates: cordoned, tainted, of another pool than the template selects", () => {
    const others = "1 node(s) were unschedulable, 2 node(s) had untolerated taint(s)";
    const message = `0/6 nodes are available: 2 Insufficient cpu, ${others}, 1 node(s) didn't match Pod's node affinity/selector.`;
    expect(judge(asking(message))).toMatchObject({ reason: "WaitingForSpill" });
  });

  it("is not called for where its workload is no Deployment", () => {
    const owner = anOwnerRef({ kind: "StatefulSet", name: "db" });
    expect(judge(aSubject({ pod: { ...pod, owner }, namespace: aNamespace({ annotations: spill }) }))).toMatchObject({
      kind: "escalate",
      reason: "NoRoom",
    });
  });
});
