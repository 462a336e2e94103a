import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import { type Subject, workloadOf } from "../../shared/heal/subject.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { luresReplacements, type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { endedAt, isTerminating, type PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, minutes, seconds } from "../../shared/time/duration.ts";
import type { Policy, ResidueClass } from "./policy.ts";

/** One Failed pod, as far as the count of its kind goes. */
export interface Residue {
  readonly uid: string;
  readonly residueClass: ResidueClass;
  /** Its node's kubelet did not admit it: made again at once, it can loop. */
  readonly rejected: boolean;
  readonly nodeName?: string;
  readonly endedAt: Instant;
}

export interface Facts extends HealerFacts {
  /** Residue of the same owner in the same namespace (ownerless pods count as one owner's), without the pod itself and what is being deleted. */
  readonly siblings: readonly Residue[];
}

export type Reason =
  // left
  | "NotFailed"
  | "AlreadyTerminating"
  | "NotResidue"
  | "JobUnfinished"
  | "JobFinished"
  | "UnknownOwner"
  | "OwnerMissing"
  | "OwnControllerDeletes"
  | "KeptAsEvidence"
  // waited for
  | "NodeWasSilent"
  | "TimeToLiveRunning"
  // evicted
  | "TimeToLiveOver"
  | "LoopTimeToLiveOver"
  // stopped at the source
  | "RejectionLoop"
  | "PinnedRejectionLoop";

/** As many rejected pods of one owner on one node within this window are a loop (S0-23, S0-52). The lab does not divide windows. */
const loopSize = 5;
const loopWindowMs = minutes(5);

/**
 * A resumed kubelet writes its old status over the newer one, and its watch brings old events (`real-tier.md` §6): what the API says of pods of
 * a node that was silent counts only when the node has been Ready for so long. A wait for Kubernetes itself: the lab does not divide it.
 */
const afterSilenceMs = minutes(5);

/**
 * A node that became Ready this soon after its Node object was made has never been silent: the node-lifecycle controller needs at least 40 s of
 * silence to say so. Pods made after it have no older status that could come back.
 */
const firstReadyWithinMs = seconds(30);

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

/** What to do about a pod that ended. `now` by the cluster's own clock. */
export function decide(facts: Facts, _openCase: Case, policy: Policy, now: Instant): Verdict<Reason> {
  const { subject, siblings } = facts;
  const { pod } = subject;
  const name = describeRef(pod.ref);
  if (pod.phase !== "Failed") return leave("NotFailed", `${name} is ${pod.phase}.`);
  if (isTerminating(pod)) return leave("AlreadyTerminating", `${name} is already being deleted.`);
  const own = residueOf(pod);
  if (own === undefined) {
    const why = pod.reason === undefined ? "its containers' own exit" : `reason ${pod.reason}`;
    return leave("NotResidue", `${name} failed by ${why}: that is for its owner to see.`);
  }
  return leftToOwner(subject) ?? waitForNode(subject, now) ?? sweep(subject, own, siblings, policy, now);
}

function sweep(
  subject: Subject,
  own: Residue,
  siblings: readonly Residue[],
  policy: Policy,
  now: Instant,
): Verdict<Reason> {
  const { pod } = subject;
  const name = describeRef(pod.ref);
  const loop = loopAround(own, subject, siblings, now);
  const timeToLiveMs = Math.min(
    policy.timeToLiveMs[own.residueClass],
    loop.kind === "none" ? Number.POSITIVE_INFINITY : policy.loopTimeToLiveMs,
  );
  const dueAt = own.endedAt + timeToLiveMs;
  const newer = siblings.filter((each) => each.residueClass === own.residueClass && isNewer(each, own)).length;
  const isKept = newer < policy.keepNewest;
  if (loop.kind === "running" && (isKept || now < dueAt)) {
    const stop = stopAtSource(subject, loop, isKept ? undefined : dueAt);
    if (stop !== undefined) return stop;
  }
  if (isKept) {
    const message = `${name} (${own.residueClass}) is one of the newest ${policy.keepNewest} of its owner: kept as evidence.`;
    return leave("KeptAsEvidence", message);
  }
  if (now < dueAt) {
    // What its kubelet rejected may prove to be of a loop later: looked at again when that would make it due, and when that can be no more.
    const looks = own.rejected ? [own.endedAt + policy.loopTimeToLiveMs, own.endedAt + loopWindowMs, dueAt] : [dueAt];
    const until = Math.min(...looks.filter((each) => each > now));
    const message = `${name} (${own.residueClass}) ended ${age(own, now)} ago; its time to live of ${formatDuration(timeToLiveMs)} is running.`;
    return { kind: "wait", until, reason: "TimeToLiveRunning", message };
  }
  return {
    kind: "heal",
    heal: { kind: "EvictTerminalPod", pod: pod.ref, resourceVersion: pod.resourceVersion },
    reason: loop.kind === "none" ? "TimeToLiveOver" : "LoopTimeToLiveOver",
    message: `${name} (${own.residueClass}) ended ${age(own, now)} ago, past its time to live of ${formatDuration(timeToLiveMs)}; ${newer} newer ones of its owner are there.`,
  };
}

function leave(reason: Reason, message: string): Verdict<Reason> {
  return { kind: "leave", reason, message };
}

function age(residue: Residue, now: Instant): string {
  return formatDuration(Math.max(0, now - residue.endedAt));
}

/** A total order: later end first, then the uid, so that every look keeps the same ones. */
function isNewer(a: Residue, b: Residue): boolean {
  return a.endedAt === b.endedAt ? a.uid > b.uid : a.endedAt > b.endedAt;
}

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

/** Whose business the pod is, where it is not ours. */
function leftToOwner({ pod, owners }: Subject): Verdict<Reason> | undefined {
  const name = describeRef(pod.ref);
  if (owners.kind === "bare") return undefined;
  const [nearest] = owners.chain;
  if (nearest?.ref.kind === "Job") {
    return nearest.jobFinished === true
      ? leave("JobFinished", `${name} is a finished Job's: it goes with the Job, by the Job's own time to live.`)
      : leave("JobUnfinished", `${name} is an unfinished Job's, which still counts its failures by it.`);
  }
  if (owners.kind === "missing") {
    return leave("OwnerMissing", `${name}: its owner is gone, and the garbage collector follows it.`);
  }
  if (nearest?.ref.kind === "DaemonSet" || nearest?.ref.kind === "StatefulSet") {
    return leave("OwnControllerDeletes", `${name}: the ${nearest.ref.kind} controller deletes its Failed pods itself.`);
  }
  if (owners.kind === "unknownKind" || nearest?.ref.kind !== "ReplicaSet") {
    const kind = owners.kind === "unknownKind" ? owners.owner.kind : nearest?.ref.kind;
    return leave("UnknownOwner", `${name} belongs to a ${kind}, whose ways are not known here.`);
  }
  return undefined;
}

function waitForNode({ pod, node }: Subject, now: Instant): Verdict<Reason> | undefined {
  if (typeof node === "string" || isFirstLife(node, pod)) return undefined;
  const trustedFrom = readySince(node, now) + afterSilenceMs;
  if (now >= trustedFrom) return undefined;
  return {
    kind: "wait",
    until: trustedFrom,
    reason: "NodeWasSilent",
    message: `Node ${node.ref.name} is Ready=${readyStatus(node)} and not yet ${formatDuration(afterSilenceMs)} Ready: its kubelet may still bring ${describeRef(pod.ref)} back.`,
  };
}

/** The pod was made in the first stretch of Ready of its node, which still goes on. */
function isFirstLife(node: NodeFacts, pod: PodFacts): boolean {
  const ready = findCondition(node.conditions, "Ready");
  const made = node.creationTimestamp;
  if (ready?.status !== "True" || ready.lastTransitionTime === undefined || made === undefined) return false;
  return ready.lastTransitionTime - made <= firstReadyWithinMs && (pod.creationTimestamp ?? 0) >= made;
}

/** `now` where the node is not Ready, or does not say since when it is. */
function readySince(node: NodeFacts, now: Instant): Instant {
  const ready = findCondition(node.conditions, "Ready");
  return ready?.status === "True" ? (ready.lastTransitionTime ?? now) : now;
}

type Loop =
  | { readonly kind: "none" }
  /** The pod was made by a loop, which need not run any more. */
  | { readonly kind: "past" }
  /** The loop runs: so many in the last five minutes. */
  | { readonly kind: "running"; readonly count: number };

/** Whether the pod is one of at least five that its owner lost to this node's admission within five minutes. */
function loopAround(own: Residue, { pod }: Subject, siblings: readonly Residue[], now: Instant): Loop {
  if (!own.rejected || own.nodeName === undefined || pod.owner === undefined) return { kind: "none" };
  const ends = [own, ...siblings]
    .filter((each) => each.rejected && each.nodeName === own.nodeName)
    .map((each) => each.endedAt)
    .sort((a, b) => a - b);
  const isOfLoop = ends.some((first, index) => {
    const last = ends[index + loopSize - 1];
    return last !== undefined && last - first <= loopWindowMs && first <= own.endedAt && own.endedAt <= last;
  });
  if (!isOfLoop) return { kind: "none" };
  const recent = ends.filter((each) => now - each <= loopWindowMs).length;
  const isRecent = now - own.endedAt <= loopWindowMs;
  return isRecent && recent >= loopSize ? { kind: "running", count: recent } : { kind: "past" };
}

/** What ends the loop: a taint on the node; or, where the template itself names the node and no taint helps, its author. */
function stopAtSource(
  subject: Subject,
  { count }: { readonly count: number },
  dueAt: Instant | undefined,
): Verdict<Reason> | undefined {
  const { pod, owners, node } = subject;
  const workload = workloadOf(subject);
  if (typeof node === "string" || workload === undefined) return undefined;
  // The word is for the loop; the pod itself is swept when its time has come.
  const again = dueAt === undefined ? {} : { until: dueAt };
  const figures = `${count} pods of ${describeRef(workload.ref)} were rejected by node ${node.ref.name} within ${formatDuration(loopWindowMs)} (${pod.reason})`;
  if (owners.kind === "known" && owners.chain.some((each) => each.templateNamesNode)) {
    const message = `${figures}, and its template names that node: no taint ends this; scale it down or take the node out of the template.`;
    return { kind: "escalate", about: workload.ref, reason: "PinnedRejectionLoop", message, ...again };
  }
  if (!luresReplacements(node, pod)) return undefined;
  const message = `${figures}: the scheduler goes on placing them there until the node is tainted or cordoned.`;
  return { kind: "handOver", node: node.ref, reason: "RejectionLoop", message, ...again };
}
