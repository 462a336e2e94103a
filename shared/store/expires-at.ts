import type { Instant } from "../time/clock.ts";

/** The TTL attribute: epoch seconds. Garbage collection only; DynamoDB deletes up to days later, and nothing may depend on it. */
export function expiresAt(lastNeededAt: Instant, retentionMs: number): { readonly expiresAt: number } {
  return { expiresAt: Math.ceil((lastNeededAt + retentionMs) / 1_000) };
}
