import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/notready-handler/decide.ts";
import type { Case, NodeMemory, Symptom } from "../../../../shared/case/case.ts";
import type { NodeSubject } from "../../../../shared/heal/subject.ts";
import type { NodeFacts } from "../../../../shared/kubernetes/node.ts";
import { outOfServiceMark, suspectMark } from "../../../../shared/kubernetes/node-marks.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aLease } from "../../../build/lease.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aNodePolicy } from "../../../build/node-policy.ts";
import { aNodeMemory, aNodeSubject, aStandingPod } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aCondition } from "../../../build/pod.ts";

const policy = aNodePolicy();

interface Situation {
  readonly node?: NodeFacts;
  readonly subject?: Partial<NodeSubject>;
  readonly memory?: Partial<NodeMemory>;
  readonly symptoms?: readonly Symptom[];
  readonly openCase?: Partial<Case>;
  readonly now?: number;
}

function judge({ node = aNode(), subject = {}, memory = {}, symptoms, openCase = {}, now = noon }: Situation) {
  const facts = { subject: aNodeSubject({ node, ...subject }) };
  const about = anOpenCase({
    healer: "notready-handler",
    object: node.ref,
    memory: aNodeMemory(memory),
    ...(symptoms === undefined ? {} : { symptoms }),
    ...openCase,
  });
  return decide(facts, about, policy, now);
}

const aSymptom = (at: number): Symptom => ({ pod: aRef(), reason: "NodeBudgetExhausted", message: "Two went.", at });
const suspected = (since: number) => aTaint({ ...suspectMark, timeAdded: since });
const flaps = (count: number) => Array.from({ length: count }, (_, n) => atNoon(-minutes(50 - n)));

function notReady(message: string, since = atNoon(-minutes(10)), more: Parameters<typeof aNode>[0] = {}) {
  const condition = aCondition({
    type: "Ready",
    status: "False",
    reason: "KubeletNotReady",
    lastTransitionTime: since,
  });
  return aNode({ conditions: [{ ...condition, message }], ...more });
}

describe("a node that is not ours to judge", () => {
  it("is left when somebody cordoned it, whatever else it shows", () => {
    expect(judge({ node: notReady("container runtime is down", noon, { unschedulable: true }) })).toMatchObject({
      kind: "leave",
      reason: "Cordoned",
    });
  });

  it("is waited for while it is new", () => {
    const made = atNoon(-minutes(5) + 1);
    const node = aNodeWithReady("False", made, { creationTimestamp: made });
    expect(judge({ node })).toMatchObject({ kind: "wait", reason: "NodeNew", until: noon + 1 });
    expect(judge({ node, now: noon + 1 })).not.toMatchObject({ reason: "NodeNew" });
  });

  it("is left when somebody else put it out of service", () => {
    const node = aNodeWithReady("Unknown", atNoon(-hours(1)), { taints: [aTaint(outOfServiceMark)] });
    expect(judge({ node })).toMatchObject({ kind: "leave", reason: "OutOfServiceByOthers" });
  });

  it("is well, and its case ends", () => {
    expect(judge({})).toMatchObject({ kind: "leave", reason: "NodeWell", ends: true });
  });

  it("is left with a condition that nobody explains yet, and its case goes on", () => {
    const foreign = aCondition({ type: "FansTooLoud", status: "True" });
    const node = aNode({ conditions: [...aNode().conditions, foreign] });
    expect(judge({ node })).toEqual({
      kind: "leave",
      reason: "OnlyConditions",
      message: "Node n1 is Ready, with FansTooLoud=True.",
    });
    const healthy = aCondition({ type: "NetworkingReady", status: "True" });
    expect(judge({ node: aNode({ conditions: [...aNode().conditions, healthy] }) })).toMatchObject({
      reason: "NodeWell",
    });
  });

  it("is waited for when only its Lease is old (S3-06)", () => {
    expect(judge({ subject: { lease: aLease({ renewedAt: atNoon(-seconds(41)) }) } })).toMatchObject({
      kind: "wait",
      reason: "LeaseStale",
    });
  });
});

describe("Ready=False (S3-02, 07…09)", () => {
  const since = atNoon(-seconds(300));
  const seen = { state: "notReady", since: atNoon(-hours(1)) } as const;

  it("is waited for until exactly 300 s, and looked at every minute", () => {
    const node = notReady("container runtime is down", since);
    expect(judge({ node, memory: seen, now: noon - 1 })).toMatchObject({
      kind: "wait",
      reason: "NotReadyYet",
      until: noon,
    });
    expect(judge({ node, memory: seen, now: noon - minutes(3) })).toMatchObject({ until: noon - minutes(2) });
    expect(judge({ node, memory: seen })).toMatchObject({
      kind: "heal",
      heal: { kind: "TaintNode", node: node.ref, resourceVersion: node.resourceVersion, taint: suspectMark },
      reason: "NotReadyRuntime",
      message: "Node n1 is not Ready: container runtime is down; no new pods are placed there.",
    });
  });

  it("begins anew after blind time: what it said before nobody looked does not count", () => {
    const node = notReady("container runtime is down", atNoon(-hours(2)));
    const memory = { state: "notReady", since: atNoon(-seconds(200)) } as const;
    expect(judge({ node, memory })).toMatchObject({ kind: "wait", reason: "NotReadyYet" });
    expect(judge({ node, memory: { state: "well", since: atNoon(-hours(5)) } })).toMatchObject({ kind: "wait" });
  });

  it.each([
    ["container runtime status check may not have completed yet", "NotReadyRuntime"],
    ["PLEG is not healthy: pleg was last seen active 58h29m1s ago; threshold is 3m0s", "NotReadyPleg"],
    [
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized",
      "NotReadyNetwork",
    ],
    ["CSINode is not yet initialized", "NotReadyCsi"],
    ["missing node capacity for resources: cpu, memory", "NotReadyCapacity"],
    ["node is shutting down", "NotReadyShutdown"],
    ["kubelet stopped posting in a new way", "NotReadyOther"],
    ["", "NotReadyOther"],
    ["[container runtime network not ready: x, container runtime is down]", "NotReadyRuntime"],
  ])("is classified by its message: %s", (message, reason) => {
    expect(judge({ node: notReady(message), memory: seen })).toMatchObject({ kind: "heal", reason });
  });

  it("is told to people once our mark stands, each part of the message by itself", () => {
    const message = "[container runtime is down, missing node capacity for resources: cpu, memory]";
    const node = notReady(message, since, { taints: [suspected(atNoon(-seconds(20)))] });
    expect(judge({ node, memory: seen })).toEqual({
      kind: "escalate",
      reason: "NotReadyRuntime",
      message: "Node n1 is not Ready: container runtime is down; missing node capacity for resources: cpu, memory.",
      until: noon + minutes(1),
    });
  });

  it("of a relist that is three to six minutes late is watched, alone (S0-39, 61, S1-08, S2-06)", () => {
    const pleg = (age: string) => `PLEG is not healthy: pleg was last seen active ${age} ago; threshold is 3m0s`;
    expect(judge({ node: notReady(pleg("3m0.048s")), memory: seen })).toMatchObject({ reason: "PlegWatched" });
    expect(judge({ node: notReady(pleg("5m59.9s")), memory: seen })).toMatchObject({ reason: "PlegWatched" });
    expect(judge({ node: notReady(pleg("6m0s")), memory: seen })).toMatchObject({
      kind: "heal",
      reason: "NotReadyPleg",
    });
    const both = `[container runtime is down, ${pleg("3m1s")}]`;
    expect(judge({ node: notReady(both), memory: seen })).toMatchObject({ kind: "heal", reason: "NotReadyRuntime" });
  });
});

describe("Ready=Unknown (S0-54, S3-07)", () => {
  const since = atNoon(-seconds(300));
  const memory = { state: "silent", since: atNoon(-hours(1)) } as const;
  const shutdown = aTaint({ key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" });
  const silent = (taints: NodeFacts["taints"] = []) => aNodeWithReady("Unknown", since, { taints });

  it("is waited for until exactly 300 s, then marked", () => {
    expect(judge({ node: silent(), memory, now: noon - 1 })).toMatchObject({
      kind: "wait",
      reason: "SilentYet",
      until: noon,
    });
    expect(judge({ node: silent(), memory })).toMatchObject({
      kind: "heal",
      heal: { kind: "TaintNode", taint: suspectMark },
      reason: "NodeSilent",
    });
  });

  it("without proof of death stops at our mark, and people are told", () => {
    expect(judge({ node: silent([suspected(since)]), memory })).toMatchObject({
      kind: "escalate",
      reason: "NodeSilent",
    });
  });

  it("whose cloud says that it is shut down is put out of service, but never before our own mark", () => {
    expect(judge({ node: silent([shutdown]), memory })).toMatchObject({ heal: { taint: suspectMark } });
    expect(judge({ node: silent([shutdown, suspected(since)]), memory })).toMatchObject({
      kind: "heal",
      heal: { kind: "TaintNode", taint: outOfServiceMark },
      reason: "ShutdownProven",
    });
  });

  it("is not put out of service when it is Ready again", () => {
    const node = aNode({ taints: [shutdown, suspected(since)] });
    expect(judge({ node })).not.toMatchObject({ heal: { taint: outOfServiceMark } });
  });
});

describe("out of service, by us", () => {
  const addedAt = atNoon(-hours(1));
  const memory = { ours: [outOfServiceMark] };
  const taints = [aTaint({ ...outOfServiceMark, timeAdded: addedAt }), suspected(addedAt)];
  const newer = aStandingPod({ creationTimestamp: addedAt + 1 });

  it("goes when the node is Ready, no pod of before is left and no volume is in use", () => {
    expect(judge({ node: aNode({ taints }), memory, subject: { pods: [newer] } })).toMatchObject({
      kind: "heal",
      heal: { kind: "UntaintNode", taint: outOfServiceMark },
      reason: "BackInService",
    });
  });

  it.each<[string, NodeFacts, NodeSubject["pods"], string]>([
    ["the node is not Ready", aNodeWithReady("Unknown", addedAt, { taints }), [], "it is not Ready"],
    [
      "a pod of before is left",
      aNode({ taints }),
      [newer, aStandingPod({ creationTimestamp: addedAt })],
      "1 pods of before",
    ],
    ["a volume is in use", aNode({ taints, volumesInUse: 2 }), [], "2 volumes are in use"],
  ])("stays while %s", (_, node, pods, because) => {
    expect(judge({ node, memory, subject: { pods } })).toMatchObject({
      kind: "wait",
      reason: "OutOfService",
      message: expect.stringContaining(because),
    });
  });
});

describe("Ready=True, handed over (S0-05, S2-03)", () => {
  const overdue = aStandingPod({ endsBy: atNoon(-seconds(31)) });
  const silent = aStandingPod({ silentSince: atNoon(-seconds(31)) });

  it("is marked while the symptom is young, or the node ails", () => {
    expect(judge({ symptoms: [aSymptom(atNoon(-seconds(5)))] })).toMatchObject({
      kind: "heal",
      heal: { kind: "TaintNode", taint: suspectMark },
      reason: "NodeSuspected",
    });
    const old = [aSymptom(atNoon(-hours(3)))];
    for (const pod of [overdue, silent]) {
      const ailing = { state: "ailing" } as const;
      expect(judge({ symptoms: old, memory: ailing, subject: { pods: [pod] } })).toMatchObject({
        reason: "NodeSuspected",
      });
    }
  });

  it("whose symptom is old and who has stayed well is left, and its case ends", () => {
    const at = atNoon(-minutes(10));
    expect(judge({ symptoms: [aSymptom(at)] })).toMatchObject({ kind: "leave", reason: "NodeWell", ends: true });
    expect(judge({ symptoms: [aSymptom(at + 1)] })).toMatchObject({ kind: "heal" });
    // The symptom's instant is of our clock: half a minute of difference is half a minute.
    const openCase = { clockOffsetMs: seconds(30) };
    expect(judge({ symptoms: [aSymptom(at)], openCase })).toMatchObject({ kind: "heal" });
  });

  it("is not marked again when somebody took our mark away", () => {
    const memory = { ours: [suspectMark] };
    expect(judge({ symptoms: [aSymptom(noon)], memory })).toMatchObject({ kind: "leave", reason: "MarkTakenAway" });
  });
});

describe("Ready=True, under our mark", () => {
  const node = (since: number) => aNode({ taints: [suspected(since), aTaint({ key: "example.com/theirs" })] });
  const ailing = {
    memory: { state: "ailing", since: atNoon(-hours(1)) },
    subject: { pods: [aStandingPod({ endsBy: 0 })] },
  } as const;

  it("has five minutes before anything is called without effect; then people are told, once (S2-07)", () => {
    const since = atNoon(-minutes(5));
    expect(judge({ node: node(since), ...ailing, now: noon - 1 })).toMatchObject({ kind: "wait", reason: "Settling" });
    expect(judge({ node: node(since), ...ailing })).toMatchObject({ kind: "escalate", reason: "NodeSuspected" });
  });

  it("is given back after ten minutes of being well, counted from the last symptom", () => {
    const memory = { state: "well", since: atNoon(-minutes(10)) } as const;
    const given = { kind: "heal", heal: { kind: "UntaintNode", taint: suspectMark }, reason: "StayedWell" };
    expect(judge({ node: node(atNoon(-hours(1))), memory })).toMatchObject(given);
    expect(judge({ node: node(atNoon(-hours(1))), memory, now: noon - 1 })).toMatchObject({
      kind: "wait",
      reason: "StayingWell",
      until: noon,
    });
    const symptoms = [aSymptom(atNoon(-minutes(9)))];
    expect(judge({ node: node(atNoon(-hours(1))), memory, symptoms })).toMatchObject({
      kind: "wait",
      until: noon + minutes(1),
    });
  });

  it.each<[string, Partial<NodeSubject>]>([
    ["whose Lease is older than 40 s", { lease: aLease({ renewedAt: atNoon(-seconds(40) - 1) }) }],
    ["whose Lease is from the future", { lease: aLease({ renewedAt: atNoon(seconds(31)) }) }],
    ["on which a pod is overdue", { pods: [aStandingPod({ endsBy: atNoon(-seconds(31)) })] }],
    ["on which a pod waits for a first word", { pods: [aStandingPod({ silentSince: atNoon(-seconds(31)) })] }],
  ])("is not given back to one %s", (_, subject) => {
    expect(judge({ node: node(atNoon(-hours(1))), subject })).not.toMatchObject({ heal: { kind: "UntaintNode" } });
  });
});

describe("a node that flaps", () => {
  it("is marked from five changes of Ready an hour on, without waiting, and told when it stands (S0-39, X-09)", () => {
    const node = notReady("container runtime is down", atNoon(-seconds(1)));
    const memory = { state: "notReady", since: atNoon(-seconds(1)) } as const;
    expect(judge({ node, memory: { ...memory, readyChanges: flaps(4) } })).toMatchObject({ reason: "NotReadyYet" });
    expect(judge({ node, memory: { ...memory, readyChanges: flaps(5) } })).toMatchObject({
      kind: "heal",
      heal: { kind: "TaintNode" },
      reason: "Flapping",
    });
    expect(judge({ memory: { readyChanges: flaps(5) } })).toMatchObject({ kind: "heal", reason: "Flapping" });
    const marked = aNode({ taints: [suspected(noon)] });
    expect(judge({ node: marked, memory: { readyChanges: flaps(5) } })).toMatchObject({
      kind: "escalate",
      reason: "Flapping",
    });
  });
});
