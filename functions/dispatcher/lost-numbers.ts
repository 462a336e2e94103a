import type { ClusterStore } from "../../shared/cluster/cluster-state.ts";
import type { ReportMessage } from "../../shared/delta/forwarder-message.ts";
import type { Instant } from "../../shared/time/clock.ts";

/** A number that was acknowledged to its forwarder and has not come here after this long is lost; queues deliver in seconds. */
const lostAfterMs = 60_000;
/** Reports come every 30 s: enough to look back past `lostAfterMs` several times over. */
const remembered = 16;

interface Vouched {
  readonly epoch: number;
  readonly to: number;
  readonly sentAt: Instant;
}

interface Memory {
  readonly vouched: readonly Vouched[];
  readonly countedTo: number;
}

/**
 * Which numbers got lost between a forwarder and here (K17): those that a report older than 60 s vouched for and that never arrived. What the
 * reports said is remembered in this container alone: it makes a metric, and nothing else depends on it.
 */
export interface LostNumbers {
  after(cluster: string, message: ReportMessage, sentAt: Instant): Promise<readonly number[]>;
}

export function lostNumbers(clusters: Pick<ClusterStore, "missing">): LostNumbers {
  const memories = new Map<string, Memory>();
  return {
    async after(cluster, message, sentAt) {
      const { sent } = message.report;
      if (sent === undefined) return [];
      const { epoch } = message;
      const known = memories.get(cluster) ?? { vouched: [], countedTo: 0 };
      const sameEpoch = known.vouched.filter((each) => each.epoch === epoch);
      const countedTo = sameEpoch.length === 0 ? 0 : known.countedTo;
      const old = sameEpoch.filter((each) => sentAt - each.sentAt >= lostAfterMs).at(-1);
      const vouched = [...sameEpoch, { epoch, to: sent.to, sentAt }].slice(-remembered);
      memories.set(cluster, { vouched, countedTo });
      if (old === undefined || old.to < sent.from || old.to <= countedTo) return [];
      // From the report's own beginning: the store forgets what lies before.
      const missing = await clusters.missing(cluster, epoch, sent.from, old.to);
      memories.set(cluster, { vouched, countedTo: old.to });
      return missing.filter((each) => each > countedTo);
    },
  };
}
