import { type PodSubject, workloadOf } from "../../shared/heal/subject.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { spillKey, spillOptIn } from "../../shared/kubernetes/spill.ts";

/** What the owner asks for where a pod finds no room in its pool. */
export type SpillWish =
  | { readonly kind: "none" }
  | { readonly kind: "otherPool" }
  /** Somebody asked for something that does not exist: never a guess what. */
  | { readonly kind: "unreadable"; readonly where: string; readonly value: string };

/** One unreadable value outweighs what the others say. */
export function spillWishOf(subject: PodSubject): SpillWish {
  const objects = [workloadOf(subject), subject.namespace].filter((each) => each !== undefined);
  const asked = objects.flatMap(({ ref, annotations }) => {
    const value = annotations[spillKey];
    return value === undefined ? [] : [{ where: describeRef(ref), value }];
  });
  const odd = asked.find(({ value }) => value !== spillOptIn);
  if (odd !== undefined) return { kind: "unreadable", where: odd.where, value: odd.value.slice(0, 60) };
  return asked.length === 0 ? { kind: "none" } : { kind: "otherPool" };
}
