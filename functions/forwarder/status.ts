import type { WatchStatus } from "./watch-loop.ts";
import type { WatchedResource } from "./watched-resource.ts";

/** How a forwarder is, for probes and for people. */
export interface ForwarderStatus {
  readonly cluster: string;
  /** Absent until the API server answered for the first time. */
  readonly epoch?: number;
  /** Why it cannot begin. */
  readonly trouble?: string;
  readonly synced: boolean;
  readonly resources: Readonly<Record<WatchedResource["name"], ResourceStatus>>;
  readonly lastSend: "none" | "ok" | "failed";
  /** Since the queue last acknowledged something. */
  readonly sentMsAgo?: number;
  /** Deltas that wait or are not acknowledged. */
  readonly unsent: number;
  readonly coalesced: number;
  readonly suspects: number;
}

export interface ResourceStatus extends Pick<WatchStatus, "synced" | "watching" | "trouble"> {
  /** Since the last byte from the server; absent before the first. */
  readonly heardMsAgo?: number;
  /** Since the loop itself last did anything; 0 before it runs. */
  readonly activeMsAgo: number;
  readonly objects: number;
}

/** No loop waits longer than this between two steps (back-off 30 s, a page 30 s, an idle watch 90 s): one that does is stuck. */
const stuckMs = 5 * 60_000;
/** Reports go out every 30 s: without one acknowledged for so long, the centre sees nothing of us. */
const unsentMs = 120_000;

/** Alive as long as every loop moves. A server that is away is no reason to be restarted: that would only add lists to its return. */
export function isHealthy(status: ForwarderStatus): boolean {
  return Object.values(status.resources).every((each) => each.activeMsAgo <= stuckMs);
}

export function isReady(status: ForwarderStatus): boolean {
  return status.synced && status.lastSend === "ok" && (status.sentMsAgo ?? unsentMs + 1) <= unsentMs;
}
