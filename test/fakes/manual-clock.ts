import type { Clock, Instant } from "../../shared/time/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time on by `ms`, waking sleepers in order of their due time. */
  advance(ms: number): Promise<void>;
  set(instant: Instant): void;
}

/** A clock that only moves when a test says so. */
export function manualClock(start = "2026-11-21T12:00:00Z"): ManualClock {
  const origin = Date.parse(start);
  let now = origin;
  let sleepers: { due: number; wake: () => void }[] = [];
  const settle = async () => {
    // Several turns: a woken sleeper may await a few resolved promises before it sleeps again.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    now: () => now,
    monotonic: () => now - origin,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) {
          resolve();
          return;
        }
        const sleeper = { due: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener(
          "abort",
          () => {
            sleepers = sleepers.filter((each) => each !== sleeper);
            resolve();
          },
          { once: true },
        );
      }),
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = sleepers.filter((each) => each.due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        sleepers = sleepers.filter((each) => each !== next);
        now = Math.max(now, next.due);
        next.wake();
        await settle();
      }
      now = end;
    },
    set(instant) {
      now = instant;
    },
  };
}
