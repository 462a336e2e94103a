import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts, RoundFindings } from "../../shared/heal/healer.ts";
import { type PodSubject, workloadOf } from "../../shared/heal/subject.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import type { Meta } from "../../shared/kubernetes/meta.ts";
import { luresReplacements, type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import { describeRef, type ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { isOptedIn, isOrphanKind, orphansKey } from "../../shared/kubernetes/orphan.ts";
import { isTerminating, type PodFacts } from "../../shared/kubernetes/pod.ts";
import { type Residue, residueOf } from "../../shared/kubernetes/residue.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, minutes, seconds } from "../../shared/time/duration.ts";
import type { Policy } from "./policy.ts";

export interface Facts extends HealerFacts {
  readonly subject: PodSubject;
  /** Residue of the same owner in the same namespace (ownerless pods count as one owner's), without the pod itself and what is being deleted. */
  readonly siblings: readonly Residue[];
  /** Pods of the namespace whose controller is not there, itself among them; only read where its own is not. */
  readonly orphans?: number;
}

export type Reason =
  // left
  | "NotFailed"
  | "AlreadyTerminating"
  | "NotResidue"
  | "JobUnfinished"
  | "JobFinished"
  | "UnknownOwner"
  | "OwnControllerDeletes"
  | "KeptAsEvidence"
  | "NamespaceTerminating"
  // waited for
  | "OwnerMissing"
  | "NodeWasSilent"
  | "TimeToLiveRunning"
  // evicted
  | "TimeToLiveOver"
  | "LoopTimeToLiveOver"
  | "OrphanUnwanted"
  // told
  | "OwnerGone"
  | "ManyOrphans"
  // stopped at the source
  | "RejectionLoop"
  | "PinnedRejectionLoop"
  // told by the round
  | "GarbageCollectorStalled";

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

/** Looks that must miss the owner before anything is said, and the time between two: PodGC's own quarantine is 40 s. Waits for Kubernetes itself: the lab divides neither. */
const orphanLooks = 3;
const betweenOrphanLooksMs = seconds(45);
/** More than this in one namespace are no strays: a stalled collector or lost data. That is for people, never for a bulk delete (S0-10). */
const strayLimit = 5;

/** What to do about a pod that ended. `now` by the cluster's own clock. */
export function decide(facts: Facts, openCase: Case, policy: Policy, now: Instant): Verdict<Reason> {
  const { subject, siblings } = facts;
  const { pod, owners } = subject;
  const name = describeRef(pod.ref);
  if (isTerminating(pod)) return leave("AlreadyTerminating", `${name} is already being deleted.`);
  if (owners.kind === "missing") return orphan(facts, owners, openCase, now);
  if (pod.phase !== "Failed") return leave("NotFailed", `${name} is ${pod.phase}.`);
  const own = residueOf(pod);
  if (own === undefined) {
    const why = pod.reason === undefined ? "its containers' own exit" : `reason ${pod.reason}`;
    return leave("NotResidue", `${name} failed by ${why}: that is for its owner to see.`);
  }
  return leftToOwner(subject) ?? waitForNode(subject, now) ?? sweep(subject, own, siblings, policy, now);
}

/** A pod, or what stands above it, names a controller that is not there: the garbage collector's work, unless it does not do it. */
function orphan(
  { subject, orphans = 1 }: Facts,
  owners: Extract<PodSubject["owners"], { kind: "missing" }>,
  openCase: Case,
  now: Instant,
): Verdict<Reason> {
  const { pod, namespace } = subject;
  const above = owners.chain.at(-1);
  const object = above?.ref ?? pod.ref;
  const what = `${describeRef(object)} belongs to ${owners.owner.kind} ${owners.owner.name}, which does not exist`;
  if (namespace?.terminating === true) {
    return leave("NamespaceTerminating", `${what}: its namespace is being deleted, and takes it along.`);
  }
  if (!isConfirmed(openCase)) {
    const message = `${what}: the garbage collector's, unless ${orphanLooks} looks find it here.`;
    return { kind: "wait", until: now + betweenOrphanLooksMs, reason: "OwnerMissing", message };
  }
  if (orphans > strayLimit) {
    const message = `${orphans} pods of ${pod.ref.namespace} belong to controllers that do not exist: no strays. Look at the garbage collector, and at what became of etcd's data, before anybody deletes them.`;
    return { kind: "escalate", about: namespace?.ref ?? pod.ref, reason: "ManyOrphans", message };
  }
  if (above !== undefined) {
    const message = `${what}, and it goes on making pods. Delete it if nobody wants it.`;
    return { kind: "escalate", about: above.ref, reason: "OwnerGone", message };
  }
  const isWanted = namespace === undefined || !isOptedIn(namespace) || !isOrphanKind(owners.owner.kind);
  if (isWanted) {
    const message = `${what}, and the garbage collector left it here. Delete it if nobody wants it; ${orphansKey}=delete on the namespace has that done.`;
    return { kind: "escalate", about: pod.ref, reason: "OwnerGone", message };
  }
  return {
    kind: "heal",
    heal: { kind: "EvictOrphan", pod: pod.ref, resourceVersion: pod.resourceVersion },
    reason: "OrphanUnwanted",
    message: `${what}; ${orphanLooks} looks found it so, and its namespace asks for orphans to be deleted.`,
  };
}

/** Enough looks in a row missed the owner, this one among them; or people were told already. */
function isConfirmed({ verdict }: Case): boolean {
  if (verdict?.reason === "OwnerMissing") return (verdict.times ?? 1) + 1 >= orphanLooks;
  return verdict?.reason === "OwnerGone" || verdict?.reason === "ManyOrphans";
}

/** Objects that a message names; the rest is counted. */
const namedAtMost = 5;

/** What a round tells of foreground deletions that nobody carries on (S0-11): an alert, and nothing is deleted in the collector's stead. */
export function stalledCollector(about: ObjectRef, stalled: readonly Meta[]): RoundFindings["words"] {
  if (stalled.length === 0) return [];
  const named = stalled.slice(0, namedAtMost).map(({ ref }) => describeRef(ref));
  const more = stalled.length > namedAtMost ? ` and ${stalled.length - namedAtMost} more` : "";
  const message = `The garbage collector does not carry on foreground deletions: ${named.join(", ")}${more}. Look at kube-controller-manager.`;
  return [{ about, reason: "GarbageCollectorStalled" satisfies Reason, message }];
}

function sweep(
  subject: PodSubject,
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

/** Whose business the pod is, where it is not ours. */
function leftToOwner({ pod, owners }: PodSubject): Verdict<Reason> | undefined {
  const name = describeRef(pod.ref);
  if (owners.kind === "bare") return undefined;
  const [nearest] = owners.chain;
  if (nearest?.ref.kind === "Job") {
    return nearest.jobFinished === true
      ? leave("JobFinished", `${name} is a finished Job's: it goes with the Job, by the Job's own time to live.`)
      : leave("JobUnfinished", `${name} is an unfinished Job's, which still counts its failures by it.`);
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

function waitForNode({ pod, node }: PodSubject, now: Instant): Verdict<Reason> | undefined {
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
function loopAround(own: Residue, { pod }: PodSubject, siblings: readonly Residue[], now: Instant): Loop {
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
  subject: PodSubject,
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
