import type { Clock, Instant } from "../time/clock.ts";

/**
 * The API server's own time, learned from the Date header of its answers (whole seconds, cut).
 *
 *   our side   ──send────────────────receive──►
 *   server     ────────── Date ────────────────      Date ≤ its time when it answered < Date + 1 s
 *
 * At `receive` the server's time is at least Date: a lower bound, so that what is told is never ahead of it. The highest bound seen is
 * kept, until an answer contradicts it (at `send` the server's time was below Date + 1 s): another server behind the same address, or a
 * clock that was set back; or until it is five minutes old, so that the drift between two clocks cannot add up.
 */
export interface ServerClock {
  /** Whole seconds; undefined before the first answer with a Date. */
  now(): Instant | undefined;
  /** `sentAt` and the moment of this call by `Clock.monotonic`. */
  learn(dateHeader: string | undefined, sentAt: number): void;
}

const boundLifetimeMs = 300_000;

export function serverClock(clock: Clock): ServerClock {
  /** Server time minus our monotonic time, from below. */
  let bound: { readonly offset: number; readonly learnedAt: number } | undefined;
  return {
    now() {
      return bound === undefined ? undefined : Math.floor((clock.monotonic() + bound.offset) / 1_000) * 1_000;
    },
    learn(dateHeader, sentAt) {
      const date = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader);
      if (Number.isNaN(date)) return;
      const receivedAt = clock.monotonic();
      const offset = date - receivedAt;
      const ceiling = date + 1_000 - sentAt;
      const keep =
        bound !== undefined &&
        bound.offset >= offset &&
        bound.offset < ceiling &&
        receivedAt - bound.learnedAt < boundLifetimeMs;
      if (!keep) bound = { offset, learnedAt: receivedAt };
    },
  };
}
