import type { VerdictKind } from "../heal/heal.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

export interface CaseKey {
  readonly healer: string;
  readonly cluster: string;
  readonly uid: string;
}

/**
 * The open record of one sick object for one healer. Instants are ours (the functions' clock) unless a name says otherwise.
 * The row is also the wake-up's fence: every save raises `version`, and a wake-up that carries an older one is dropped.
 */
export interface Case {
  readonly key: CaseKey;
  readonly object: ObjectRef;
  readonly version: number;
  readonly state: "open" | "closed";
  readonly openedAt: Instant;
  readonly updatedAt: Instant;
  /** The latest verdict, or what held it back. */
  readonly verdict?: {
    readonly kind: VerdictKind;
    readonly reason: string;
    readonly message: string;
    readonly at: Instant;
    /** "observe": nothing was written to the cluster. */
    readonly mode: "act" | "observe";
  };
  /** Sightings before this are dropped unread. */
  readonly nextLookAt?: Instant;
  /** The cluster's clock minus ours, as last seen. */
  readonly clockOffsetMs?: number;
  /** Writes sent, including those of unknown outcome. */
  readonly attempts: number;
  /** A write whose effect has not been seen yet. */
  readonly pending?: { readonly actionId: string; readonly sentAt: Instant };
  /** Told to people; set once. */
  readonly escalated?: { readonly reason: string; readonly at: Instant; readonly actionId: string };
  /** What observe mode would have done; held until then, or until the mode changes. */
  readonly shadowHeldUntil?: Instant;
  readonly closedBecause?: string;
  readonly traceId: string;
}

/** How long a closed case stays readable. Garbage collection only; nothing depends on it. */
export const closedCaseRetentionMs = 30 * 86_400_000;
