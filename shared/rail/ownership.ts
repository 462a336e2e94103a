import { isNodeHeal, isSpillHeal } from "../heal/heal.ts";
import type { PodSubject } from "../heal/subject.ts";
import { readyStatus } from "../kubernetes/node.ts";
import { markOn, suspectMark } from "../kubernetes/node-marks.ts";
import { isOptedIn, isOrphanKind, orphansKey } from "../kubernetes/orphan.ts";
import { hasRun } from "../kubernetes/pod.ts";
import { type HealRail, leave, pass, type RailAnswer } from "./rail.ts";
import { spillOwnership } from "./spill-ownership.ts";

/**
 * The last fence of the force-delete exception (`safety.md` §2.2, `design.md` §6), whatever a healer says: only pods of a ReplicaSet
 * whose whole chain of owners was read, with no claim, device or host port. An owner that we do not know is treated as stateful.
 */
export const ownership: HealRail = ({ subject, heal }) => {
  if (isNodeHeal(heal)) return pass;
  if (isSpillHeal(heal)) {
    return subject.kind === "workload"
      ? spillOwnership(subject, heal)
      : leave("OwnershipUnproven", "Only a workload can be spilled.");
  }
  if (subject.kind !== "pod") {
    return leave("OwnershipUnproven", `A ${subject.kind} is no pod: no remedy of pods fits it.`);
  }
  switch (heal.kind) {
    case "ForceDeletePod":
      return stateless(subject);
    case "EvictOrphan":
      return orphaned(subject);
    case "EvictStuckPod":
      return neverStarted(subject);
    case "DrainPod":
      return drainable(subject);
    case "EvictTerminalPod":
      return subject.owners.kind === "unknownKind"
        ? leave("UnknownOwner", `Owned by a ${subject.owners.owner.kind}, which Knitbone does not know.`)
        : pass;
  }
};

/** Whatever a healer says, a running pod is evicted as an orphan only where its own controller was looked for and is gone, and its namespace asked for it. */
function orphaned({ pod, owners, namespace }: PodSubject): RailAnswer {
  if (owners.kind !== "missing" || owners.chain.length > 0 || !isOrphanKind(owners.owner.kind)) {
    return leave("OwnershipUnproven", "Only pods whose own ReplicaSet or Job is gone may be evicted as orphans.");
  }
  if (namespace === undefined || !isOptedIn(namespace)) {
    return leave("OrphansNotOptedIn", `Namespace ${pod.ref.namespace} does not carry ${orphansKey}=delete.`);
  }
  return pass;
}

/**
 * Whatever a healer says, a pod is evicted as stuck only where nothing of it ever ran, nothing of it is stored, and a ReplicaSet makes another one: then no work
 * is lost, wherever the next one lands.
 */
function neverStarted({ pod, owners }: PodSubject): RailAnswer {
  if (owners.kind !== "known" || owners.chain[0]?.ref.kind !== "ReplicaSet") {
    return leave("OwnershipUnproven", "Only pods of a ReplicaSet whose owners were all read may be evicted as stuck.");
  }
  if (pod.phase !== "Pending" || pod.nodeName === undefined || pod.containers.some(hasRun)) {
    return leave(
      "OwnershipUnproven",
      "Only a bound, Pending pod of which no container ever started may be evicted as stuck.",
    );
  }
  return pod.volumeClaims.length === 0 && !pod.hasResourceClaims
    ? pass
    : leave("OwnershipUnproven", "The pod holds a claim: it is not stateless.");
}

const drainedKinds = ["ReplicaSet", "StatefulSet"];
const drainedTops = [...drainedKinds, "Deployment"];

/**
 * Whatever a healer says, a running pod is moved only where its whole chain of owners was read and would make it again, and only from a node whose
 * kubelet lives and says that it cannot run pods, under our mark. A Job would count it as a failure (K8).
 */
function drainable({ pod, owners, node }: PodSubject): RailAnswer {
  const kinds = owners.kind === "known" ? owners.chain.map(({ ref }) => ref.kind) : [];
  if (!drainedKinds.includes(kinds[0] ?? "") || !drainedTops.includes(kinds.at(-1) ?? "")) {
    return leave(
      "OwnershipUnproven",
      "Only pods of a ReplicaSet or StatefulSet whose owners were all read may be drained.",
    );
  }
  if (typeof node === "string" || readyStatus(node) !== "False" || markOn(node, suspectMark) === undefined) {
    const message = `Pods are drained only from a node that is Ready=False under our mark, not from that of ${pod.ref.name}.`;
    return leave("DrainUnproven", message);
  }
  return pass;
}

function stateless(subject: PodSubject): RailAnswer {
  if (subject.owners.kind !== "known" || subject.owners.chain[0]?.ref.kind !== "ReplicaSet") {
    return leave("OwnershipUnproven", "Only pods of a ReplicaSet whose owners were all read may be force-deleted.");
  }
  const { pod } = subject;
  const state = [
    pod.volumeClaims.length > 0 ? "a volume claim" : undefined,
    pod.hasResourceClaims ? "a resource claim" : undefined,
    pod.extendedResources.length > 0 ? `a device (${pod.extendedResources.join(", ")})` : undefined,
    pod.hasHostPort ? "a host port" : undefined,
  ].filter((each) => each !== undefined);
  return state.length === 0
    ? pass
    : leave("OwnershipUnproven", `The pod holds ${state.join(" and ")}: it is not stateless.`);
}
