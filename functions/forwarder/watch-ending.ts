import type { Random } from "../../shared/random/random.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** How a round of list and watch ended, and with it what the next one is. */
export type WatchEnding =
  /** The server ended the stream in order: go on from where it stood. */
  | { readonly kind: "clean" }
  /** Go on from where it stood, but not at once. */
  | { readonly kind: "broken"; readonly words: string; readonly retryAfterMs?: number }
  /** Where it stood is of no use any more: list again. */
  | { readonly kind: "relist"; readonly cause: "expired" | "garbage" | "handler"; readonly words: string };

/** Counts the failures in a row and says how long to stay away after each. */
export interface WatchPauses {
  /** `livedMs`: how long the stream was open; 0 if it never was. */
  after(ending: WatchEnding, livedMs: number): number;
  failures(): number;
}

/** A stream that lived so long proves that the failures before it are over. */
const stableMs = 10_000;
/** A server that ends watches faster than this "in order" is not in order. */
const hastyMs = 1_000;

export function watchPauses(random: Random): WatchPauses {
  let failures = 0;
  return {
    after(ending, livedMs) {
      if (livedMs >= stableMs) failures = 0;
      if (ending.kind === "clean" && livedMs >= hastyMs) return 0;
      failures += 1;
      // One expiry is ordinary life; a second in a row is not.
      if (ending.kind === "relist" && ending.cause === "expired" && failures === 1) return 0;
      const jittered = retryDelayMs(failures, random);
      return ending.kind === "broken" ? Math.max(jittered, ending.retryAfterMs ?? 0) : jittered;
    },
    failures: () => failures,
  };
}
