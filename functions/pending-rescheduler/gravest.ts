import type { Remedy } from "../../shared/catalogue/signature.ts";
import type { Said } from "./facts.ts";

/** A text that a signature knows. */
export type Known = Said & { readonly signature: NonNullable<Said["signature"]> };

/** What the pod's own state says goes before Events; then who has it in hand, the widest first; then the most specific words. */
export function gravest(said: readonly Said[]): Known | undefined {
  const known = said.filter((each): each is Known => each.signature !== undefined);
  const [first] = known.toSorted((a, b) => rank(b) - rank(a) || b.signature.weight - a.signature.weight);
  return first;
}

const remedyRank: Readonly<Record<Remedy, number>> = {
  handOver: 5,
  evict: 4,
  incident: 3,
  hold: 2,
  tell: 1,
  leave: 0,
};

function rank({ from, signature: { cause, remedy } }: Known): number {
  // Words that name no cause give way to any that do.
  if (cause === "NoCauseNamed") return -1;
  return (from === "state" ? 10 : 0) + remedyRank[remedy ?? "leave"];
}

export function wordsOf({ reason, text, signature }: Known): string {
  return `${signature.meaning} ${reason}: ${text}`;
}
