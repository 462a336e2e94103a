import type { Instant } from "../time/clock.ts";

/**
 * The right to act on one object now: one row per (cluster, uid), whichever healer asks.
 *
 *   take ─────────── write to the cluster ─── release
 *   │◄──────────────── lease ────────────────────────►│ expiresAt
 *
 * A claim saves work; it cannot fence a write (the uid precondition does). The lease is longer than the function's time limit, so
 * that a holder is dead before its claim is taken over; the next holder settles what the dead one left planned.
 */
export interface Claim {
  readonly cluster: string;
  readonly uid: string;
  /** Unique per attempt. */
  readonly holder: string;
  readonly healer: string;
  readonly actionId: string;
  readonly attempt: number;
  readonly expiresAt: Instant;
}

export type ClaimAnswer =
  /** `unfinished`: the action of an expired or unknown-outcome holder, to be settled from live state first. */
  | { readonly kind: "taken"; readonly unfinished?: string }
  | { readonly kind: "held"; readonly until: Instant; readonly healer: string };

export interface ClaimStore {
  /** One conditional write: no row, or an expired one (`expiresAt <= now`), or our own holder. */
  take(claim: Claim, now: Instant): Promise<ClaimAnswer>;
  /** Only the holder's own row; another's is left alone. */
  release(cluster: string, uid: string, holder: string): Promise<void>;
  /** Strongly consistent; undefined when absent (an expired row is returned: the caller compares). */
  read(cluster: string, uid: string): Promise<Claim | undefined>;
}
