import type { Delta } from "../../shared/delta/delta.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Lifecycle } from "../../shared/lifecycle/lifecycle.ts";
import type { Instant } from "../../shared/time/clock.ts";

/** What a delta tells of a pod's life, from the times in its status; undefined when it tells nothing, or is about no pod. */
export function lifecycleFromDelta(cluster: string, delta: Delta): Lifecycle | undefined {
  if (delta.object.kind !== "Pod") return undefined;
  const pod = podOf(delta);
  const gone = isGone(delta, pod) ? { goneAt: delta.observedAt } : {};
  const facts = pod === undefined ? {} : factsOf(pod);
  const told = { ...facts, ...gone };
  return Object.keys(told).length === 0 ? undefined : { cluster, pod: delta.object, ...told };
}

function podOf({ state }: Delta): PodFacts | undefined {
  return state?.ref.kind === "Pod" ? (state as PodFacts) : undefined;
}

/** A milestone is "ready" or "gone"; a pod that is going is not told as ready (the forwarder's README). */
function isGone(delta: Delta, pod: PodFacts | undefined): boolean {
  if (delta.kind !== "milestone") return delta.kind === "gone";
  return pod === undefined || pod.deletionTimestamp !== undefined;
}

function factsOf(pod: PodFacts): Omit<Lifecycle, "cluster" | "pod"> {
  const since = (type: string): Instant | undefined => {
    const condition = findCondition(pod.conditions, type);
    return condition?.status === "True" ? condition.lastTransitionTime : undefined;
  };
  const members: Record<string, string | number | undefined> = {
    nodeName: pod.nodeName,
    owner: pod.owner === undefined ? undefined : `${pod.owner.kind}/${pod.owner.name}`,
    createdAt: pod.creationTimestamp,
    scheduledAt: since("PodScheduled"),
    startedAt: pod.startTime,
    readyAt: since("Ready"),
    deletionAt: pod.deletionTimestamp,
    restarts:
      pod.containers.length === 0 ? undefined : pod.containers.reduce((total, each) => total + each.restartCount, 0),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
