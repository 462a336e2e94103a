import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import type { Meta, OwnerRef } from "./meta.ts";
import { type WorkloadKind, workloadKind } from "./workload.ts";

/** On a namespace, as label or annotation: `knitbone.io/orphans: delete` asks for its orphans to be taken away. */
export const orphansKey = "knitbone.io/orphans";

/** Pods of these are made to be made again or to end: taking away one whose controller is gone loses nothing that anybody counts. */
const orphanKinds: ReadonlySet<string> = new Set<WorkloadKind>(["ReplicaSet", "Job"]);

export function isOrphanKind(ownerKind: string): boolean {
  return orphanKinds.has(ownerKind);
}

export function isOptedIn({ labels, annotations }: Meta): boolean {
  return labels[orphansKey] === "delete" || annotations[orphansKey] === "delete";
}

/** An object that names a controller which is not there. */
export interface OwnerGap {
  readonly object: Meta;
  readonly owner: OwnerRef;
}

/**
 * Those of the objects whose controller is of a kind that was read and stands in none of the lists. `owners` must have been read after `objects`, or a new
 * controller's object would look like an orphan. What is being deleted is on its way.
 */
export function ownerGaps(
  objects: readonly Meta[],
  owners: ReadonlyMap<WorkloadKind, readonly Meta[]>,
): readonly OwnerGap[] {
  const uids = new Map([...owners].map(([kind, metas]) => [kind, new Set(metas.map(({ ref }) => ref.uid))]));
  return objects.flatMap((object) => {
    const { owner } = object;
    if (owner === undefined || object.deletionTimestamp !== undefined) return [];
    const kind = workloadKind(owner.apiVersion, owner.kind);
    const known = kind === undefined ? undefined : uids.get(kind);
    return known === undefined || known.has(owner.uid) ? [] : [{ object, owner }];
  });
}

/** The finalizer that the garbage collector takes away itself once the dependents are gone. */
const foreground = "foregroundDeletion";
/** The collector settles a foreground deletion in seconds; what is blocked by a dependent that is itself on its way is not the collector's fault. */
const stalledAfterMs = seconds(15 * 60);

/**
 * Foreground deletions that the garbage collector does not carry on (S0-11): older than 15 min, and either nothing of theirs is left or something is that was never
 * told to go. Oldest first.
 */
export function stalledDeletions(all: readonly Meta[], now: Instant): readonly Meta[] {
  const dependents = Map.groupBy(
    all.filter(({ owner }) => owner !== undefined),
    ({ owner }) => owner?.uid ?? "",
  );
  return all
    .filter(({ ref, finalizers, deletionTimestamp }) => {
      if (!finalizers.includes(foreground) || deletionTimestamp === undefined) return false;
      const own = dependents.get(ref.uid) ?? [];
      const isBlocked = own.length > 0 && own.every((each) => each.deletionTimestamp !== undefined);
      return now - deletionTimestamp > stalledAfterMs && !isBlocked;
    })
    .sort((a, b) => (a.deletionTimestamp ?? 0) - (b.deletionTimestamp ?? 0));
}
