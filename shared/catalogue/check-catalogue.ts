import { catalogueOf, moreSpecificFirst } from "./catalogue.ts";
import { signatureProblems } from "./check-signature.ts";
import { containsInOrder } from "./fragments.ts";
import { readSignature } from "./read-signature.ts";
import type { Origin, Place, ProvenSignature, Signature } from "./signature.ts";

export interface CheckedRows {
  readonly signatures: readonly ProvenSignature[];
  /** "row image-not-found: cause: …", every one there is. */
  readonly problems: readonly string[];
}

/** Rows as they were written, in any order: their forms, what they say, and how they stand to each other. */
export function checkRows(contents: readonly unknown[], origin: Origin): CheckedRows {
  const signatures: ProvenSignature[] = [];
  const problems: string[] = [];
  for (const [index, content] of contents.entries()) {
    const name = nameOf(content) ?? `number ${index + 1}`;
    const read = readSignature(content);
    if (read.kind === "problems") {
      problems.push(...read.problems.map((problem) => `row ${name}: ${problem}`));
    } else {
      signatures.push(read.signature);
      problems.push(...signatureProblems(read.signature, origin).map((problem) => `row ${name}: ${problem}`));
    }
  }
  return { signatures, problems: [...problems, ...togetherProblems(signatures)] };
}

function nameOf(content: unknown): string | undefined {
  const id: unknown = typeof content === "object" && content !== null && "id" in content ? content.id : undefined;
  return typeof id === "string" ? id : undefined;
}

/** What no row shows by itself: an id that is there twice, a row that never gets its turn, a sample that another row takes. */
function togetherProblems(signatures: readonly ProvenSignature[]): readonly string[] {
  const seen = new Set<string>();
  const doubled = signatures
    .filter(({ id }) => seen.has(id) || !seen.add(id))
    .map(({ id }) => `row ${id}: the id is there twice`);
  if (doubled.length > 0) return doubled;
  return [...signatures.flatMap((each) => shadowProblems(each, signatures)), ...takenSamples(signatures)];
}

/** A row is shadowed where another matches everything that it matches and is taken before it. */
function shadowProblems(signature: Signature, all: readonly Signature[]): readonly string[] {
  return signature.seenIn.flatMap((place) => {
    const shadow = all.find(
      (other) =>
        other !== signature &&
        moreSpecificFirst(other, signature) < 0 &&
        other.seenIn.some((theirs) => covers(theirs, place)) &&
        implies(signature.fragments, other.fragments),
    );
    return shadow === undefined ? [] : [`row ${signature.id}: as ${place.channel} it is shadowed by row ${shadow.id}`];
  });
}

function covers(theirs: Place, place: Place): boolean {
  if (theirs.channel !== place.channel) return false;
  return theirs.reasons === undefined || (place.reasons?.every((reason) => theirs.reasons?.includes(reason)) ?? false);
}

/** Whether each text with `fragments` in it has the others in it too: joined by what no fragment holds, so that none spans two. */
function implies(fragments: readonly string[], others: readonly string[]): boolean {
  return containsInOrder(fragments.join("\n"), others);
}

function takenSamples(signatures: readonly ProvenSignature[]): readonly string[] {
  const catalogue = catalogueOf(signatures);
  return signatures.flatMap((signature) =>
    signature.samples.flatMap((sample, index) => {
      const match = catalogue.match(sample);
      if (match.kind === "unknown" || match.signature.id === signature.id) return [];
      return [`row ${signature.id}: samples.${index}: is taken by row ${match.signature.id}, which is more specific`];
    }),
  );
}
