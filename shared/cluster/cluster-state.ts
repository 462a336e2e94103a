import type { ClusterReport } from "../delta/cluster-report.ts";
import type { Brake } from "../rail/brake.ts";
import type { Instant } from "../time/clock.ts";
import type { RegisteredCluster } from "./registered-cluster.ts";

/** The last report that was accepted, with the queue's own time. */
export interface StoredReport {
  readonly epoch: number;
  readonly sequence: number;
  /** SQS SentTimestamp: our side's clock. Freshness is judged by this alone. */
  readonly sentAt: Instant;
  readonly report: ClusterReport;
}

/** Opens when a cluster's API server does not answer, so that its time-outs do not eat the others' concurrency. */
export interface Breaker {
  readonly consecutiveFailures: number;
  readonly openUntil: Instant;
  readonly reason: string;
}

/** Everything about one cluster that is not in the cluster: read in one consistent query before anything else. */
export interface ClusterState {
  readonly registered?: RegisteredCluster;
  readonly report?: StoredReport;
  readonly brake?: Brake;
  readonly breaker?: Breaker;
}

export interface ClusterStore {
  /** Strongly consistent. */
  state(id: string): Promise<ClusterState>;
  list(): Promise<readonly (ClusterState & { readonly id: string })[]>;

  register(cluster: RegisteredCluster): Promise<void>;
  /** Removes the registration and everything known of the cluster, so that a changed endpoint never meets old credentials. */
  remove(id: string): Promise<"removed" | "absent">;
  /** The cluster that this sender speaks for. Strongly consistent. */
  clusterOfSender(sender: string): Promise<string | undefined>;

  /** Stored only if (epoch, sequence) rises; "stale" otherwise, and nothing is written. */
  saveReport(id: string, report: StoredReport): Promise<"saved" | "stale">;
  /**
   * Puts `next` in the place of `before` (undefined: of none). "conflict": another one stands there by now, and nothing was written: what was computed from
   * `before` may skip a step that the other one took.
   */
  replaceBrake(id: string, before: Brake | undefined, next: Brake): Promise<"replaced" | "conflict">;
  saveBreaker(id: string, breaker: Breaker | undefined): Promise<void>;

  /** Remembers sequence numbers that arrived, per epoch. */
  markArrived(id: string, epoch: number, sequences: readonly number[]): Promise<void>;
  /** Those of `from..to` (inclusive, at most 1,024) that never arrived; forgets what lies before `from`. */
  missing(id: string, epoch: number, from: number, to: number): Promise<readonly number[]>;
}
