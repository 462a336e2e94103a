import type { Delta } from "../../shared/delta/delta.ts";
import type { Instant } from "../../shared/time/clock.ts";

/** One delta out of a message, with where it came from. */
export interface Arrival {
  readonly cluster: string;
  readonly epoch: number;
  readonly sequence: number;
  /** When the queue took the message. */
  readonly sentAt: Instant;
  readonly messageId: string;
  readonly delta: Delta;
}

/** What several arrivals about one object come to. */
export interface Collapsed {
  readonly cluster: string;
  readonly delta: Delta;
  readonly sentAt: Instant;
  /** Every message that had a part in it: all of them come again if it cannot be passed on. */
  readonly messageIds: readonly string[];
}

/**
 * Repeats of one object within a batch, made one: the newest state by (epoch, sequence, place in the message), with the signals of all, for an Event
 * about a pod and the pod's own state are two sights of one suspect. `gone`, `recovered` and `milestone` are never swallowed: each kind of
 * delta is collapsed for itself, milestones not at all (ready and gone are two moments of a life), and only a suspect that was gone or well
 * again by the end of the batch is left out.
 */
export function collapse(arrivals: readonly Arrival[]): readonly Collapsed[] {
  const byObject = Map.groupBy(arrivals.toSorted(oldestFirst), ({ cluster, delta }) =>
    JSON.stringify([cluster, delta.object.uid]),
  );
  return [...byObject.values()].flatMap((ofObject) => {
    const ended = ofObject.findLastIndex(({ delta }) => delta.kind === "gone" || delta.kind === "recovered");
    const stands = ofObject.filter(({ delta }, index) => delta.kind !== "suspect" || index > ended);
    const groups = Map.groupBy(stands, ({ delta }, index) => (delta.kind === "milestone" ? index : delta.kind));
    return [...groups.values()].map(collapsed);
  });
}

const oldestFirst = (a: Arrival, b: Arrival): number => a.epoch - b.epoch || a.sequence - b.sequence;

/** `group`: oldest first. */
function collapsed(group: readonly Arrival[]): Collapsed {
  const newest = group.at(-1) ?? raise();
  // A pod's or node's own state says more than the last Event about it.
  const own = group.findLast(({ delta }) => delta.state?.ref.uid === delta.object.uid);
  const state = own?.delta.state ?? newest.delta.state;
  return {
    cluster: newest.cluster,
    sentAt: newest.sentAt,
    delta: {
      ...newest.delta,
      signals: [...new Set(group.flatMap(({ delta }) => delta.signals))],
      ...(state === undefined ? {} : { state }),
    },
    messageIds: [...new Set(group.map(({ messageId }) => messageId))],
  };
}

function raise(): never {
  throw new RangeError("collapsing no arrivals");
}
