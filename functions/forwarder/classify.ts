import type { Signal } from "../../shared/delta/delta.ts";
import { standsAtBadValue } from "../../shared/kubernetes/condition.ts";
import { lostDevices } from "../../shared/kubernetes/devices.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { LeaseFacts } from "../../shared/kubernetes/lease.ts";
import { type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import {
  isStuckWaiting,
  isTerminal,
  type PodFacts,
  silentSince,
  startingSince,
  unreadySince,
} from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { ForwarderSettings } from "./settings.ts";

/** What an object's own state says. No signals: it is well (quiet). */
export interface Judgement {
  readonly signals: readonly Signal[];
  /** The state says something else from this instant on although nothing about the object changes; no event will mark it. */
  readonly lookAgainAt?: Instant;
}

type SettleTimes = Pick<
  ForwarderSettings,
  "unscheduledSettleMs" | "silentSettleMs" | "startingSettleMs" | "unreadySettleMs"
>;

/** `now` by the cluster's clock. */
export function classifyPod(pod: PodFacts, now: Instant, settle: SettleTimes): Judgement {
  const signals: Signal[] = [];
  const moments: Instant[] = [];
  /** A signal that holds from an instant on. */
  const from = (signal: Signal, instant: Instant) => {
    if (now >= instant) signals.push(signal);
    else moments.push(instant);
  };
  // "Past" its deletionTimestamp: one millisecond after it, for the timestamp is the last instant of the grace period.
  if (pod.deletionTimestamp !== undefined) from("PodOverdue", pod.deletionTimestamp + 1);
  if (pod.phase === "Failed") signals.push("PodFailed");
  if (isUnscheduled(pod)) from("PodUnscheduled", (pod.creationTimestamp ?? now) + settle.unscheduledSettleMs);
  const silent = silentSince(pod);
  if (silent !== undefined) from("PodSilent", silent + settle.silentSettleMs);
  const starting = startingSince(pod);
  if (!isTerminal(pod) && pod.containers.some(isStuckWaiting)) signals.push("PodWaiting");
  else if (starting !== undefined) from("PodStarting", starting + settle.startingSettleMs);
  const unready = unreadySince(pod);
  if (unready !== undefined) from("PodUnready", unready + settle.unreadySettleMs);
  return { signals, ...(moments.length === 0 ? {} : { lookAgainAt: Math.min(...moments) }) };
}

/** Scheduling gates are somebody's wish, no failure (S0-12). */
function isUnscheduled(pod: PodFacts): boolean {
  return (
    pod.phase === "Pending" &&
    pod.nodeName === undefined &&
    pod.deletionTimestamp === undefined &&
    pod.schedulingGates.length === 0
  );
}

/** `leaseStale` comes from the node's Lease, which is another object. */
export function classifyNode(node: NodeFacts, leaseStale: boolean): Judgement {
  const signals: Signal[] = [];
  if (readyStatus(node) !== "True") signals.push("NodeNotReady");
  if (node.conditions.some(standsAtBadValue) || lostDevices(node).length > 0) signals.push("NodeCondition");
  if (leaseStale) signals.push("NodeLeaseStale");
  return { signals };
}

/**
 * Whether a node's Lease is older than four renewals. A kubelet renews every quarter of the duration. Judged by when *we* saw the last renewal
 * (monotonic milliseconds), not by `renewTime`, which is the node's clock; and never for a time in which we did not watch.
 */
export function classifyLease(
  lease: LeaseFacts,
  renewalSeenAt: number,
  watchedSince: number,
  now: number,
): { readonly stale: boolean; readonly lookAgainAt: number } {
  const staleAt = Math.max(renewalSeenAt, watchedSince) + lease.durationMs;
  return { stale: now > staleAt, lookAgainAt: staleAt + 1 };
}

/** An Event that was last seen so long ago is history: it is met when a forwarder starts. */
const eventLifeMs = minutes(5);

/** A Warning about a pod or a node. Not Knitbone's own (it reports what it did through Events), or every escalation would echo. */
export function classifyEvent(event: EventFacts, now: Instant): Judgement {
  const about = event.regarding.kind === "Pod" || event.regarding.kind === "Node";
  const own = event.source === "knitbone.io" || event.source.startsWith("knitbone.io/");
  const fresh = now - (event.lastSeenAt ?? event.creationTimestamp ?? now) <= eventLifeMs;
  return { signals: event.type === "Warning" && about && !own && fresh ? ["WarningEvent"] : [] };
}
