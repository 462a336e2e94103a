import type { Delta } from "../../shared/delta/delta.ts";

/** What waits to be sent about one object, oldest first: the newest state, and before it a recovery that was not told yet. */
interface Waiting {
  readonly key: string;
  readonly deltas: readonly Delta[];
  /** When the first of them came, monotonic milliseconds. */
  readonly since: number;
}

/**
 * States on their way to the queue. The newest state of an object replaces the one that waits, so that a dead queue costs memory by the
 * number of objects and never by the number of changes. `gone` and `recovered` are never lost.
 */
export interface Outbox {
  put(delta: Delta, now: number): void;
  /** Takes what waits, urgent before milestones, until `accept` declines; keys in `except` stay. */
  take(except: ReadonlySet<string>, accept: (waiting: Waiting) => boolean): void;
  /** What waits: urgent, and milestones with the age of the oldest. */
  urgent(): number;
  milestones(): { readonly count: number; readonly since?: number };
  /** States that were replaced before they were sent. */
  coalesced(): number;
  onPut(listener: () => void): void;
}

export function outbox(): Outbox {
  const urgent = new Map<string, Waiting>();
  const milestones = new Map<string, Waiting>();
  let coalesced = 0;
  let listener: () => void = () => {};

  function merge(waiting: Waiting, delta: Delta): Waiting {
    // Nothing comes after the end of a uid.
    if (waiting.deltas.at(-1)?.kind === "gone") return waiting;
    // A suspect again after a recovery: both are told, or its case would reach back over the time in which it was well.
    const kept = delta.kind === "suspect" ? waiting.deltas.filter((each) => each.kind === "recovered") : [];
    coalesced += waiting.deltas.length - kept.length;
    return { ...waiting, deltas: [...kept, delta] };
  }

  return {
    put(delta, now) {
      const room = delta.kind === "milestone" ? milestones : urgent;
      const key = keyOf(delta);
      const waiting = room.get(key);
      room.set(key, waiting === undefined ? { key, deltas: [delta], since: now } : merge(waiting, delta));
      listener();
    },
    take(except, accept) {
      for (const room of [urgent, milestones]) {
        for (const waiting of room.values()) {
          if (except.has(waiting.key)) continue;
          if (!accept(waiting)) return;
          room.delete(waiting.key);
        }
      }
    },
    urgent: () => urgent.size,
    milestones: () => {
      const oldest = milestones.values().next().value;
      return { count: milestones.size, ...(oldest === undefined ? {} : { since: oldest.since }) };
    },
    coalesced: () => coalesced,
    onPut(given) {
      listener = given;
    },
  };
}

/** By uid; an Event by its own uid, for several may speak of one object. Milestones go beside what the healers hear of the same pod. */
function keyOf(delta: Delta): string {
  if (delta.kind === "milestone") return `milestone ${delta.object.uid}`;
  const { state } = delta;
  return delta.signals.includes("WarningEvent") && state !== undefined ? `event ${state.ref.uid}` : delta.object.uid;
}
