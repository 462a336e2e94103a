import type { Instant } from "../time/clock.ts";
import { endedAt, isTerminating, type PodFacts } from "./pod.ts";

/** What a Failed pod is the residue of, by cause (S0-50, S0-51). */
export const residueClasses = [
  "Evicted",
  "OutOfResource",
  "UnexpectedAdmissionError",
  "NodeMismatch",
  "NodeShutdown",
  "Preempting",
  "NodeGone",
] as const;

export type ResidueClass = (typeof residueClasses)[number];

/** One Failed pod, as far as the count of its kind goes. */
export interface Residue {
  readonly uid: string;
  readonly residueClass: ResidueClass;
  /** Its node's kubelet did not admit it: made again at once, it can loop. */
  readonly rejected: boolean;
  readonly nodeName?: string;
  readonly endedAt: Instant;
}

/**
 * `status.reason` → class. Sources, at v1.36: pkg/kubelet/lifecycle/predicate.go and handlers.go (admission), eviction/helpers.go,
 * nodeshutdown (`Terminated`: what ran; `NodeShutdown`: what came too late), preemption, cm/topologymanager, cm/cpumanager. Reasons that are
 * not here are the application's own (or the owner's wish: DeadlineExceeded), and stay.
 */
const classByReason: Readonly<Record<string, ResidueClass>> = {
  Evicted: "Evicted",
  UnexpectedAdmissionError: "UnexpectedAdmissionError",
  UnexpectedPredicateFailureType: "UnexpectedAdmissionError",
  UnknownReason: "UnexpectedAdmissionError",
  InvalidNodeInfo: "UnexpectedAdmissionError",
  NodeAffinity: "NodeMismatch",
  NodeName: "NodeMismatch",
  NodePorts: "NodeMismatch",
  TaintToleration: "NodeMismatch",
  TopologyAffinityError: "NodeMismatch",
  SMTAlignmentError: "NodeMismatch",
  PodOSSelectorNodeLabelDoesNotMatch: "NodeMismatch",
  PodOSNotSupported: "NodeMismatch",
  SupplementalGroupsPolicyNotSupported: "NodeMismatch",
  InitContainerRestartPolicyForbidden: "NodeMismatch",
  NodeShutdown: "NodeShutdown",
  Terminated: "NodeShutdown",
  Preempting: "Preempting",
  NodeLost: "NodeGone",
};

const rejectionClasses: ReadonlySet<ResidueClass> = new Set([
  "OutOfResource",
  "UnexpectedAdmissionError",
  "NodeMismatch",
]);

/** The pod as residue; undefined when it did not fail, is being deleted, or failed by itself. */
export function residueOf(pod: PodFacts): Residue | undefined {
  const residueClass = pod.phase === "Failed" && !isTerminating(pod) ? classOf(pod) : undefined;
  if (residueClass === undefined) return undefined;
  // A node's clock writes the end of a container: an end before the creation, which the API server wrote, is no end.
  const ended = Math.max(endedAt(pod) ?? 0, pod.creationTimestamp ?? 0);
  return {
    uid: pod.ref.uid,
    residueClass,
    rejected: rejectionClasses.has(residueClass) || (isTurnedAway(residueClass) && neverStarted(pod)),
    ...(pod.nodeName === undefined ? {} : { nodeName: pod.nodeName }),
    endedAt: ended,
  };
}

function classOf(pod: PodFacts): ResidueClass | undefined {
  const { reason } = pod;
  if (reason?.startsWith("OutOf")) return "OutOfResource";
  if (reason !== undefined) return Object.hasOwn(classByReason, reason) ? classByReason[reason] : undefined;
  // A kubelet that came back and no longer knows a container writes ContainerStatusUnknown (exit 137). Beside an exit of its own it counts less.
  const failed = pod.containers.filter((each) => each.state === "terminated" && each.exitCode !== 0);
  const lost = failed.filter((each) => each.reason === "ContainerStatusUnknown");
  return lost.length > 0 && lost.length === failed.length ? "NodeGone" : undefined;
}

/** Kubelets give these reasons to pods that ran and to pods that they did not admit. */
function isTurnedAway(residueClass: ResidueClass): boolean {
  return residueClass === "Evicted" || residueClass === "NodeShutdown";
}

function neverStarted(pod: PodFacts): boolean {
  return pod.containers.every((each) => each.startedAt === undefined && each.finishedAt === undefined);
}
