import type { Case } from "../case/case.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ClusterState } from "../cluster/cluster-state.ts";
import type { RegisteredCluster } from "../cluster/registered-cluster.ts";
import type { FlagRow, Mode } from "../flag/flag.ts";
import type { Log } from "../log/log.ts";
import type { Healer, HealerFacts } from "./healer.ts";
import type { ObjectMessage } from "./healer-message.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/** Everything known of one message before its cluster is read. */
export interface Sight<Facts extends HealerFacts = HealerFacts> {
  readonly healer: Healer<Facts>;
  readonly deps: PipelineDeps;
  readonly message: ObjectMessage;
  readonly openCase: Case;
  /** No open case was stored: this look may open one, and has none to close. */
  readonly isNew: boolean;
  readonly mode: Mode;
  readonly flag: FlagRow;
  readonly state: ClusterState;
  readonly registered: RegisteredCluster;
  readonly log: Log;
}

/** One look at one object: the cluster answers, and the mode is one in which a healer decides. */
export interface Look<Facts extends HealerFacts = HealerFacts> extends Sight<Facts> {
  readonly mode: Exclude<Mode, "off">;
  readonly cluster: Cluster;
}

/** How one message ended. Every way is acknowledged; what must be tried again is thrown. */
export interface Handled {
  readonly kind:
    | "NotConcerned"
    | "SwitchedOff"
    | "NotRegistered"
    | "NothingOpen"
    | "TooEarly"
    | "Superseded"
    | "Rearmed"
    | "Quarantined"
    | "Held"
    | "Closed"
    | "RoundsBegun"
    | "RoundMade"
    | "WordEnded"
    | "Decided";
  readonly reason?: string;
}
