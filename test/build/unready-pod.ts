import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { hours, minutes } from "../../shared/time/duration.ts";
import { anEvent } from "./event.ts";
import { atNoon } from "./instant.ts";
import type { ObjectOverrides } from "./overrides.ts";
import { aCondition, aContainer, aPod } from "./pod.ts";

/** A pod that runs on n1 for two hours, and that its probes have called unready `age` before noon. */
export function anUnreadyPod({
  age = minutes(10),
  ...overrides
}: ObjectOverrides<PodFacts> & { readonly age?: number } = {}): PodFacts {
  return aPod({
    conditions: [aCondition({ status: "False", reason: "ContainersNotReady", lastTransitionTime: atNoon(-age) })],
    containers: [aContainer({ ready: false, startedAt: atNoon(-hours(2)) })],
    ...overrides,
  });
}

/** What kubelets say of a probe: its command did not come back (recorded: kubernetes/v1.36.3/event/probe-timeout). */
const commandTimedOut = 'Readiness probe failed: command timed out: "ready" timed out after 1s';

/** A kubelet's word about a probe of this pod. */
export function aProbeEvent(pod: Pick<PodFacts, "ref">, message = commandTimedOut, members: Partial<EventFacts> = {}) {
  return anEvent({ reason: "Unhealthy", message, regarding: pod.ref, ...members });
}
