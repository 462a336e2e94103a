import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/pending-rescheduler/decide.ts";
import type { BoundAround, Said } from "../../../../functions/pending-rescheduler/facts.ts";
import type { Policy } from "../../../../functions/pending-rescheduler/policy.ts";
import type { PodSubject } from "../../../../shared/heal/subject.ts";
import type { NodeFacts } from "../../../../shared/kubernetes/node.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aStartingPod } from "../../../build/pending-pod.ts";
import { aCondition, aContainer, anOverduePod, anOwnerRef, aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";

const policy: Policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const quiet: BoundAround = { kind: "bound", said: [], saidMore: false, failsOn: [], silent: [] };
const tainted = aNode({ taints: [aTaint()] });

type Signed = NonNullable<Said["signature"]>;

function said(signature: Partial<Signed>, from: Said["from"] = "state"): Said {
  const row: Signed = {
    id: "row",
    meaning: "It is so.",
    cause: "RuntimeDown",
    scope: "node",
    weight: 20,
    ...signature,
  };
  return { from, reason: "CreateContainerError", text: "no such thing", signature: row };
}

const runtimeDown = said({ remedy: "handOver" });
const sandboxGone = said({ remedy: "evict", cause: "SandboxGone", scope: "pod" });

function judge(subject: PodSubject, around: Partial<BoundAround> = {}, now = noon) {
  return decide({ subject, around: { ...quiet, ...around } }, anOpenCase(), policy, now);
}

const stuck = aStartingPod({ reason: "CreateContainerError" });

describe("a pod that is ending", () => {
  it.each([
    [anOverduePod(), "AlreadyTerminating"],
    [aPod({ phase: "Failed" }), "PodEnded"],
    [aPod({ phase: "Succeeded" }), "PodEnded"],
  ])("is another healer's", (pod, reason) => {
    const verdict = decide({ subject: aSubject({ pod }), around: { kind: "ending" } }, anOpenCase(), policy, noon);
    expect(verdict).toMatchObject({ kind: "leave", reason });
  });
});

describe("a pod whose kubelet says why it does not start", () => {
  it.each([
    ["leave", "leave", "AppCrash"],
    ["tell", "escalate", "AppCrash"],
    ["hold", "wait", "AppCrash"],
    ["incident", "wait", "DependencyFailing"],
    ["handOver", "handOver", "AppCrash"],
    ["evict", "heal", "AppCrash"],
    [undefined, "leave", "AppCrash"],
  ] as const)("remedy %s: %s, for that cause and no other (S0-25, S0-35)", (remedy, kind, reason) => {
    const signature = said({ cause: "AppCrash", ...(remedy === undefined ? {} : { remedy }) });
    expect(judge(aSubject({ pod: stuck }), { said: [signature] })).toMatchObject({ kind, reason });
  });

  it("is told about as its workload, once it has lasted for five minutes (S0-31)", () => {
    const pod = aStartingPod({ reason: "ErrImagePull", age: seconds(300) });
    const around = { said: [said({ remedy: "tell", cause: "ImageNotFound" })] };
    expect(judge(aSubject({ pod }), around, noon - 1)).toMatchObject({
      kind: "wait",
      reason: "ImageNotFound",
      until: noon,
    });
    expect(judge(aSubject({ pod }), around)).toMatchObject({
      kind: "escalate",
      reason: "ImageNotFound",
      about: { kind: "Deployment", name: "web" },
    });
  });

  it("believes its state before its Events, then what asks for the most, then the most specific words", () => {
    const inEvent = said({ remedy: "handOver" }, "event");
    const inState = said({ remedy: "tell", cause: "ImageNotFound" });
    const subject = aSubject({ pod: stuck });
    expect(judge(subject, { said: [inEvent, inState] })).toMatchObject({ reason: "ImageNotFound" });
    const incident = said({ remedy: "incident", cause: "PullTimeout" });
    expect(judge(subject, { said: [inState, incident] })).toMatchObject({ reason: "DependencyFailing" });
    const specific = said({ remedy: "tell", cause: "ImageAuth", weight: 40 });
    expect(judge(subject, { said: [inState, specific] })).toMatchObject({ reason: "ImageAuth" });
    const nameless = said({ remedy: "leave", cause: "NoCauseNamed" });
    expect(judge(subject, { said: [nameless, inEvent] })).toMatchObject({ reason: "RuntimeDown" });
  });

  it("in words that the catalogue does not know is left", () => {
    const unknown: Said = { from: "state", reason: "CreateContainerError", text: "the moon is full" };
    expect(judge(aSubject({ pod: stuck }), { said: [unknown] })).toEqual({
      kind: "leave",
      reason: "MessageUnknown",
      message:
        "Pod shop/web-1 does not start, in words that the catalogue does not know: CreateContainerError: the moon is full.",
    });
    expect(judge(aSubject({ pod: stuck }))).toMatchObject({ kind: "leave", reason: "MessageUnknown" });
  });
});

describe("a node that is the cause", () => {
  const said = [runtimeDown];

  it("is handed over once the pod has been stuck for five minutes, and no other node fails alike (S0-35, S0-92)", () => {
    const young = aStartingPod({ reason: "CreateContainerError", age: seconds(300) });
    expect(judge(aSubject({ pod: young }), { said }, noon - 1)).toMatchObject({
      kind: "wait",
      reason: "RuntimeDown",
      until: noon,
    });
    expect(judge(aSubject({ pod: young }), { said })).toMatchObject({
      kind: "handOver",
      node: aNode().ref,
      reason: "RuntimeDown",
    });
  });

  it("is not the cause where the same workload or image fails elsewhere (S0-25, S0-33)", () => {
    for (const node of [aNode(), tainted]) {
      expect(judge(aSubject({ pod: stuck, node }), { said, failsOn: ["n2"] })).toMatchObject({
        kind: "escalate",
        reason: "FailsOnManyNodes",
        about: { kind: "Deployment" },
      });
    }
  });

  it("is not the cause either where it was everybody's, and this pod is the last to come round", () => {
    const verdict = { kind: "escalate", reason: "FailsOnManyNodes", message: "", at: noon, mode: "act" } as const;
    const facts = { subject: aSubject({ pod: stuck }), around: { ...quiet, said } };
    expect(decide(facts, anOpenCase({ verdict }), policy, noon)).toMatchObject({
      kind: "escalate",
      reason: "FailsOnManyNodes",
    });
  });

  it("loses the pod once it is marked (S0-82)", () => {
    expect(judge(aSubject({ pod: stuck, node: tainted }), { said })).toMatchObject({
      kind: "heal",
      heal: { kind: "EvictStuckPod", pod: stuck.ref, resourceVersion: stuck.resourceVersion },
      reason: "StuckOnSuspectNode",
    });
  });

  it.each([
    ["of a StatefulSet", { owner: anOwnerRef({ kind: "StatefulSet", name: "db" }) }],
    ["without an owner", { owner: undefined }],
    ["with a claim", { volumeClaims: ["data"] }],
    [
      "whose init container ran",
      { containers: [aContainer({ role: "init", state: "terminated", exitCode: 0 }), ...stuck.containers] },
    ],
    [
      "that ran before",
      { containers: [{ ...aContainer({ state: "waiting", reason: "RunContainerError" }), restartCount: 1 }] },
    ],
  ])("keeps a pod %s: people are told", (_, members) => {
    const pod = aStartingPod({ reason: "CreateContainerError", ...members });
    for (const words of [said, [sandboxGone]]) {
      expect(judge(aSubject({ pod, node: tainted }), { said: words })).toMatchObject({
        kind: "escalate",
        reason: "NotMovable",
      });
    }
  });

  it("that is kept goes on being the marked node's symptom, unless it was everybody's", () => {
    const kept = aStartingPod({ reason: "CreateContainerError", hasResourceClaims: true });
    const verdict = (node: NodeFacts, failsOn: readonly string[] = []) =>
      judge(aSubject({ pod: kept, node }), { said: [runtimeDown], failsOn });
    expect(verdict(tainted)).toMatchObject({ reason: "NotMovable", symptom: "RuntimeDown", until: noon + minutes(1) });
    expect(verdict(aNode({ unschedulable: true }))).not.toHaveProperty("symptom");
    const everybodys = verdict(tainted, ["n2"]);
    expect(everybodys).toMatchObject({ reason: "FailsOnManyNodes" });
    expect(everybodys).not.toHaveProperty("symptom");
  });

  it("is not judged while pods are silent on many nodes: everything waits (S0-15)", () => {
    const silent = ["n2", "n3", "n4"].map((node) => ({ node, since: atNoon(-minutes(3)) }));
    for (const node of [aNode(), tainted]) {
      expect(judge(aSubject({ pod: stuck, node }), { said, silent })).toMatchObject({
        kind: "wait",
        reason: "ControlPlaneSlow",
      });
    }
  });

  it("that is not Ready is its own healer's", () => {
    const node = aNodeWithReady("False", atNoon(-minutes(1)));
    expect(judge(aSubject({ pod: stuck, node }), { said })).toMatchObject({ kind: "leave", reason: "NodeNotReady" });
  });
});

describe("a dead sandbox", () => {
  it("is evicted wherever it stands, after five minutes (S0-43)", () => {
    const pod = aStartingPod({ reason: "RunContainerError", age: seconds(300) });
    const around = { said: [sandboxGone] };
    expect(judge(aSubject({ pod }), around, noon - 1)).toMatchObject({ kind: "wait", reason: "SandboxGone" });
    expect(judge(aSubject({ pod }), around)).toMatchObject({ kind: "heal", reason: "SandboxGone" });
  });

  it("like those of two more pods there makes the node suspect first; then it is evicted all the same (S0-43)", () => {
    const pod = aStartingPod({ reason: "RunContainerError" });
    const around = (alikeHere: number) => ({ said: [sandboxGone], alikeHere });
    expect(judge(aSubject({ pod }), around(1))).toMatchObject({ kind: "heal", reason: "SandboxGone" });
    expect(judge(aSubject({ pod }), around(2))).toMatchObject({
      kind: "handOver",
      node: aNode().ref,
      reason: "SandboxGone",
    });
    expect(judge(aSubject({ pod, node: tainted }), around(2))).toMatchObject({ kind: "heal", reason: "SandboxGone" });
  });
});

describe("a pod that takes its time", () => {
  it("is told about once, with the pull that it waits for (S0-34)", () => {
    const pod = aStartingPod({ age: minutes(15) });
    const pulling = { at: atNoon(-minutes(12)), message: 'Pulling image "registry.example/web:1.4.2"' };
    expect(judge(aSubject({ pod }), { pulling }, noon - 1)).toMatchObject({
      kind: "wait",
      reason: "StartingSlowly",
      until: noon,
    });
    expect(judge(aSubject({ pod }), { pulling })).toMatchObject({
      kind: "escalate",
      reason: "StartingSlowly",
      message: 'Pod shop/web-1 has not started for 15m; for 12m: Pulling image "registry.example/web:1.4.2".',
    });
  });

  it("is told about once, with the init container that runs (S0-26)", () => {
    const init = aContainer({ name: "migrate", role: "init", startedAt: atNoon(-minutes(14)), ready: false });
    const waiting = aContainer({ state: "waiting", reason: "PodInitializing", ready: false });
    const pod = aStartingPod({ age: minutes(15), containers: [init, waiting] });
    expect(judge(aSubject({ pod }))).toMatchObject({
      kind: "escalate",
      reason: "StartingSlowly",
      message: "Pod shop/web-1 has not started for 15m; its init container migrate has been running for 14m.",
    });
  });
});

describe("a pod that runs", () => {
  it("is well, and its case closes", () => {
    expect(judge(aSubject())).toMatchObject({ kind: "leave", reason: "PodStarted", ends: true });
  });

  it("is never moved for what Events say of it: the cause is a hint (S0-86, S0-97)", () => {
    const pod = aPod({ conditions: [aCondition({ status: "False", lastTransitionTime: atNoon(-minutes(20)) })] });
    const setns = said({ remedy: "handOver", cause: "ExecSetns", scope: "pod" }, "event");
    const verdict = judge(aSubject({ pod, node: tainted }), { said: [setns] });
    expect(verdict).toMatchObject({ kind: "leave", reason: "ExecSetns" });
    expect(verdict).not.toHaveProperty("ends");
  });

  it("has been stuck, once one of its containers waits, only since it ceased to be ready (S0-25)", () => {
    const containers = [aContainer({ state: "waiting", reason: "RunContainerError", ready: false, restartCount: 1 })];
    const since = (ms: number) => aCondition({ status: "False", lastTransitionTime: atNoon(-ms) });
    const pod = (ms: number) => aPod({ containers, conditions: [since(ms)] });
    const around = { said: [runtimeDown] };
    expect(judge(aSubject({ pod: pod(seconds(299)) }), around)).toMatchObject({ kind: "wait", reason: "RuntimeDown" });
    expect(judge(aSubject({ pod: pod(seconds(300)) }), around)).toMatchObject({
      kind: "handOver",
      reason: "RuntimeDown",
    });
  });
});
