import { serverClock } from "../../shared/cluster/server-clock.ts";
import type { Clock, Instant } from "../../shared/time/clock.ts";

/** The cluster's own time, learned from every answer of its API server (`safety.md` §2.4). */
export interface ClusterTime {
  /** `sentAt`: when the request was sent, `Clock.monotonic`. */
  learn(headers: Readonly<Record<string, string>>, sentAt: number): void;
  /** Whole seconds, never ahead of the server. Our own wall clock until the first answer. */
  now(): Instant;
}

export function clusterTime(clock: Clock): ClusterTime {
  const server = serverClock(clock);
  return {
    learn: (headers, sentAt) => server.learn(headers["date"], sentAt),
    now: () => server.now() ?? clock.now(),
  };
}
