import type { Instant } from "../../shared/time/clock.ts";

/** One message as the queue `deltas` hands it over. */
export interface IncomingRecord {
  readonly messageId: string;
  readonly body: string;
  readonly sentAt: Instant;
  /** As SQS stamps it: a role's unique id, then ":" and a session name that the sender chose. */
  readonly senderId: string;
}
