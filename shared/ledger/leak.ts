import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

/**
 * What a force-delete may have left running on a node (S0-46). Opened with the planned action, voided if nothing was deleted, closed
 * when the node comes back with another bootID (or, later, when the node itself confirms that nothing of that uid is left).
 */
export interface Leak {
  readonly cluster: string;
  readonly pod: ObjectRef;
  readonly node: ObjectRef;
  readonly bootId: string;
  readonly actionId: string;
  readonly openedAt: Instant;
  readonly state: "open" | "voided" | "closed";
  readonly closedAt?: Instant;
  readonly closedBecause?: string;
}

export interface LeakStore {
  /** Writes or rewrites the row of (cluster, node uid, pod uid). */
  open(leak: Leak): Promise<void>;
  end(leak: Leak, state: "voided" | "closed", because: string, at: Instant): Promise<void>;
  /** Every leak of a node that is still open. */
  openOn(cluster: string, nodeUid: string): Promise<readonly Leak[]>;
  list(filter?: { readonly cluster?: string }): Promise<readonly Leak[]>;
}
