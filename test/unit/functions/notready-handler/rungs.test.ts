import { describe, expect, it } from "vitest";
import type { TriedRung } from "../../../../shared/case/case.ts";
import { type Rung, taskDoneType } from "../../../../shared/kubernetes/node-task.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode } from "../../../build/node.ts";
import { aStandingPod } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aCondition } from "../../../build/pod.ts";
import { judge, nodeEvent, pleg, type Situation, sayingNotReady, seenNotReady, suspected } from "./situation.ts";

const all = { rungs: ["restart-runtime", "restart-kubelet", "reboot", "replace"] };
const markedAt = atNoon(-minutes(2));
const answer = (message: string) => aCondition({ type: taskDoneType, status: "True", reason: "task", message });
const marked = (message: string, ...answers: readonly string[]) =>
  sayingNotReady(message, { taints: [suspected(markedAt)], conditions: answers.map(answer) });
const tried = (rung: Rung, at: number, id = "x-1"): TriedRung => ({ rung, id, cause: "NotReadyPleg", at });

function look(situation: Situation & { readonly tried?: readonly TriedRung[] }) {
  const { tried: before = [], memory, ...rest } = situation;
  return judge({ node: marked(pleg), knobs: all, memory: { ...seenNotReady, ...memory, tried: before }, ...rest });
}

const asked = (rung: Rung) => ({ kind: "heal", heal: { kind: "AskNodeTask", rung } });

describe("rungs", () => {
  it("are none unless the policy lists them (S1-16)", () => {
    expect(look({ knobs: {} })).toMatchObject({ kind: "escalate", reason: "NotReadyPleg" });
    expect(look({ knobs: { ...all, mode: "investigate" } })).toMatchObject({
      kind: "escalate",
      reason: "NotReadyPleg",
    });
  });

  it("are asked of the node that was judged, by an id of the case and the attempt", () => {
    const openCase = { openedAt: 36 ** 3, attempts: 1 };
    expect(look({ openCase })).toMatchObject({
      kind: "heal",
      heal: {
        kind: "AskNodeTask",
        node: aNode().ref,
        resourceVersion: "900",
        rung: "restart-kubelet",
        id: "1000-2",
        cause: "NotReadyPleg",
      },
      reason: "NotReadyPleg",
    });
  });

  it.each<[string, Rung]>([
    [pleg, "restart-kubelet"],
    ["container runtime is down", "restart-runtime"],
    ["kubelet stopped posting in a new way", "restart-kubelet"],
  ])("begin with the gentlest one for the cause: %s (S3-07)", (message, rung) => {
    expect(look({ node: marked(message) })).toMatchObject(asked(rung));
  });

  it.each([
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady",
    "node is shutting down",
  ])("are none where the node is not what needs repair: %s", (message) => {
    expect(look({ node: marked(message) })).toMatchObject({ kind: "escalate" });
  });

  it("have five minutes to help, then comes the next one, never the same within two hours (S1-02, S2-07)", () => {
    const node = marked(pleg, "x-1 done");
    const at = (ms: number) => look({ node, tried: [tried("restart-kubelet", noon - ms)] });
    expect(at(minutes(5) - 1)).toMatchObject({ kind: "wait", reason: "RungTried", until: noon + 1 });
    expect(at(minutes(5))).toMatchObject(asked("restart-runtime"));
    expect(at(hours(2))).toMatchObject(asked("restart-runtime"));
    expect(at(hours(2) + 1)).toMatchObject(asked("restart-kubelet"));
  });

  it("that failed are followed at once", () => {
    const node = marked(pleg, "x-1 failed: no such unit");
    expect(look({ node, tried: [tried("restart-kubelet", atNoon(-seconds(20)))] })).toMatchObject(
      asked("restart-runtime"),
    );
  });

  it("that nobody answers are waited for, ten minutes; then people are told, and nothing more is asked", () => {
    const at = (ms: number) =>
      look({ node: marked(pleg, "of-before done"), tried: [tried("restart-kubelet", noon - ms)] });
    expect(at(minutes(10) - 1)).toMatchObject({ kind: "wait", reason: "RungTried" });
    expect(at(minutes(10))).toMatchObject({ kind: "escalate", reason: "RungUnanswered" });
  });

  it("that end everything wait until nothing is left that could be moved", () => {
    const before = [
      tried("restart-kubelet", atNoon(-minutes(30))),
      tried("restart-runtime", atNoon(-minutes(20)), "x-2"),
    ];
    const node = marked(pleg, "x-2 done");
    const pods = [aStandingPod({ movable: true })];
    expect(look({ node, tried: before, subject: { pods } })).toMatchObject({
      kind: "escalate",
      reason: "NotReadyPleg",
    });
    expect(look({ node, tried: before })).toMatchObject(asked("reboot"));
  });

  it("that have not helped the nodes of the cluster are left out for that cause, and the reason says so (S1-07)", () => {
    const never = (rung: Rung, cause = "NotReadyPleg") => ({ cause, rung, helped: 0, of: 12 });
    const skipped = look({ hopeless: [never("restart-kubelet")] });
    expect(skipped).toMatchObject(asked("restart-runtime"));
    const why = "RungNeverHelps: restart-kubelet helped 0 of the last 12 nodes of this cluster that had this";
    expect(skipped.message).toContain(`it is asked for restart-runtime (${why}).`);
    expect(look({ hopeless: [never("restart-kubelet", "NotReadyRuntime")] })).toMatchObject(asked("restart-kubelet"));
    expect(look({ hopeless: [never("restart-runtime")] }).message).not.toContain("RungNeverHelps");
    const knobs = { rungs: ["restart-kubelet"] };
    expect(look({ hopeless: [never("restart-kubelet")], knobs })).toMatchObject({
      kind: "escalate",
      reason: "RungNeverHelps",
    });
    // A reboot that comes sooner for it still waits until what can be moved is moved.
    const pods = [aStandingPod({ movable: true })];
    const hopeless = [never("restart-kubelet"), never("restart-runtime")];
    expect(look({ hopeless, subject: { pods } })).toMatchObject({ kind: "escalate", reason: "NotReadyPleg" });
  });

  it("are told when none is left", () => {
    const before = [tried("restart-kubelet", atNoon(-minutes(6)))];
    const verdict = look({ node: marked(pleg, "x-1 done"), tried: before, knobs: { rungs: ["restart-kubelet"] } });
    expect(verdict).toMatchObject({ kind: "escalate", reason: "NotReadyPleg" });
  });

  it("wait for the one that is being tried on another node that is not Ready (S1-15, S2-04)", () => {
    const other = {
      ref: aRef({ kind: "Node", name: "n2" }),
      ready: "False",
      since: 0,
      task: "restart-kubelet#y-1",
    } as const;
    const fleet = (ready: "True" | "False") => ({ nodes: 5, siblings: [{ ...other, ready }] });
    const verdict = look({ fleet: fleet("False") });
    expect(verdict).toMatchObject({ kind: "escalate", reason: "NotReadyPleg" });
    expect(verdict.message).toContain("restart-kubelet#y-1 is being tried on node n2 first");
    expect(look({ fleet: fleet("True") })).toMatchObject(asked("restart-kubelet"));
  });

  it("wait while an agent says that the disk is slow: a restart would only add to that (S0-36)", () => {
    const message = "IODelays: Process (containerd) (PID 4242) incurred 12.5 seconds of I/O delay";
    const slow = (lastSeenAt: number, source = "eks-node-monitoring-agent") =>
      look({ events: [nodeEvent({ reason: "StorageReady", message, source, lastSeenAt })] });
    expect(slow(noon)).toMatchObject({ kind: "escalate", reason: "NotReadyPleg" });
    expect(slow(noon).message).toContain("its disk is slow: nothing is restarted before that is over");
    expect(slow(noon).message).toContain("Processes of the node wait for its disk");
    expect(slow(atNoon(-minutes(15)) - 1)).toMatchObject(asked("restart-kubelet"));
    expect(slow(noon, "mallory")).toMatchObject(asked("restart-kubelet"));
  });

  it("of a machine that does not work are reboots at most once, and of what hangs in the kernel no restarts (S0-18, S0-38)", () => {
    const readyChanges = [1, 2, 3, 4, 5].map((n) => atNoon(-minutes(n)));
    expect(look({ memory: { readyChanges } })).toMatchObject(asked("reboot"));
    const message = "task docker:4242 blocked for more than 120 seconds.";
    const hung = aCondition({ type: "KernelDeadlock", status: "True", reason: "DockerHung", message });
    const node = aNode({
      taints: [suspected(atNoon(-hours(1)))],
      conditions: [...aNode().conditions, { ...hung, lastTransitionTime: atNoon(-hours(2)) }],
    });
    // It latches: alone it asks for nothing.
    expect(judge({ node, knobs: all })).not.toMatchObject({ heal: { kind: "AskNodeTask" } });
    const pods = [aStandingPod({ endsBy: atNoon(-seconds(31)) })];
    expect(judge({ node, knobs: all, subject: { pods } })).toMatchObject({
      ...asked("reboot"),
      reason: "ProcessHung",
    });
  });
});

describe("a kubelet is not restarted while a container there is known to hang (S3-12)", () => {
  const overdue = aStandingPod({ endsBy: atNoon(-seconds(31)) });
  const taskHung = nodeEvent({
    reason: "TaskHung",
    message: "INFO: task runc:4242 blocked for more than 120 seconds.",
    source: "kernel-monitor",
  });

  it.each<[string, Situation]>([
    ["a pod that does not end", { subject: { pods: [overdue] } }],
    ["an Event of a pod there", { hungPods: ["Pod shop/web-1"] }],
    ["a process in the kernel (S0-18)", { events: [taskHung] }],
  ])("by %s: another rung, or people are told why", (_, situation) => {
    expect(look(situation)).toMatchObject(asked("restart-runtime"));
    const only = look({ ...situation, knobs: { rungs: ["restart-kubelet"] } });
    expect(only).toMatchObject({ kind: "escalate", reason: "HungContainer" });
    expect(only.message).toContain("its kubelet is not restarted");
  });

  it("but what can be moved goes first, and then a reboot where one is allowed", () => {
    const pods = [overdue, aStandingPod({ movable: true })];
    const knobs = { rungs: ["restart-kubelet", "reboot"] };
    expect(look({ subject: { pods }, knobs })).toMatchObject({ kind: "escalate", reason: "NotReadyPleg" });
    expect(look({ subject: { pods: [overdue] }, knobs })).toMatchObject(asked("reboot"));
  });

  it("is Ready and suspected: the same holds there", () => {
    const node = aNode({ taints: [suspected(atNoon(-hours(1)))] });
    const ailing = { state: "ailing", since: atNoon(-hours(1)) } as const;
    const situation = { node, memory: ailing, subject: { pods: [overdue] } };
    expect(judge({ ...situation, knobs: { rungs: ["restart-kubelet"] } })).toMatchObject({ reason: "HungContainer" });
    expect(judge({ ...situation, knobs: all })).toMatchObject(asked("restart-runtime"));
  });
});

it("a silent node is asked nothing, whatever is listed", () => {
  const node = aNode({
    taints: [suspected(markedAt)],
    conditions: [aCondition({ type: "Ready", status: "Unknown", lastTransitionTime: atNoon(-hours(1)) })],
  });
  expect(judge({ node, knobs: all, memory: { state: "silent", since: atNoon(-hours(1)) } })).toMatchObject({
    kind: "escalate",
    reason: "NodeSilent",
  });
});
