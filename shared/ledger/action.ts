import type { Heal, OutcomeKind } from "../heal/heal.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

/** One recorded attempt: written before the call (planned), then with its outcome. */
export interface Action {
  readonly id: string;
  readonly cluster: string;
  readonly healer: string;
  readonly object: ObjectRef;
  /** Escalate: told to people, nothing else. */
  readonly heal: Heal | { readonly kind: "Escalate"; readonly about: ObjectRef };
  readonly reason: string;
  readonly message: string;
  /** "observe": what would have been done; nothing was written to the cluster. */
  readonly mode: "act" | "observe";
  readonly attempt: number;
  readonly traceId: string;
  readonly plannedAt: Instant;
  /** Whose word allowed it: the flag row's scope, healer and author. */
  readonly allowedBy: string;
  /** Keys of the budgets it spent. */
  readonly budgets: readonly string[];
  /** gzip + base64 of the evidence JSON, at most 100 KB. */
  readonly evidence?: string;
  /**
   * Withdrawn: the last look said no, nothing was sent. Observed: observe mode, nothing was sent. Absent: planned, and nobody knows yet
   * (the next holder of the claim settles it).
   */
  readonly outcome?: {
    readonly kind: OutcomeKind | "Withdrawn" | "Observed";
    readonly message: string;
    readonly at: Instant;
  };
  /** When the effect was seen in the cluster. */
  readonly verifiedAt?: Instant;
}
