import { type HealRail, leave, pass } from "./rail.ts";

/**
 * The last fence of the force-delete exception (`safety.md` §2.2, `design.md` §6), whatever a healer says: only pods of a ReplicaSet
 * whose whole chain of owners was read, with no claim, device or host port. An owner that we do not know is treated as stateful.
 */
export const ownership: HealRail = ({ subject, heal }) => {
  if (heal.kind !== "ForceDeletePod") {
    return subject.owners.kind === "unknownKind"
      ? leave("UnknownOwner", `Owned by a ${subject.owners.owner.kind}, which Knitbone does not know.`)
      : pass;
  }
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
};
