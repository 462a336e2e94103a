import type { Clock } from "../../../shared/time/clock.ts";

export interface PastClock extends Clock {
  /** Moves on by `ms`, but never past the present. */
  advance(ms: number): void;
  /** From here on this is the real clock. */
  arrive(): void;
}

/**
 * A clock that begins in the past and is moved by hand until it has caught up. So the simulated clusters have a history when somebody looks at
 * them first: nodes that have long been Ready, residue that has lain about for minutes.
 */
export function pastClock(real: Clock, agoMs: number): PastClock {
  let now: number | undefined = real.now() - agoMs;
  return {
    now: () => now ?? real.now(),
    monotonic: () => real.monotonic(),
    sleep: (ms, signal) => real.sleep(ms, signal),
    advance(ms) {
      if (now !== undefined) now = Math.min(real.now(), now + ms);
    },
    arrive() {
      now = undefined;
    },
  };
}
