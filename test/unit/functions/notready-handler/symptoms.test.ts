import { describe, expect, it } from "vitest";
import type { SymptomReason } from "../../../../functions/notready-handler/reasons.ts";
import { symptomCause } from "../../../../functions/notready-handler/symptoms.ts";
import type { Symptom, TriedRung } from "../../../../shared/case/case.ts";
import type { Rung } from "../../../../shared/kubernetes/node-task.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode } from "../../../build/node.ts";
import { aStandingPod } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aCondition } from "../../../build/pod.ts";
import { judge, type Situation, suspected } from "./situation.ts";

const all = { rungs: ["restart-runtime", "restart-kubelet", "reboot", "replace"] };
const shown = (reason: string, count: number, at = atNoon(-minutes(7))): readonly Symptom[] =>
  Array.from({ length: count }, (_, n) => ({
    pod: aRef({ name: `${reason.toLowerCase()}-${n}` }),
    reason,
    message: "",
    at,
  }));
const causeOf = (...symptoms: readonly Symptom[]) => symptomCause({ openCase: anOpenCase({ symptoms }) })?.reason;
const ails = aStandingPod({ silentSince: atNoon(-minutes(6)) });
const asked = (rung: Rung, cause: string) => ({
  kind: "heal",
  heal: { kind: "AskNodeTask", rung, cause },
  reason: cause,
});

/** Handed over and marked five minutes ago, and it ails. */
function marked(situation: Situation, since = atNoon(-minutes(5))) {
  return judge({
    node: aNode({ taints: [suspected(since)] }),
    memory: { state: "ailing", since: atNoon(-minutes(10)) },
    subject: { pods: [ails] },
    knobs: all,
    ...situation,
  });
}

const ladders: readonly (readonly [SymptomReason, number, readonly Rung[]])[] = [
  ["KernelMemory", 1, ["reboot", "replace"]],
  ["CgroupLeak", 1, ["reboot", "replace"]],
  ["CgroupMissing", 1, ["reboot", "replace"]],
  ["ProcessHung", 1, ["reboot", "replace"]],
  ["FilesystemReadOnly", 1, ["replace"]],
  ["LayerCorrupt", 1, ["replace"]],
  ["MountBusy", 3, ["reboot", "replace"]],
  ["DbusClosed", 1, ["restart-kubelet", "reboot", "replace"]],
  ["NameReserved", 1, ["restart-runtime", "reboot", "replace"]],
  ["RuntimeDown", 1, ["restart-runtime", "reboot", "replace"]],
  ["RuntimeTimeout", 3, ["restart-runtime", "restart-kubelet", "reboot", "replace"]],
];

describe("what pods showed of a node that calls itself Ready", () => {
  it.each(ladders)(
    "%s, by %i: marked for it, and the gentlest rung that can help (S0-42, S0-81, S0-82, S0-84, S0-92)",
    (reason, least, [rung]) => {
      const symptoms = shown(reason, least);
      expect(judge({ symptoms })).toMatchObject({ kind: "heal", heal: { kind: "TaintNode" }, reason });
      expect(marked({ symptoms })).toMatchObject(asked(rung ?? "replace", reason));
      expect(marked({ symptoms, knobs: {} })).toMatchObject({ kind: "escalate", reason });
    },
  );

  it.each(ladders)("%s: the rungs of its ladder and no others, one after the other", (reason, least, rungs) => {
    const seen = rungs.map((_, n) => {
      const tried = rungs
        .slice(0, n)
        .map((rung, at): TriedRung => ({ rung, id: `x-${at}`, cause: reason, at: atNoon(-minutes(60 - at)) }));
      const done = aCondition({ type: "knitbone.io/TaskDone", status: "True", message: `x-${n - 1} done` });
      const node = aNode({ taints: [suspected(atNoon(-hours(1)))], conditions: [...aNode().conditions, done] });
      const verdict = marked({
        node,
        symptoms: shown(reason, least),
        memory: { state: "ailing", since: atNoon(-hours(1)), tried },
      });
      return verdict.kind === "heal" && verdict.heal.kind === "AskNodeTask" ? verdict.heal.rung : verdict.reason;
    });
    expect(seen).toEqual(rungs);
  });

  it.each(ladders)("%s: no pod is ever moved for it", (reason, least) => {
    const pods = [ails, aStandingPod({ movable: true })];
    for (const knobs of [{}, all]) {
      const verdict = marked({ symptoms: shown(reason, least), subject: { pods }, knobs }, atNoon(-hours(3)));
      expect(verdict).not.toHaveProperty("alsoLookAt");
    }
  });

  it("that names no cause of a node leaves it merely suspected", () => {
    const symptoms = shown("NodeBudgetExhausted", 3);
    expect(judge({ symptoms })).toMatchObject({ reason: "NodeSuspected" });
    expect(marked({ symptoms })).toMatchObject(asked("restart-runtime", "NodeSuspected"));
  });

  it("a late runtime counts from three pods within five minutes on, busy mounts from three (S0-84, S0-92)", () => {
    expect(causeOf(...shown("RuntimeTimeout", 2))).toBeUndefined();
    expect(causeOf(...shown("MountBusy", 2))).toBeUndefined();
    const first = shown("RuntimeTimeout", 1, noon - minutes(5) - 1);
    const later = shown("RuntimeTimeout", 3, noon).slice(1);
    expect(causeOf(...first, ...later)).toBeUndefined();
    expect(causeOf(...first.map((each) => ({ ...each, at: each.at + 1 })), ...later)).toBe("RuntimeTimeout");
  });

  it("most pods decide; of equals the gravest, in whichever order they came", () => {
    const leak = shown("CgroupLeak", 1);
    const names = shown("NameReserved", 2);
    expect(causeOf(...leak, ...names)).toBe("NameReserved");
    const equal = [...leak, ...names.slice(1)];
    expect(causeOf(...equal)).toBe("CgroupLeak");
    expect(causeOf(...equal.toReversed())).toBe("CgroupLeak");
    // One pod that shows it twice is one pod.
    expect(causeOf(...leak, ...names.slice(1), ...names.slice(1))).toBe("CgroupLeak");
  });

  it("gives way to what a condition says, and to a boot", () => {
    const bad = aCondition({
      type: "ContainerRuntimeUnhealthy",
      status: "True",
      reason: "ContainerdUnhealthy",
      lastTransitionTime: atNoon(-minutes(10)),
      lastHeartbeatTime: noon,
    });
    const node = aNode({ taints: [suspected(atNoon(-minutes(5)))], conditions: [...aNode().conditions, bad] });
    expect(marked({ node, symptoms: shown("CgroupLeak", 3) })).toMatchObject(asked("restart-runtime", "RuntimeDown"));
  });

  it("a kubelet is not restarted for a closed dbus beside a container that hangs (S0-42, S3-12)", () => {
    const pods = [ails, aStandingPod({ endsBy: atNoon(-minutes(5)) })];
    const symptoms = shown("DbusClosed", 1);
    expect(marked({ symptoms, subject: { pods } })).toMatchObject(asked("reboot", "DbusClosed"));
    expect(marked({ symptoms, subject: { pods }, knobs: { rungs: ["restart-kubelet"] } })).toMatchObject({
      kind: "escalate",
      reason: "HungContainer",
    });
  });

  it("a runtime that keeps a name is restarted after the pod was moved; one that cannot be is waited for a quarter of an hour (S0-82)", () => {
    const symptoms = shown("NameReserved", 1);
    const [symptom] = symptoms;
    if (symptom === undefined) throw new Error("there is one");
    const unmovable = aStandingPod({ ref: symptom.pod, silentSince: atNoon(-minutes(6)) });
    const own = { ...unmovable, movable: true as const };
    const at = (ms: number, movable: boolean) =>
      marked({ symptoms, subject: { pods: [movable ? own : unmovable] } }, noon - ms);
    expect(at(minutes(15) - 1, true)).toMatchObject({ kind: "wait", reason: "Settling" });
    expect(at(minutes(15), true)).toMatchObject(asked("restart-runtime", "NameReserved"));
    expect(at(minutes(5), false)).toMatchObject(asked("restart-runtime", "NameReserved"));
  });
});

describe("a node that is quiet under our mark, for it takes no more pods", () => {
  const quiet = (symptoms: readonly Symptom[], situation: Situation = {}, since = atNoon(-minutes(5))) =>
    marked(
      { symptoms, subject: { pods: [] }, memory: { state: "well", since: atNoon(-minutes(6)) }, ...situation },
      since,
    );

  it("is asked for a rung all the same, where what pods showed does not go by itself (S0-81, S0-82)", () => {
    expect(quiet(shown("NameReserved", 1))).toMatchObject(asked("restart-runtime", "NameReserved"));
    expect(quiet(shown("CgroupLeak", 2))).toMatchObject(asked("reboot", "CgroupLeak"));
    expect(quiet(shown("CgroupLeak", 2), {}, atNoon(-minutes(5)) + 1)).toMatchObject({
      kind: "wait",
      reason: "StayingWell",
    });
  });

  it("is not rebooted for what one pod showed: people are told", () => {
    const verdict = quiet(shown("CgroupLeak", 1));
    expect(verdict).toMatchObject({ kind: "escalate", reason: "CgroupLeak" });
    expect(verdict.message).toContain(
      "is quiet under our mark, but 1 pod showed CgroupLeak, which does not go by itself",
    );
  });

  it("is not rebooted under what runs there", () => {
    const pods = [aStandingPod({ movable: true })];
    const verdict = quiet(shown("CgroupLeak", 2), { subject: { pods } });
    expect(verdict).toMatchObject({ kind: "escalate", reason: "CgroupLeak" });
    expect(verdict.message).toContain("reboot waits until its pods are moved");
  });

  it("is given back where it goes by itself, or where a rung was tried for it since", () => {
    expect(quiet(shown("RuntimeTimeout", 3))).toMatchObject({ kind: "wait", reason: "StayingWell" });
    const tried = [{ rung: "restart-runtime", id: "x-1", cause: "NameReserved", at: atNoon(-minutes(6)) } as const];
    const memory = { state: "well", since: atNoon(-minutes(6)), tried } as const;
    expect(quiet(shown("NameReserved", 1), { memory })).toMatchObject({ kind: "wait", reason: "StayingWell" });
    const old = { state: "well", since: atNoon(-minutes(11)), tried } as const;
    const symptoms = shown("NameReserved", 1, atNoon(-minutes(11)));
    expect(quiet(symptoms, { memory: old }, atNoon(-minutes(10)))).toMatchObject({
      kind: "heal",
      reason: "StayedWell",
    });
  });
});

describe("what pods go on showing under our mark", () => {
  const now = atNoon(-minutes(1));
  const going = (symptoms: readonly Symptom[], situation: Situation = {}, since = atNoon(-minutes(5))) =>
    marked(
      { symptoms, subject: { pods: [] }, memory: { state: "well", since: atNoon(-minutes(60)) }, ...situation },
      since,
    );

  it("by one pod that nobody moves is told, and keeps the mark", () => {
    const verdict = going(shown("RuntimeDown", 1, now), {}, atNoon(-minutes(40)));
    expect(verdict).toMatchObject({ kind: "escalate", reason: "RuntimeDown" });
    expect(verdict.message).toContain(
      "calls itself Ready, but RuntimeDown of shop/runtimedown-0 goes on. Look at its kubelet and container runtime",
    );
  });

  it("by several is climbed for; so it is by one, where the first rung ends no pod", () => {
    expect(going(shown("RuntimeDown", 2, now))).toMatchObject(asked("restart-runtime", "RuntimeDown"));
    expect(going(shown("NameReserved", 1, now))).toMatchObject(asked("restart-runtime", "NameReserved"));
  });

  it("of one kind each is no reason for what one of them would need", () => {
    const symptoms = [...shown("CgroupLeak", 1, now), ...shown("NameReserved", 1, now)];
    expect(going(symptoms)).toMatchObject({ kind: "escalate", reason: "CgroupLeak" });
  });

  it("has the kubelet's time first", () => {
    expect(going(shown("RuntimeDown", 2, now), {}, atNoon(-minutes(5)) + 1)).toMatchObject({
      kind: "wait",
      reason: "Settling",
      until: noon + 1,
    });
  });

  it("is over two minutes after the last word, and the node stays marked for ten", () => {
    const last = (ms: number) => going(shown("RuntimeDown", 2, noon - ms), {}, atNoon(-minutes(40)));
    expect(last(minutes(2))).toMatchObject(asked("restart-runtime", "RuntimeDown"));
    expect(last(minutes(2) + 1)).toMatchObject({ kind: "wait", reason: "StayingWell" });
    expect(last(minutes(10))).toMatchObject({ kind: "heal", heal: { kind: "UntaintNode" }, reason: "StayedWell" });
  });

  it("began before the mark: nothing goes on yet", () => {
    const since = atNoon(-minutes(1)) + 1;
    expect(going(shown("RuntimeDown", 2, now), {}, since)).toMatchObject({ kind: "wait", reason: "StayingWell" });
  });
});
