import type { ReservationStore } from "../capacity/reservation.ts";
import type { CaseStore } from "../case/case-store.ts";
import type { ClaimStore } from "../case/claim.ts";
import type { LiveCatalogue } from "../catalogue/stored-catalogue.ts";
import type { Clusters } from "../cluster/cluster.ts";
import type { ClusterStore } from "../cluster/cluster-state.ts";
import type { Flags } from "../flag/flags.ts";
import type { IncidentStore } from "../incident/incident.ts";
import type { LeakStore } from "../ledger/leak.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LifecycleStore } from "../lifecycle/lifecycle.ts";
import type { Metrics, SwitchableLog } from "../log/log.ts";
import type { Queue } from "../queue/queue.ts";
import type { BudgetStore } from "../rail/budget.ts";
import type { Random } from "../random/random.ts";
import type { Clock } from "../time/clock.ts";
import type { RungRecordStore } from "./rung-record.ts";

/** Everything that the pipeline stands on, passed in once. */
export interface PipelineDeps {
  readonly cases: CaseStore;
  readonly claims: ClaimStore;
  readonly budgets: BudgetStore;
  readonly reservations: ReservationStore;
  /** What rungs were good for on the nodes of a cluster. */
  readonly rungs: RungRecordStore;
  readonly ledger: Ledger;
  readonly leaks: LeakStore;
  readonly lifecycles: LifecycleStore;
  readonly flags: Flags;
  readonly incidents: IncidentStore;
  readonly clusters: ClusterStore;
  readonly catalogue: LiveCatalogue;
  readonly connections: Clusters;
  /** The healer's own queue: where its wake-ups go. */
  readonly queue: Queue;
  /** The queue of the nodes' healer: where nodes are handed over. */
  readonly nodeQueue: Queue;
  /** Where messages go that nobody can read, with the error code. */
  readonly quarantine: Queue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: SwitchableLog;
  readonly metrics: Metrics;
  /** The function's time limit in ms: a claim's lease is longer than that. */
  readonly timeLimitMs: number;
}
