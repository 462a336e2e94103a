import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/pending-rescheduler/decide.ts";
import type { SilentAround } from "../../../../functions/pending-rescheduler/facts.ts";
import type { Policy } from "../../../../functions/pending-rescheduler/policy.ts";
import type { PodSubject } from "../../../../shared/heal/subject.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aSilentPod } from "../../../build/pending-pod.ts";
import { anOwnerRef } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";

const policy: Policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const on = (node: string, age = minutes(10)) => ({ node, since: atNoon(-age) });
/** Two on n1, and another node started one since. */
const two: SilentAround = {
  kind: "silent",
  silent: [on("n1"), on("n1", minutes(4))],
  startedElsewhereAt: atNoon(-minutes(1)),
};
const tainted = aNode({ taints: [aTaint()] });

function judge(subject: PodSubject, around: Partial<SilentAround> = {}, now = noon) {
  return decide({ subject, around: { ...two, ...around } }, anOpenCase(), policy, now);
}

describe("a pod that is bound, and of which no kubelet speaks", () => {
  it("is given ninety seconds (S0-14)", () => {
    const subject = aSubject({ pod: aSilentPod({ age: seconds(90) }) });
    expect(judge(subject, {}, noon - 1)).toMatchObject({ kind: "wait", reason: "SilentYet", until: noon });
  });

  it("is given them anew when its node came back only now", () => {
    const node = aNodeWithReady("True", atNoon(-seconds(30)));
    expect(judge(aSubject({ pod: aSilentPod(), node }))).toMatchObject({
      kind: "wait",
      reason: "SilentYet",
      until: noon + seconds(60),
    });
  });

  it("with another on the same node, while others start theirs: the node is handed over (S0-14, S0-16, S0-19)", () => {
    expect(judge(aSubject({ pod: aSilentPod() }))).toMatchObject({
      kind: "handOver",
      node: aNode().ref,
      reason: "KubeletSilent",
    });
  });

  it("is evicted once the node is marked, five minutes after it was bound (S0-14)", () => {
    const pod = aSilentPod();
    expect(judge(aSubject({ pod, node: tainted }))).toEqual({
      kind: "heal",
      heal: { kind: "EvictStuckPod", pod: pod.ref, resourceVersion: pod.resourceVersion },
      reason: "StuckOnSilentNode",
      message:
        "Pod shop/web-1 is bound to n1, whose kubelet has said nothing of it, while the node calls itself Ready; n1 takes no more pods, so that its replacement lands elsewhere.",
    });
    const young = aSubject({ pod: aSilentPod({ age: seconds(300) }), node: tainted });
    expect(judge(young, {}, noon - 1)).toMatchObject({ kind: "wait", reason: "SilentYet", until: noon });
    const cordoned = aNode({ unschedulable: true });
    expect(judge(aSubject({ pod, node: cordoned }))).toMatchObject({ kind: "heal", reason: "StuckOnSilentNode" });
  });

  it.each([
    ["a StatefulSet's", { owner: anOwnerRef({ kind: "StatefulSet", name: "db" }) }],
    ["a Job's", { owner: anOwnerRef({ kind: "Job", name: "import" }) }],
    ["one of an unknown owner", { owner: anOwnerRef({ kind: "Rollout", name: "canary" }) }],
    ["one with a claim", { volumeClaims: ["data"] }],
    ["one with a resource claim", { hasResourceClaims: true }],
  ])("%s is not moved, but told about (S0-14)", (_, members) => {
    const subject = aSubject({ pod: aSilentPod(members), node: tainted });
    expect(judge(subject)).toMatchObject({ kind: "escalate", reason: "NotMovable" });
  });

  it("alone on its node is waited for, then told about (S0-14)", () => {
    const alone = { silent: [on("n1"), on("n2")] };
    expect(judge(aSubject({ pod: aSilentPod() }), alone)).toMatchObject({ kind: "wait", reason: "SilentAlone" });
    const old = aSubject({ pod: aSilentPod({ age: minutes(15) }) });
    expect(judge(old, alone)).toMatchObject({ kind: "escalate", reason: "SilentAlone" });
    expect(judge(old, { silent: [on("n1"), on("n1", seconds(89))] })).toMatchObject({ reason: "SilentAlone" });
  });

  it("alone is the last one of a node that carries our mark: evicted like the others", () => {
    const last = aSubject({ pod: aSilentPod(), node: tainted });
    expect(judge(last, { silent: [on("n1")] })).toMatchObject({ kind: "heal", reason: "StuckOnSilentNode" });
    const others = aSubject({ pod: aSilentPod(), node: aNode({ unschedulable: true }) });
    expect(judge(others, { silent: [on("n1")] })).toMatchObject({ kind: "wait", reason: "SilentAlone" });
  });

  it("like others on three nodes at once is the control plane's: everything waits (S0-15)", () => {
    const many = { silent: [on("n1"), on("n1"), on("n2"), on("n3")] };
    for (const node of [aNode(), tainted]) {
      expect(judge(aSubject({ pod: aSilentPod({ age: minutes(30) }), node }), many)).toMatchObject({
        kind: "wait",
        reason: "ControlPlaneSlow",
        until: noon + seconds(60),
      });
    }
  });

  it.each([
    ["no other node is known to start anything", {}],
    ["another one did so before", { startedElsewhereAt: atNoon(-minutes(11)) }],
    [
      "another one did so within what two clocks may differ by",
      { startedElsewhereAt: atNoon(-minutes(10) + seconds(29)) },
    ],
  ])("proves nothing while %s (S0-15)", (_, around) => {
    const { startedElsewhereAt: __, ...quiet } = two;
    const facts = { subject: aSubject({ pod: aSilentPod() }), around: { ...quiet, ...around } };
    expect(decide(facts, anOpenCase(), policy, noon)).toMatchObject({ kind: "wait", reason: "ControlPlaneSlow" });
    const later = { ...facts, subject: aSubject({ pod: aSilentPod({ age: minutes(15) }) }), around: quiet };
    expect(decide(later, anOpenCase(), policy, noon)).toMatchObject({ kind: "escalate", reason: "ControlPlaneSlow" });
  });

  it("has its time anew once the control plane has come round (S0-15)", () => {
    const facts = { subject: aSubject({ pod: aSilentPod() }), around: two };
    const verdict = { kind: "wait", reason: "ControlPlaneSlow", message: "", at: atNoon(-1), mode: "act" } as const;
    const after = decide(facts, anOpenCase({ verdict }), policy, noon);
    expect(after).toMatchObject({ kind: "wait", reason: "SilentYet", until: noon + seconds(60) });
    const later = anOpenCase({ verdict: { ...verdict, reason: "SilentYet" } });
    expect(decide(facts, later, policy, noon)).toMatchObject({ kind: "handOver", reason: "KubeletSilent" });
  });

  it("on a node that is not Ready, or not there, is not this healer's (S1-03)", () => {
    const pod = aSilentPod();
    for (const status of ["False", "Unknown"] as const) {
      const node = aNodeWithReady(status, atNoon(-minutes(1)));
      expect(judge(aSubject({ pod, node }))).toMatchObject({ kind: "leave", reason: "NodeNotReady" });
    }
    expect(judge(aSubject({ pod, node: "notFound" }))).toMatchObject({ kind: "leave", reason: "NodeGone" });
  });
});
