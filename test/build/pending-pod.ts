import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import type { ObjectOverrides } from "./overrides.ts";
import { aCondition, aContainer, aPod } from "./pod.ts";

const absent = () => aContainer({ state: "absent", ready: false, startedAt: undefined });

/** A pod that the scheduler finds no node for, in these words, for `age` before noon. */
export function anUnboundPod(
  message: string,
  { age = minutes(10), ...overrides }: ObjectOverrides<PodFacts> & { readonly age?: number } = {},
): PodFacts {
  const scheduled = aCondition({ type: "PodScheduled", status: "False", lastTransitionTime: atNoon(-age) });
  return aPod({
    phase: "Pending",
    nodeName: undefined,
    startTime: undefined,
    creationTimestamp: atNoon(-age),
    conditions: [{ ...scheduled, reason: "Unschedulable", message }],
    containers: [absent()],
    ...overrides,
  });
}

/** A pod that was bound to n1 `age` before noon, and of which no kubelet has spoken. */
export function aSilentPod({
  age = minutes(10),
  ...overrides
}: ObjectOverrides<PodFacts> & { readonly age?: number } = {}): PodFacts {
  return aPod({
    phase: "Pending",
    startTime: undefined,
    creationTimestamp: atNoon(-age),
    conditions: [aCondition({ type: "PodScheduled", status: "True", lastTransitionTime: atNoon(-age) })],
    containers: [absent()],
    ...overrides,
  });
}

/** A pod that was bound to n1 `age` before noon, whose kubelet has spoken, and whose container waits. */
export function aStartingPod({
  age = minutes(10),
  reason = "ContainerCreating",
  message,
  ...overrides
}: Omit<ObjectOverrides<PodFacts>, "reason" | "message"> & {
  readonly age?: number;
  readonly reason?: string;
  readonly message?: string;
} = {}): PodFacts {
  const waiting = aContainer({ state: "waiting", ready: false, startedAt: undefined, reason });
  return aSilentPod({
    age,
    startTime: atNoon(-age),
    containers: [{ ...waiting, ...(message === undefined ? {} : { message }) }],
    ...overrides,
  });
}
