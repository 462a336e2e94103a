import type { Delta } from "../../shared/delta/delta.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { isReady, isTerminal, isTerminating, type PodFacts } from "../../shared/kubernetes/pod.ts";
import type { ContainerExit, Lifecycle } from "../../shared/lifecycle/lifecycle.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { seconds } from "../../shared/time/duration.ts";

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

/** A milestone is "ready" or "gone": the forwarder's README says how they are told apart. */
function isGone(delta: Delta, pod: PodFacts | undefined): boolean {
  if (delta.kind !== "milestone") return delta.kind === "gone";
  return pod === undefined || !isReady(pod) || isTerminating(pod);
}

function factsOf(pod: PodFacts): Omit<Lifecycle, "cluster" | "pod"> {
  const since = (type: string): Instant | undefined => {
    const condition = findCondition(pod.conditions, type);
    return condition?.status === "True" ? known(condition.lastTransitionTime) : undefined;
  };
  const members: { readonly [Member in keyof Lifecycle]?: Lifecycle[Member] | undefined } = {
    nodeName: pod.nodeName,
    owner: pod.owner === undefined ? undefined : `${pod.owner.kind}/${pod.owner.name}`,
    createdAt: known(pod.creationTimestamp),
    scheduledAt: since("PodScheduled"),
    startedAt: known(pod.startTime),
    sandboxAt: since("PodReadyToStartContainers"),
    firstStartedAt: firstStartedAt(pod),
    readyAt: since("Ready"),
    deletionRequestedAt: deletionRequestedAt(pod),
    deletionAt: known(pod.deletionTimestamp),
    restarts:
      pod.containers.length === 0 ? undefined : pod.containers.reduce((total, each) => total + each.restartCount, 0),
    exits: exitsOf(pod),
    end: isTerminal(pod) ? endOf(pod) : undefined,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A container that could not be made "began" in 1970: the runtime's zero. It must not get in, for of two instants the earlier stays for good. */
function known(instant: Instant | undefined): Instant | undefined {
  return instant === undefined || instant <= 0 ? undefined : instant;
}

function firstStartedAt(pod: PodFacts): Instant | undefined {
  const starts = pod.containers
    .filter(({ role }) => role === "main")
    .flatMap((each) => [known(each.startedAt), known(each.lastTerminated?.startedAt)])
    .filter((each) => each !== undefined);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** The API server moves the deletionTimestamp with the grace, so that their difference stays the moment of the first request. */
function deletionRequestedAt(pod: PodFacts): Instant | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds } = pod;
  if (deletionTimestamp === undefined || graceSeconds === undefined) return undefined;
  return known(deletionTimestamp - seconds(graceSeconds));
}

/** Ended runs whose end the kubelet saw. An init container that did its work is no news. */
function exitsOf(pod: PodFacts): readonly ContainerExit[] | undefined {
  const exits = pod.containers.flatMap((container) => {
    const { name, role, state, exitCode, reason, finishedAt, lastTerminated } = container;
    const present = state === "terminated" && exitCode !== undefined ? { exitCode, reason, finishedAt } : undefined;
    return [lastTerminated, present].flatMap((run) => {
      const at = known(run?.finishedAt);
      if (run === undefined || at === undefined || (role === "init" && run.exitCode === 0)) return [];
      return {
        container: name,
        at,
        exitCode: run.exitCode,
        ...(run.reason === undefined ? {} : { reason: run.reason }),
      };
    });
  });
  return exits.length === 0 ? undefined : exits;
}

function endOf({ phase, reason }: PodFacts): NonNullable<Lifecycle["end"]> {
  return { phase, ...(reason === undefined ? {} : { reason }) };
}
