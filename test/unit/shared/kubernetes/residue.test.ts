import { describe, expect, it } from "vitest";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { residueOf } from "../../../../shared/kubernetes/residue.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aContainer, anEvictedPod } from "../../../build/pod.ts";

describe("what is residue (S0-24, 50…54)", () => {
  it.each([
    { reason: "Evicted", residueClass: "Evicted" },
    { reason: "OutOfcpu", residueClass: "OutOfResource" },
    { reason: "OutOfnvidia.com/gpu", residueClass: "OutOfResource" },
    { reason: "UnexpectedAdmissionError", residueClass: "UnexpectedAdmissionError" },
    { reason: "InvalidNodeInfo", residueClass: "UnexpectedAdmissionError" },
    { reason: "NodeAffinity", residueClass: "NodeMismatch" },
    { reason: "TopologyAffinityError", residueClass: "NodeMismatch" },
    { reason: "NodeShutdown", residueClass: "NodeShutdown" },
    { reason: "Terminated", residueClass: "NodeShutdown" },
    { reason: "Preempting", residueClass: "Preempting" },
    { reason: "NodeLost", residueClass: "NodeGone" },
  ])("$reason is of class $residueClass", ({ reason, residueClass }) => {
    expect(residueOf(anEvictedPod({ reason }))).toMatchObject({
      uid: "uid-of-pod-web-1",
      residueClass,
      nodeName: "n1",
    });
  });

  it.each(["DeadlineExceeded", "Error", "constructor", "OOMKilled"])("%s is not", (reason) => {
    expect(residueOf(anEvictedPod({ reason }))).toBeUndefined();
  });

  it("a pod that lost track of its containers is of class NodeGone", () => {
    const lost = aContainer({ state: "terminated", exitCode: 137, reason: "ContainerStatusUnknown" });
    const done = aContainer({ name: "done", state: "terminated", exitCode: 0, reason: "Completed" });
    const failed = aContainer({ name: "other", state: "terminated", exitCode: 1, reason: "Error" });
    const pod = (containers: PodFacts["containers"]) => anEvictedPod({ reason: undefined, containers });
    expect(residueOf(pod([lost, done]))).toMatchObject({ residueClass: "NodeGone" });
    expect(residueOf(pod([lost, failed]))).toBeUndefined();
    expect(residueOf(pod([done]))).toBeUndefined();
    expect(residueOf(pod([]))).toBeUndefined();
  });

  it("only a Failed pod that is not being deleted is residue", () => {
    expect(residueOf(anEvictedPod({ phase: "Running" }))).toBeUndefined();
    expect(residueOf(anEvictedPod({ deletionTimestamp: noon }))).toBeUndefined();
  });

  const waiting = aContainer({ state: "waiting", startedAt: undefined, ready: false });
  const begun = aContainer({ state: "running", startedAt: atNoon(-hours(3)) });
  const ended = aContainer({ state: "terminated", startedAt: undefined, finishedAt: atNoon(-hours(2)), exitCode: 137 });
  it.each([
    { what: "OutOfcpu", pod: anEvictedPod({ reason: "OutOfcpu" }), expected: true },
    { what: "TaintToleration", pod: anEvictedPod({ reason: "TaintToleration" }), expected: true },
    { what: "Evicted while it ran", pod: anEvictedPod(), expected: false },
    { what: "Evicted before it ever ran", pod: anEvictedPod({ containers: [] }), expected: true },
    { what: "Evicted while it waited", pod: anEvictedPod({ containers: [waiting] }), expected: true },
    { what: "Evicted, its end unknown", pod: anEvictedPod({ containers: [waiting, begun] }), expected: false },
    { what: "Evicted, its start unknown", pod: anEvictedPod({ containers: [waiting, ended] }), expected: false },
    {
      what: "NodeShutdown before it ever ran",
      pod: anEvictedPod({ reason: "NodeShutdown", containers: [] }),
      expected: true,
    },
    { what: "Preempting", pod: anEvictedPod({ reason: "Preempting", containers: [] }), expected: false },
  ])("rejected at admission: $what is $expected", ({ pod, expected }) => {
    expect(residueOf(pod)?.rejected).toBe(expected);
  });

  it("a pod never ended before it was created, whatever its node's clock says", () => {
    const slow = aContainer({
      state: "terminated",
      exitCode: 137,
      finishedAt: atNoon(-hours(9)),
      startedAt: atNoon(-hours(9)),
    });
    expect(residueOf(anEvictedPod({ containers: [slow], creationTimestamp: atNoon(-minutes(1)) }))?.endedAt).toBe(
      atNoon(-minutes(1)),
    );
  });
});
