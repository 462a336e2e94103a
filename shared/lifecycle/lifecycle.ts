import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

/** The life of one pod uid (S0-07), kept after its deletion. Instants by the cluster's clock, from the status. */
export interface Lifecycle {
  readonly cluster: string;
  readonly pod: ObjectRef;
  readonly nodeName?: string;
  readonly owner?: string;
  readonly createdAt?: Instant;
  readonly scheduledAt?: Instant;
  readonly startedAt?: Instant;
  readonly readyAt?: Instant;
  readonly deletionAt?: Instant;
  readonly goneAt?: Instant;
  readonly restarts?: number;
  /** Ids of actions, oldest first. */
  readonly heals?: readonly string[];
}

export interface LifecycleStore {
  /** Merges the given members into the row of (cluster, pod uid); earlier instants are kept. */
  record(lifecycle: Lifecycle): Promise<void>;
  /** Adds one action to the row. */
  recordHeal(cluster: string, pod: ObjectRef, actionId: string): Promise<void>;
  read(cluster: string, podUid: string): Promise<Lifecycle | undefined>;
}
