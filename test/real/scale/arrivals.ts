import type { Delta } from "../../../shared/delta/delta.ts";
import { parseForwarderMessage } from "../../../shared/delta/parse-forwarder-message.ts";
import type { Queue, ReceivedMessage } from "../../../shared/queue/queue.ts";

/** One delta as it came: about a pod or node itself. */
export interface Arrival {
  readonly delta: Delta;
  readonly sequence: number;
  /** The queue's SentTimestamp, ms. */
  readonly sentAt: number;
}

/** What came out of the queue so far. */
export interface Arrivals {
  /** Deltas about one object's own state, in the order in which the forwarder sent them: no milestones, no Events. */
  of(uid: string): readonly Arrival[];
  uids(): readonly string[];
  readonly counts: Counts;
  /** Sequence numbers that a report vouches for, or that lie below one that came, and that did not come. */
  lost(): readonly number[];
  /** Why a message or a delta could not be read. */
  readonly unreadable: readonly string[];
}

export interface Counts {
  readonly messages: number;
  readonly bytes: number;
  readonly reports: number;
  /** Messages that came more than once. */
  readonly repeated: number;
  readonly deltas: Readonly<Record<Delta["kind"], number>>;
  readonly events: number;
  /** Those that call a node's Lease stale: KWOK does not keep up. */
  readonly staleLeases: number;
}

/** Keeps the books of one forwarder: messages of a second epoch are refused, for nobody restarted it. */
export function arrivals(): Arrivals & { take(message: Pick<ReceivedMessage, "body" | "sentAt">): void } {
  const byUid = new Map<string, Arrival[]>();
  const came = new Set<number>();
  const unreadable: string[] = [];
  const deltas = { suspect: 0, recovered: 0, gone: 0, milestone: 0 };
  const counts = { messages: 0, bytes: 0, reports: 0, repeated: 0, deltas, events: 0, staleLeases: 0 };
  let epoch: number | undefined;
  let vouchedTo = 0;

  function takeDelta(arrival: Arrival): void {
    const { delta } = arrival;
    deltas[delta.kind] += 1;
    if (delta.signals.includes("WarningEvent")) counts.events += 1;
    if (delta.signals.includes("NodeLeaseStale")) counts.staleLeases += 1;
    if (delta.kind === "milestone" || delta.signals.includes("WarningEvent")) return;
    const known = byUid.get(delta.object.uid) ?? [];
    byUid.set(delta.object.uid, known);
    known.push(arrival);
  }

  return {
    take({ body, sentAt }) {
      const parsed = parseForwarderMessage(body);
      if (parsed.kind === "malformed") {
        unreadable.push(`a message: ${parsed.code} ${parsed.detail}`);
        return;
      }
      const { message, refused } = parsed;
      const { sequence } = message;
      epoch ??= message.epoch;
      if (message.epoch !== epoch) {
        unreadable.push(`message ${sequence}: epoch ${message.epoch} after ${epoch}`);
        return;
      }
      if (came.has(sequence)) {
        counts.repeated += 1;
        return;
      }
      came.add(sequence);
      counts.messages += 1;
      counts.bytes += body.length;
      unreadable.push(...refused.map((each) => `message ${sequence}: ${each}`));
      if (message.kind === "report") {
        counts.reports += 1;
        vouchedTo = Math.max(vouchedTo, message.report.sent?.to ?? 0);
      } else {
        for (const delta of message.deltas) takeDelta({ delta, sequence, sentAt });
      }
    },
    // A queue keeps no order; within one message the order of the deltas stays.
    of: (uid) => (byUid.get(uid) ?? []).toSorted((a, b) => a.sequence - b.sequence),
    uids: () => [...byUid.keys()],
    counts,
    lost() {
      const last = Math.max(vouchedTo, ...came);
      return Array.from({ length: last }, (_, at) => at + 1).filter((sequence) => !came.has(sequence));
    },
    unreadable,
  };
}

/** Takes everything out of the queue until `signal` aborts, and then until the queue is empty. */
export async function drain(
  queue: Queue,
  take: (message: ReceivedMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const messages = await queue.receive({ limit: 10, waitMs: 1_000, visibilityMs: 60_000 });
    if (messages.length === 0 && signal.aborted) return;
    for (const message of messages) take(message);
    await queue.acknowledge(messages.map(({ receipt }) => receipt));
  }
}
