import type { Clock } from "../../shared/time/clock.ts";
import { minHeap } from "./min-heap.ts";

/** One alarm per key. What no event marks (a grace period ends, a settle time is over, a resync is due) is rung from here. */
export interface AlarmClock {
  /** Rings at this monotonic instant; replaces the key's earlier alarm. */
  set(key: string, at: number): void;
  cancel(key: string): void;
  /** Rings until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly at: number;
}

const farAwayMs = 3_600_000;
const retryAfterErrorMs = 60_000;

/** `ring` must not wait. When it throws, `failed` hears of it and the alarm is repeated a minute later: no object loses its alarm to a bug. */
export function alarmClock(
  clock: Clock,
  ring: (key: string) => void,
  failed: (key: string, error: unknown) => void,
): AlarmClock {
  const current = new Map<string, Entry>();
  let heap = minHeap<Entry>((a, b) => a.at - b.at);
  let wake = new AbortController();

  function set(key: string, at: number): void {
    const entry = { key, at };
    const earliest = heap.peek();
    current.set(key, entry);
    heap.push(entry);
    if (earliest === undefined || at < earliest.at) wake.abort();
    // Replaced entries stay in the heap until they come up; a clear-out keeps them from outgrowing the live ones.
    if (heap.size() > 2 * current.size + 1_024) {
      heap = minHeap<Entry>((a, b) => a.at - b.at);
      for (const each of current.values()) heap.push(each);
    }
  }

  function ringDue(): void {
    for (let next = heap.peek(); next !== undefined && next.at <= clock.monotonic(); next = heap.peek()) {
      heap.pop();
      if (current.get(next.key) !== next) continue;
      current.delete(next.key);
      try {
        ring(next.key);
      } catch (error) {
        failed(next.key, error);
        set(next.key, clock.monotonic() + retryAfterErrorMs);
      }
    }
  }

  return {
    set,
    cancel(key) {
      current.delete(key);
    },
    async run(signal) {
      const stop = () => wake.abort();
      signal.addEventListener("abort", stop, { once: true });
      while (!signal.aborted) {
        ringDue();
        wake = new AbortController();
        const next = heap.peek();
        const pause = next === undefined ? farAwayMs : Math.min(farAwayMs, next.at - clock.monotonic());
        await clock.sleep(Math.max(0, Math.ceil(pause)), wake.signal);
      }
      signal.removeEventListener("abort", stop);
    },
  };
}
