import { expect, it } from "vitest";
import { lifecycleFromDelta } from "../../../../functions/dispatcher/lifecycle-from-delta.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aDelta } from "../../../build/message.ts";
import { aNode } from "../../../build/node.ts";
import { aCondition, aContainer, anOverduePod, aPod } from "../../../build/pod.ts";

const ready = aPod({
  conditions: [
    aCondition({ type: "PodScheduled", lastTransitionTime: atNoon(-hours(2)) }),
    aCondition({ type: "Ready", lastTransitionTime: atNoon(-minutes(90)) }),
  ],
  containers: [aContainer({ restartCount: 2 }), aContainer({ name: "b", restartCount: 1 })],
});

it("takes every time from the status of a pod that became ready", () => {
  const delta = aDelta({ kind: "milestone", object: ready.ref, signals: [], state: ready });
  expect(lifecycleFromDelta("eu-1", delta)).toEqual({
    cluster: "eu-1",
    pod: ready.ref,
    nodeName: "n1",
    owner: "ReplicaSet/web-5d9c",
    createdAt: atNoon(-hours(2)),
    scheduledAt: atNoon(-hours(2)),
    startedAt: atNoon(-hours(2)),
    readyAt: atNoon(-minutes(90)),
    restarts: 3,
  });
});

it("tells no readiness of a pod that is not ready, and the deletion of one that is being deleted", () => {
  const pod = anOverduePod({ conditions: [aCondition({ status: "False" })] });
  const lifecycle = lifecycleFromDelta("eu-1", aDelta({ object: pod.ref, state: pod }));
  expect(lifecycle?.readyAt).toBeUndefined();
  expect(lifecycle?.goneAt).toBeUndefined();
  expect(lifecycle?.deletionAt).toBe(atNoon(-minutes(10)));
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
