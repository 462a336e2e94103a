import type { Clock } from "../time/clock.ts";

export interface ReadRate {
  /** Resolves when the next read may be sent, first come first served. */
  take(): Promise<void>;
}

/**
 * A token bucket of one second's worth of reads, so that many suspects do not become a storm on a sick API server. It holds within one
 * function container; how many of those there are is bounded by the function's maximum concurrency.
 */
export function readRate(perSecond: number, clock: Clock): ReadRate {
  const intervalMs = 1_000 / perSecond;
  const burst = Math.max(1, Math.floor(perSecond));
  let next = Number.NEGATIVE_INFINITY;
  return {
    async take() {
      const now = clock.monotonic();
      const slot = Math.max(next, now - (burst - 1) * intervalMs);
      next = slot + intervalMs;
      if (slot > now) await clock.sleep(slot - now);
    },
  };
}
