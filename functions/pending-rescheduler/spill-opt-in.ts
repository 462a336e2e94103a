import { type PodSubject, workloadOf } from "../../shared/heal/subject.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";

/** As an annotation of pod, workload or namespace: `knitbone.io/spill: other-pool` (`design.md` §6). */
const spillKey = "knitbone.io/spill";

/** What the owner asks for where a pod finds no room in its pool. */
export type SpillWish =
  | { readonly kind: "none" }
  | { readonly kind: "otherPool" }
  /** Somebody asked for something that does not exist: never a guess what. */
  | { readonly kind: "unreadable"; readonly where: string; readonly value: string };

/** One unreadable value outweighs what the others say. */
export function spillWishOf(subject: PodSubject): SpillWish {
  const objects = [subject.pod, workloadOf(subject), subject.namespace].filter((each) => each !== undefined);
  const asked = objects.flatMap(({ ref, annotations }) => {
    const value = annotations[spillKey];
    return value === undefined ? [] : [{ where: describeRef(ref), value }];
  });
  const odd = asked.find(({ value }) => value !== "other-pool");
  if (odd !== undefined) return { kind: "unreadable", where: odd.where, value: odd.value.slice(0, 60) };
  return asked.length === 0 ? { kind: "none" } : { kind: "otherPool" };
}
