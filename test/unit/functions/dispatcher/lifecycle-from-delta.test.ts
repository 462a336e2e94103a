import { expect, it } from "vitest";
import { lifecycleFromDelta } from "../../../../functions/dispatcher/lifecycle-from-delta.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aDelta } from "../../../build/message.ts";
import { aNode } from "../../../build/node.ts";
import { aCondition, aContainer, anEvictedPod, anOverduePod, aPod } from "../../../build/pod.ts";

const ready = aPod({
  startTime: atNoon(-hours(2) + seconds(1)),
  conditions: [
    aCondition({ type: "PodScheduled", lastTransitionTime: atNoon(-hours(2)) }),
    aCondition({ type: "PodReadyToStartContainers", lastTransitionTime: atNoon(-hours(2) + seconds(3)) }),
    aCondition({ type: "Ready", lastTransitionTime: atNoon(-minutes(90)) }),
  ],
  containers: [
    aContainer({ name: "setup", role: "init", startedAt: atNoon(-hours(2) + seconds(4)) }),
    aContainer({ restartCount: 2, startedAt: atNoon(-hours(2) + seconds(9)) }),
    aContainer({ name: "b", restartCount: 1, startedAt: atNoon(-hours(2) + seconds(7)) }),
  ],
});
const told = (pod: PodFacts) => lifecycleFromDelta("eu-1", aDelta({ object: pod.ref, state: pod }));

it("takes every time from the status of a pod that became ready (S0-07)", () => {
  const delta = aDelta({ kind: "milestone", object: ready.ref, signals: [], state: ready });
  expect(lifecycleFromDelta("eu-1", delta)).toEqual({
    cluster: "eu-1",
    pod: ready.ref,
    nodeName: "n1",
    owner: "ReplicaSet/web-5d9c",
    createdAt: atNoon(-hours(2)),
    scheduledAt: atNoon(-hours(2)),
    startedAt: atNoon(-hours(2) + seconds(1)),
    sandboxAt: atNoon(-hours(2) + seconds(3)),
    firstStartedAt: atNoon(-hours(2) + seconds(7)),
    readyAt: atNoon(-minutes(90)),
    restarts: 3,
  });
});

it("tells no readiness of a pod that is not ready, and the deletion of one that is being deleted", () => {
  const lifecycle = told(anOverduePod({ conditions: [aCondition({ status: "False" })] }));
  expect(lifecycle?.readyAt).toBeUndefined();
  expect(lifecycle?.goneAt).toBeUndefined();
  expect(lifecycle?.deletionAt).toBe(atNoon(-minutes(10)));
  expect(lifecycle?.deletionRequestedAt).toBe(atNoon(-minutes(10) - seconds(30)));
});

it("tells when the deletion was asked for only where the grace is known", () => {
  expect(told(anOverduePod({ deletionGracePeriodSeconds: undefined }))).not.toHaveProperty("deletionRequestedAt");
  expect(told(anOverduePod({ deletionGracePeriodSeconds: 0 }))?.deletionRequestedAt).toBe(atNoon(-minutes(10)));
});

it("tells no sandbox that is not there", () => {
  const condition = aCondition({ type: "PodReadyToStartContainers", status: "False" });
  expect(told(aPod({ conditions: [condition] }))).not.toHaveProperty("sandboxAt");
});

it("tells of the run before a restart, of the first start, and of a run that waits for its next", () => {
  const lastTerminated = { exitCode: 137, reason: "OOMKilled", startedAt: atNoon(-900), finishedAt: atNoon(-600) };
  const pod = aPod({
    containers: [
      aContainer({ startedAt: atNoon(-500), restartCount: 1, lastTerminated }),
      aContainer({
        name: "proxy",
        role: "sidecar",
        state: "waiting",
        reason: "CrashLoopBackOff",
        startedAt: undefined,
        restartCount: 3,
        lastTerminated: { exitCode: 1, reason: "Error", startedAt: atNoon(-800), finishedAt: atNoon(-400) },
      }),
    ],
  });
  expect(told(pod)).toMatchObject({
    firstStartedAt: atNoon(-900),
    restarts: 4,
    exits: [
      { container: "app", at: atNoon(-600), exitCode: 137, reason: "OOMKilled" },
      { container: "proxy", at: atNoon(-400), exitCode: 1, reason: "Error" },
    ],
  });
});

it("tells how a pod ended: its phase and reason, and the last exit of each container but of init containers that did their work", () => {
  const pod = anEvictedPod();
  const setup = aContainer({ name: "setup", role: "init", state: "terminated", exitCode: 0, finishedAt: atNoon(-1) });
  const check = aContainer({ name: "check", role: "init", state: "terminated", exitCode: 3, finishedAt: atNoon(-2) });
  expect(told({ ...pod, containers: [setup, check, ...pod.containers] })).toMatchObject({
    end: { phase: "Failed", reason: "Evicted" },
    exits: [
      { container: "check", at: atNoon(-2), exitCode: 3 },
      { container: "app", at: atNoon(-hours(2)), exitCode: 137, reason: "Error" },
    ],
  });
  expect(told(aPod({ phase: "Succeeded" }))?.end).toEqual({ phase: "Succeeded" });
  expect(told(aPod())).not.toHaveProperty("end");
});

it("takes no instant from 1970, which is a runtime's zero, and lists no run whose end nobody saw", () => {
  const pod = aPod({
    containers: [
      aContainer({
        state: "terminated",
        reason: "StartError",
        exitCode: 128,
        startedAt: 0,
        finishedAt: atNoon(-5),
        lastTerminated: { exitCode: 137, reason: "ContainerStatusUnknown" },
      }),
      aContainer({ name: "b", lastTerminated: { exitCode: 1, startedAt: 0, finishedAt: 0 }, startedAt: atNoon(-7) }),
    ],
    conditions: [aCondition({ type: "PodScheduled", lastTransitionTime: 0 })],
  });
  const life = told(pod);
  expect(life).not.toHaveProperty("scheduledAt");
  expect(life?.firstStartedAt).toBe(atNoon(-7));
  expect(life?.exits).toEqual([{ container: "app", at: atNoon(-5), exitCode: 128, reason: "StartError" }]);
});

it("tells what a node's clock says as it is, also when it runs behind the API server's", () => {
  const pod = aPod({ creationTimestamp: noon, startTime: atNoon(-minutes(3)), conditions: [], containers: [] });
  expect(told(pod)).toMatchObject({ createdAt: noon, startedAt: atNoon(-minutes(3)) });
});

it.each([
  ["a suspect that is gone", aDelta({ kind: "gone", signals: [] }), noon],
  ["a milestone without a state", aDelta({ kind: "milestone", signals: [], finalStateUnknown: true }), noon],
  [
    "a milestone of a pod that was being deleted",
    aDelta({ kind: "milestone", signals: [], object: anOverduePod().ref, state: anOverduePod() }),
    noon,
  ],
  [
    "a milestone of a pod that had succeeded",
    aDelta({
      kind: "milestone",
      signals: [],
      object: ready.ref,
      state: { ...ready, phase: "Succeeded", conditions: [] },
    }),
    noon,
  ],
  [
    "a milestone of a ready pod",
    aDelta({ kind: "milestone", signals: [], object: ready.ref, state: ready }),
    undefined,
  ],
  ["a suspect", aDelta({ object: ready.ref, state: ready }), undefined],
])("%s: gone at %s", (_, delta, goneAt) => {
  expect(lifecycleFromDelta("eu-1", delta)?.goneAt).toBe(goneAt);
});

it.each([
  ["a node", aDelta({ kind: "gone", object: aNode().ref, signals: [], state: aNode() })],
  ["a pod of which nothing is told", aDelta({ kind: "recovered", signals: [] })],
])("is nothing for %s", (_, delta) => {
  expect(lifecycleFromDelta("eu-1", delta)).toBeUndefined();
});
