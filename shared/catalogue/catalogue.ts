import { fingerprintOf } from "./fingerprint.ts";
import { containsInOrder, weightOf } from "./fragments.ts";
import { canonicalReason } from "./reason-alias.ts";
import type { Sighting, Signature } from "./signature.ts";

export type Match =
  | { readonly kind: "known"; readonly signature: Signature }
  /** No row says anything of it. Texts that differ only in names and numbers have one fingerprint. */
  | { readonly kind: "unknown"; readonly fingerprint: string };

export interface Catalogue {
  /** The most specific row: the longest sum of fragments; of equals the one whose id comes first. */
  match(sighting: Sighting): Match;
}

/**
 * How much of a text is looked at: eight times what the forwarder lets through. With it the time of a match is bounded by the number of rows,
 * whoever wrote the text.
 */
const matchedCharacters = 8_192;

export function catalogueOf(signatures: readonly Signature[]): Catalogue {
  const byPlace = new Map<string, Signature[]>();
  for (const signature of [...signatures].sort(moreSpecificFirst)) {
    for (const key of new Set(signature.seenIn.flatMap(placeKeys))) {
      const rows = byPlace.get(key);
      if (rows === undefined) byPlace.set(key, [signature]);
      else rows.push(signature);
    }
  }
  return {
    match({ channel, reason, text }) {
      const looked = text.slice(0, matchedCharacters);
      const first = (key: string) => byPlace.get(key)?.find(({ fragments }) => containsInOrder(looked, fragments));
      const [signature] = [first(placeKey(channel, canonicalReason(reason))), first(placeKey(channel))]
        .filter((each) => each !== undefined)
        .sort(moreSpecificFirst);
      return signature === undefined
        ? { kind: "unknown", fingerprint: fingerprintOf(looked) }
        : { kind: "known", signature };
    },
  };
}

/** Negative where `a` is taken before `b`. */
export function moreSpecificFirst(a: Signature, b: Signature): number {
  const byWeight = weightOf(b.fragments) - weightOf(a.fragments);
  if (byWeight !== 0) return byWeight;
  return a.id < b.id ? -1 : 1;
}

function placeKeys({ channel, reasons }: Signature["seenIn"][number]): readonly string[] {
  return reasons === undefined ? [placeKey(channel)] : reasons.map((reason) => placeKey(channel, reason));
}

/** Without a reason: rows that take any. */
function placeKey(channel: string, reason?: string): string {
  return reason === undefined ? channel : `${channel} ${reason}`;
}
