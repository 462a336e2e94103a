import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import type { OwnerState, PodSubject } from "../../shared/heal/subject.ts";
import { type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { jobTrackingFinalizer, type PodFacts } from "../../shared/kubernetes/pod.ts";
import type { WorkloadFacts } from "../../shared/kubernetes/workload.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, minutes, seconds } from "../../shared/time/duration.ts";
import type { CannotEnd } from "./cannot-end.ts";
import type { Policy } from "./policy.ts";

export interface Facts extends HealerFacts {
  readonly subject: PodSubject;
  /** Read once its grace is over, on a node that exists; absent where its kubelet says nothing of it. */
  readonly cannotEnd?: CannotEnd;
}

export type Reason =
  // left
  | "NotTerminating"
  | "DaemonSetPod"
  // waited for
  | "GraceRunning"
  | "MarginRunning"
  | "NodeGone"
  | "OutOfService"
  | "NotBound"
  // told to people
  | "FinalizersHold"
  | "PodGCStalled"
  | "NotBoundStalled"
  | "JobPod"
  | "BarePod"
  | "UnknownOwner"
  | "OwnerMissing"
  | "StatefulPod"
  | "RecreateStrategy"
  | "HasVolumeClaim"
  | "HasResourceClaim"
  | "HasExtendedResource"
  | "HasHostPort"
  // force-deleted
  | "OverdueOnReadyNode"
  | "OverdueOnNotReadyNode"
  | "OverdueOnSilentNode";

/**
 * How long PodGC is given: it needs 40 s of quarantine and comes by every 20 s (pkg/controller/podgc/gc_controller.go, v1.36), so five minutes
 * without it mean that it does not work. A wait for Kubernetes' own controller: the lab does not divide it.
 */
const podGcPatienceMs = minutes(5);
/** The case is stamped a moment after the look that decides: the next look must not come before that stamp is old enough. */
const caseStampMarginMs = seconds(1);

const outOfServiceTaint = "node.kubernetes.io/out-of-service";

/** What to do about a pod whose grace is over. `now` by the cluster's own clock. */
export function decide({ subject, cannotEnd }: Facts, openCase: Case, policy: Policy, now: Instant): Verdict<Reason> {
  const { pod, node } = subject;
  const graceEndsAt = pod.deletionTimestamp;
  if (graceEndsAt === undefined) {
    return { kind: "leave", reason: "NotTerminating", message: `${describeRef(pod.ref)} is not being deleted.` };
  }
  const overdueAt = graceEndsAt + policy.overdueMarginMs;
  if (now < overdueAt) return notYet(pod, graceEndsAt, overdueAt, now);

  const finalizers = holdingFinalizers(pod);
  const late = `${describeRef(pod.ref)} is ${formatDuration(now - graceEndsAt)} past its grace`;
  if (finalizers.length > 0) {
    const holders = finalizers.map((each) => `${each} (${keeperOf(each)})`).join(", ");
    const message = `${late}, held by ${holders}: it is for the finalizer's keeper to finish; Knitbone never takes one away.`;
    return { kind: "escalate", reason: "FinalizersHold", message };
  }
  if (typeof node === "string") return waitForPodGc(nodelessWork(pod, node, late), openCase, now);
  if (isOutOfService(node)) return waitForPodGc(outOfServiceWork(node, late), openCase, now);

  const { ready, where } = standing(node);
  const objection = whyNeverForced(subject) ?? needsProofOfDeath(pod, subject.owners);
  if (objection?.kind === "leave") return objection;
  const symptom = cannotEnd?.cause === undefined ? {} : { symptom: cannotEnd.cause };
  const said = cannotEnd === undefined ? "" : ` Its kubelet cannot end it: ${cannotEnd.words}`;
  if (objection !== undefined) {
    return {
      kind: "escalate",
      reason: objection.reason,
      message: `${late} ${where}. ${objection.because} ${wayOut(node)}${said}`,
      ...symptom,
    };
  }
  return {
    kind: "heal",
    heal: { kind: "ForceDeletePod", pod: pod.ref, resourceVersion: pod.resourceVersion, node: node.ref },
    reason: overdueReasons[ready],
    message: `${late} ${where}; it is stateless, so that its replacement need not wait for the node.${said}`,
    ...symptom,
  };
}

const overdueReasons = {
  True: "OverdueOnReadyNode",
  False: "OverdueOnNotReadyNode",
  Unknown: "OverdueOnSilentNode",
} as const;

function notYet(pod: PodFacts, graceEndsAt: Instant, overdueAt: Instant, now: Instant): Verdict<Reason> {
  const graceRuns = now < graceEndsAt;
  const left = formatDuration((graceRuns ? graceEndsAt : overdueAt) - now);
  return {
    kind: "wait",
    until: overdueAt,
    reason: graceRuns ? "GraceRunning" : "MarginRunning",
    message: `${describeRef(pod.ref)} has ${left} left of its ${graceRuns ? "grace" : "margin after the grace"}.`,
  };
}

/**
 * The finalizers that keep the object. A Job's pod carries job-tracking until the Job controller has counted it, which for a pod that must end
 * first (podReplacementPolicy Failed) is after its kubelet's word: there it is a consequence, and the pod is judged as a Job's.
 */
function holdingFinalizers(pod: PodFacts): readonly string[] {
  return isJobPod(pod) ? pod.finalizers.filter((each) => each !== jobTrackingFinalizer) : pod.finalizers;
}

/** Volcano and others have Jobs too: only batch/* is Kubernetes' own. */
function isJobPod(pod: PodFacts): boolean {
  return pod.owner?.kind === "Job" && pod.owner.apiVersion.startsWith("batch/");
}

/** Who is likely to take a finalizer away (K6). */
function keeperOf(finalizer: string): string {
  if (finalizer === "foregroundDeletion") return "the garbage collector, once its dependants are gone";
  if (finalizer === "orphan") return "the garbage collector";
  if (finalizer === jobTrackingFinalizer) return "the Job controller";
  const [domain, name] = finalizer.split("/");
  return name === undefined ? "whoever set it" : `a controller of ${domain}`;
}

interface PodGcWork {
  readonly waiting: Reason;
  readonly stalled: Reason;
  readonly message: string;
  readonly advice: string;
}

/** What PodGC deletes by itself, and better: it marks the phase first, which Jobs need. */
function nodelessWork(pod: PodFacts, node: "none" | "notFound", late: string): PodGcWork {
  const advice = "look at the kube-controller-manager";
  return node === "none"
    ? { waiting: "NotBound", stalled: "NotBoundStalled", message: `${late} and was never bound to a node`, advice }
    : {
        waiting: "NodeGone",
        stalled: "PodGCStalled",
        message: `${late} and its node ${pod.nodeName} does not exist`,
        advice,
      };
}

function isOutOfService(node: NodeFacts): boolean {
  return node.taints.some((each) => each.key === outOfServiceTaint);
}

function outOfServiceWork(node: NodeFacts, late: string): PodGcWork {
  const advice =
    readyStatus(node) === "True"
      ? "the node calls itself Ready, and PodGC deletes only from nodes that do not: take the taint away"
      : "look at the kube-controller-manager";
  const message = `${late} and node ${node.ref.name} is tainted ${outOfServiceTaint}`;
  return { waiting: "OutOfService", stalled: "PodGCStalled", message, advice };
}

/**
 * No field says since when a node is gone (the pod may have been overdue for hours before), so the clock starts at the first look that found it
 * so: the case's last verdict, brought to the cluster's clock. Whatever came between (blind time, a switch) starts it again.
 */
function waitForPodGc({ waiting, stalled, message, advice }: PodGcWork, openCase: Case, now: Instant): Verdict<Reason> {
  const last = openCase.verdict;
  const seenAt = last?.reason === waiting ? last.at + (openCase.clockOffsetMs ?? 0) : now;
  if (last?.reason === stalled || now - seenAt >= podGcPatienceMs) {
    const waited = formatDuration(podGcPatienceMs);
    return {
      kind: "escalate",
      reason: stalled,
      message: `${message}: PodGC did not delete it within ${waited}; ${advice}.`,
    };
  }
  const until = seenAt + podGcPatienceMs + caseStampMarginMs;
  const left = formatDuration(until - now);
  return { kind: "wait", until, reason: waiting, message: `${message}: left to PodGC for another ${left}.` };
}

type Objection =
  | { readonly kind: "needsProof"; readonly reason: Reason; readonly because: string }
  | Extract<Verdict<Reason>, { kind: "leave" }>;

function needsProof(reason: Reason, because: string): Objection {
  return { kind: "needsProof", reason, because };
}

function whyNeverForced({ pod, owners }: PodSubject): Objection | undefined {
  if (isJobPod(pod)) {
    return needsProof("JobPod", "It is a Job's, which would count a forced deletion as a failed attempt.");
  }
  const nearest = owners.kind === "bare" ? undefined : owners.chain[0];
  if (nearest?.ref.kind !== "DaemonSet") return undefined;
  const message = `${describeRef(pod.ref)} is a DaemonSet's: bound to its node for good.`;
  return { kind: "leave", reason: "DaemonSetPod", message };
}

/** Why a second copy could do harm while the first may still run: only proof that the node is dead settles that. */
function needsProofOfDeath(pod: PodFacts, owners: OwnerState): Objection | undefined {
  return ownerObjection(owners) ?? holdingsObjection(pod);
}

function ownerObjection(owners: OwnerState): Objection | undefined {
  switch (owners.kind) {
    case "bare":
      return needsProof("BarePod", "Nothing owns it, so nothing would make it again.");
    case "unknownKind":
      return needsProof("UnknownOwner", `Its owner is a ${owners.owner.kind}, which is treated as stateful.`);
    case "missing":
      return needsProof(
        "OwnerMissing",
        `Its owner ${owners.owner.kind} ${owners.owner.name} does not exist any more, so nothing waits for its place.`,
      );
    case "known":
      return controllerObjection(owners.chain);
  }
}

function controllerObjection([nearest, above]: readonly WorkloadFacts[]): Objection | undefined {
  if (nearest?.ref.kind === "StatefulSet") {
    return needsProof("StatefulPod", "It is a StatefulSet's: forced away, its identity could run twice.");
  }
  const isReplicaSet = nearest?.ref.kind === "ReplicaSet";
  if (isReplicaSet && above === undefined) return undefined;
  if (isReplicaSet && above?.ref.kind === "Deployment") {
    if (above.strategy === "RollingUpdate") return undefined;
    return needsProof(
      "RecreateStrategy",
      `${describeRef(above.ref)} uses Recreate: its pods must never run side by side.`,
    );
  }
  const owner = (isReplicaSet ? above : nearest)?.ref.kind ?? "controller without a kind";
  return needsProof("UnknownOwner", `Its owner is a ${owner}, which is treated as stateful.`);
}

function holdingsObjection(pod: PodFacts): Objection | undefined {
  if (pod.volumeClaims.length > 0) {
    return needsProof("HasVolumeClaim", `It mounts the volume claim ${pod.volumeClaims.join(", ")}.`);
  }
  if (pod.hasResourceClaims) return needsProof("HasResourceClaim", "It holds a ResourceClaim.");
  if (pod.extendedResources.length > 0) {
    return needsProof(
      "HasExtendedResource",
      `It holds ${pod.extendedResources.join(", ")}, which the node alone gives back.`,
    );
  }
  if (pod.hasHostPort) return needsProof("HasHostPort", "It holds a port of its node.");
  return undefined;
}

function standing(node: NodeFacts): { readonly ready: "True" | "False" | "Unknown"; readonly where: string } {
  const ready = readyStatus(node);
  return { ready, where: `on node ${node.ref.name} (Ready=${ready})` };
}

function wayOut(node: NodeFacts): string {
  const name = node.ref.name;
  if (readyStatus(node) === "True")
    return `Look at kubelet and container runtime of node ${name}, which calls itself Ready.`;
  return `Bring node ${name} back; or make sure that it is off and taint it ${outOfServiceTaint}=nodeshutdown:NoExecute, and Kubernetes deletes the pod.`;
}
