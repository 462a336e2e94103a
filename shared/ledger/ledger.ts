import type { Instant } from "../time/clock.ts";
import type { Action } from "./action.ts";

/** Append-only record of what was planned and what came of it. */
export interface Ledger {
  /** "exists": an action of this id was already planned; nothing was written. */
  plan(action: Action): Promise<"planned" | "exists">;
  /** Writes the outcome once. */
  settle(
    cluster: string,
    id: string,
    outcome: NonNullable<Action["outcome"]>,
  ): Promise<"settled" | "already" | "absent">;
  /** Writes the instant at which the effect was seen, once. */
  verify(cluster: string, id: string, at: Instant): Promise<void>;
  /** Strongly consistent. */
  read(cluster: string, id: string): Promise<Action | undefined>;
  /** For people, newest first; may be stale. */
  list(filter?: {
    readonly cluster?: string;
    readonly healer?: string;
    readonly limit?: number;
  }): Promise<readonly Action[]>;
}
