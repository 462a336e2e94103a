/** An instant: milliseconds since the Unix epoch, UTC. A plain number, so that it survives JSON and tables as it is. */
export type Instant = number;

/** Everything that the code may know about time, and the only way to wait. Passed in everywhere, so that tests and the simulator own time. */
export interface Clock {
  /** Wall time of this process. Never compare it with another machine's clock without a margin (`safety.md` §2.4). */
  now(): Instant;
  /** Milliseconds that only ever rise, from an arbitrary origin: for durations inside this process. */
  monotonic(): number;
  /** Resolves after `ms`; resolves early (never rejects) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
