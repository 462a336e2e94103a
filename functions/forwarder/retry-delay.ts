import type { Random } from "../../shared/random/random.ts";

/** Full jitter: uniform between 0 and a bound that doubles with every failure in a row (1 is the first), up to `capMs`. */
export function retryDelayMs(failures: number, random: Random, baseMs = 1_000, capMs = 30_000): number {
  return Math.floor(random.next() * Math.min(capMs, baseMs * 2 ** Math.max(0, failures - 1)));
}
