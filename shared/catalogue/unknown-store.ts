import type { Instant } from "../time/clock.ts";
import type { Channel } from "./signature.ts";

/** A message that no row matches, as it was met. */
export interface UnknownSighting {
  readonly cluster: string;
  readonly channel: Channel;
  readonly reason: string;
  readonly fingerprint: string;
  /** As the cluster wrote it; what is kept of it is `keptSample`. */
  readonly text: string;
  readonly at: Instant;
}

/** All messages of one cluster, channel, reason and fingerprint. */
export interface UnknownMessage extends Omit<UnknownSighting, "text" | "at"> {
  readonly count: number;
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
  /** The first of them, cut and cleaned. */
  readonly sample: string;
}

/** How many new fingerprints one cluster may bring in a day; whoever can write Events could bring any number. */
export const newFingerprintsADay = 100;

/** Counts what would have been one fingerprint too many. */
export const overflowFingerprint = "(more than can be told apart)";

export interface UnknownStore {
  /** "overflow": the day's new fingerprints are used up, so it was counted with others of its channel. */
  count(sighting: UnknownSighting): Promise<"counted" | "overflow">;
  /** For people: the most frequent first. */
  list(): Promise<readonly UnknownMessage[]>;
}

const sampleCharacters = 1_024;

/**
 * What is kept of a text: 1 KiB of printable ASCII, without what gives access: names and passwords in addresses, and their queries (a presigned
 * one is a key).
 */
export function keptSample(text: string): string {
  return text
    .slice(0, 4 * sampleCharacters)
    .replace(/[^\x20-\x7e]+/g, " ")
    .replace(/:\/\/[^\s/@"']{1,512}@/g, "://*@")
    .replace(/(:\/\/[^\s"'?]{1,1024})\?[^\s"']*/g, "$1?*")
    .replace(/\b(Bearer|Basic) +[\w.~+/=-]+/g, "$1 *")
    .slice(0, sampleCharacters);
}

/** The order of lists. */
export function mostFrequentFirst(a: UnknownMessage, b: UnknownMessage): number {
  return b.count - a.count || b.lastSeenAt - a.lastSeenAt || (a.fingerprint < b.fingerprint ? -1 : 1);
}

/** UTC day of an instant: "2026-11-21". */
export function dayOf(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10);
}
