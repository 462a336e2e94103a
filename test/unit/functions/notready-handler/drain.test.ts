import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/notready-handler/decide.ts";
import { type DrainFacts, poolsFor } from "../../../../functions/notready-handler/drain.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { aNodePolicy } from "../../../build/node-policy.ts";
import { aStandingPod } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { anOwnerRef, aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aDaemonSet, aJob, aReplicaSet, aStatefulSet } from "../../../build/workload.ts";
import { judge, nodeEvent, pleg, sayingNotReady, seenNotReady, suspected } from "./situation.ts";

const markedAt = atNoon(-minutes(5));
const sick = aNodeWithReady("False", atNoon(-minutes(20)), { taints: [suspected(markedAt)] });
const pool = { pool: "", nodes: 4, free: {}, largestFree: { cpu: 0.5, memory: 256 * 2 ** 20, pods: 1 } };
const failing = (name: string, ms: number) =>
  ({ ref: aRef({ kind: "Node", name }), ready: "False", since: noon - ms }) as const;

function judgePod(members: Partial<DrainFacts> = {}, knobs: object = {}, now = noon) {
  const subject = members.subject ?? aSubject({ node: sick });
  const facts: DrainFacts = { budgets: 0, pools: [pool], fleet: { nodes: 5, siblings: [] }, ...members, subject };
  return decide(facts, anOpenCase({ healer: "notready-handler" }), aNodePolicy(knobs), now);
}

const chain = (...workloads: readonly ReturnType<typeof aJob>[]) => ({ kind: "known", chain: workloads }) as const;

describe("a pod of a node that is False under our mark (X-05)", () => {
  it("is evicted from the fifth minute of the mark on, under its own version", () => {
    const { pod } = aSubject({});
    expect(judgePod()).toEqual({
      kind: "heal",
      heal: { kind: "DrainPod", pod: pod.ref, resourceVersion: pod.resourceVersion },
      reason: "Drained",
      message: "Pod shop/web-1 is moved from node n1, whose kubelet says that it is not Ready.",
    });
    expect(judgePod({}, {}, noon - 1)).toMatchObject({ kind: "leave", reason: "DrainNotDue" });
    expect(judgePod({}, { drainAfter: "6m" })).toMatchObject({ kind: "leave", reason: "DrainNotDue" });
    expect(judgePod({}, { mode: "investigate" })).toMatchObject({ kind: "leave", reason: "DrainNotDue" });
  });

  it.each([
    ["is silent", aNodeWithReady("Unknown", 0, { taints: [suspected(markedAt)] })],
    ["is Ready", aNode({ taints: [suspected(markedAt)] })],
    ["does not carry our mark", aNodeWithReady("False", 0)],
    ["is not there", "notFound" as const],
  ])("stays when its node %s (S3-07)", (_, node) => {
    expect(judgePod({ subject: aSubject({ node }) })).toMatchObject({ kind: "leave", reason: "DrainOver", ends: true });
  });

  it("is left when it ends already", () => {
    for (const pod of [aPod({ deletionTimestamp: noon }), aPod({ phase: "Failed" })]) {
      expect(judgePod({ subject: aSubject({ node: sick, pod }) })).toMatchObject({ reason: "DrainOver", ends: true });
    }
  });

  it.each([
    ["a Job's", chain(aJob())],
    ["a DaemonSet's", chain(aDaemonSet())],
    [
      "of an owner that we do not know",
      { kind: "unknownKind", owner: anOwnerRef({ kind: "Rollout" }), chain: [aReplicaSet()] } as const,
    ],
    ["without an owner", { kind: "bare" } as const],
    ["of an owner that is gone", { kind: "missing", owner: anOwnerRef(), chain: [] } as const],
  ])("stays when it is %s", (_, owners) => {
    expect(judgePod({ subject: aSubject({ node: sick, owners }) })).toMatchObject({
      kind: "leave",
      reason: "NotMovable",
    });
  });

  it("of a StatefulSet, or with a claim, goes only under a disruption budget", () => {
    const subject = aSubject({ node: sick, owners: chain(aStatefulSet()) });
    expect(judgePod({ subject })).toMatchObject({ kind: "leave", reason: "NoDisruptionBudget" });
    expect(judgePod({ subject, budgets: 1 })).toMatchObject({ kind: "heal" });
    const claims = aSubject({ node: sick, pod: aPod({ volumeClaims: ["data"] }) });
    expect(judgePod({ subject: claims })).toMatchObject({ kind: "leave", reason: "NoDisruptionBudget" });
  });

  it("stays where nobody that could take it has the room by the last report, or nobody reports (S1-13)", () => {
    const room = (largestFree: Record<string, number>) => judgePod({ pools: [{ ...pool, largestFree }] });
    expect(room({ cpu: 0.5, memory: 256 * 2 ** 20, pods: 1 })).toMatchObject({ kind: "heal" });
    expect(room({ cpu: 0.499, memory: 2 ** 30, pods: 1 })).toMatchObject({ kind: "leave", reason: "NoHeadroom" });
    expect(room({ cpu: 1, memory: 2 ** 30 })).toMatchObject({ reason: "NoHeadroom" });
    expect(judgePod({ pools: [] })).toMatchObject({ reason: "NoHeadroom" });
  });

  it("counts the room of nodes that are Ready, admit it, and keep it away by no cordon or taint", () => {
    const pools = [
      { ...pool, pool: "a" },
      { ...pool, pool: "b" },
    ];
    const of = (node: Parameters<typeof aNode>[0], admits = true) => {
      const places = [{ node: aNode({ name: "n2", labels: { "karpenter.sh/nodepool": "b" }, ...node }), admits }];
      return poolsFor(aSubject({ node: sick }), places, pools).map((each) => each.pool);
    };
    expect(of({})).toEqual(["b"]);
    expect(of({ labels: { "example.com/pool": "a" } })).toEqual(["a"]);
    expect(of({ labels: {} })).toEqual([]);
    expect(of({}, false)).toEqual([]);
    expect(of({ unschedulable: true })).toEqual([]);
    expect(of({ taints: [suspected(0)] })).toEqual([]);
    expect(of({ conditions: sick.conditions })).toEqual([]);
    expect(of({ uid: sick.ref.uid })).toEqual([]);
  });

  it("stays when two more nodes failed within ten minutes (S1-13)", () => {
    const siblings = (ms: number) => ({ nodes: 9, siblings: [failing("n2", ms), failing("n3", ms)] });
    expect(judgePod({ fleet: siblings(minutes(10)) })).toMatchObject({ kind: "leave", reason: "CascadeBrake" });
    expect(judgePod({ fleet: siblings(minutes(10) + 1) })).toMatchObject({ kind: "heal" });
  });
});

describe("the look at a node calls for its pods", () => {
  const pods = (count: number, members: Parameters<typeof aStandingPod>[0] = { movable: true }) =>
    Array.from({ length: count }, (_, n) => {
      const uid = `uid-${String(n).padStart(3, "0")}`;
      return aStandingPod({ ref: aRef({ name: `web-${n}`, uid }), ...members });
    });
  const node = (markedSince: number) => sayingNotReady(pleg, { taints: [suspected(markedSince)] });
  const called = (situation: Parameters<typeof judge>[0]) =>
    (judge({ memory: seenNotReady, node: node(markedAt), ...situation }).alsoLookAt ?? []).map(({ name }) => name);

  it("three at a time, from the fifth minute of the mark on, others each time", () => {
    expect(called({ subject: { pods: pods(5) } })).toHaveLength(3);
    expect(called({ subject: { pods: pods(5) }, now: noon - 1 })).toEqual([]);
    const seen = [0, 1, 2, 3, 4].flatMap((n) => called({ subject: { pods: pods(5) }, now: noon + minutes(n) }));
    expect(new Set(seen).size).toBe(5);
  });

  it("never those that nothing would make again, nor the cluster's own", () => {
    const system = aStandingPod({ ref: aRef({ namespace: "kube-system", name: "dns" }), movable: true });
    expect(called({ subject: { pods: [...pods(3, {}), system] } })).toEqual([]);
  });

  it("a fifth of them, where density is the cause, and always the same ones (S1-06)", () => {
    const dense = (left: number, now = noon) =>
      called({
        now,
        memory: { ...seenNotReady, movable: 20 },
        subject: { pods: pods(20).slice(20 - left) },
        knobs: { densityPods: 10 },
      });
    expect(dense(20)).toEqual(["web-0", "web-1", "web-2"]);
    expect(dense(20, noon + minutes(1))).toEqual(["web-0", "web-1", "web-2"]);
    expect(dense(17)).toEqual(["web-3"]);
    expect(dense(16)).toEqual([]);
  });

  it("none while somebody shuts it down, while its kubelet has just started, or in investigation (S2-13)", () => {
    const saying = (message: string, since = atNoon(-minutes(9))) =>
      sayingNotReady(message, { since, taints: [suspected(markedAt)] });
    expect(called({ node: saying("node is shutting down"), subject: { pods: pods(3) } })).toEqual([]);
    const starting = "container runtime status check may not have completed yet";
    expect(called({ node: saying(starting), subject: { pods: pods(3) } })).toEqual([]);
    // A start that lasts ten minutes is none; one that was begun again is one.
    const old = saying(starting, atNoon(-minutes(10)));
    expect(called({ node: old, subject: { pods: pods(3) } })).toHaveLength(3);
    const again = nodeEvent({ reason: "Starting", message: "Starting kubelet.", lastSeenAt: atNoon(-minutes(1)) });
    expect(called({ node: old, events: [again], subject: { pods: pods(3) } })).toEqual([]);
    expect(called({ subject: { pods: pods(3) }, knobs: { mode: "investigate" } })).toEqual([]);
  });

  it("none of a node that is silent, or Ready", () => {
    const memory = { state: "silent", since: atNoon(-hours(1)) } as const;
    const silent = aNodeWithReady("Unknown", atNoon(-hours(1)), { taints: [suspected(atNoon(-hours(1)))] });
    expect(called({ node: silent, memory, subject: { pods: pods(3) } })).toEqual([]);
    const ready = aNode({ taints: [suspected(atNoon(-hours(1)))] });
    const overdue = aStandingPod({ endsBy: 0 });
    expect(called({ node: ready, memory: { state: "ailing" }, subject: { pods: [...pods(3), overdue] } })).toEqual([]);
  });
});
