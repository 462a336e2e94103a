import type { Delta } from "../../../shared/delta/delta.ts";
import type { NodeFacts } from "../../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../../shared/kubernetes/pod.ts";
import type { ApiObject } from "../api-client.ts";
import type { Arrivals } from "./arrivals.ts";

export interface Live {
  readonly pods: readonly ApiObject[];
  readonly nodes: readonly ApiObject[];
  /** Of the nodes, by their names. */
  readonly leases: readonly ApiObject[];
}

/** Of settings.ts, by the README of the forwarder: written down again, because who is tested does not say what is right. */
const settleMs = 90_000;
const leaseMs = 40_000;
/** A renewal that is younger may still be on its way to us. */
const justRenewedMs = 3_000;

/**
 * What the last delta of each object says, against what the API server says: one line for each that differs. Sick by the API server: the last word
 * is `suspect`, with this state; well: there is none, or it is `recovered`; not there any more: `gone`. `now` is the API server's time, ms.
 */
export function differences(arrivals: Arrivals, live: Live, now: number): readonly string[] {
  const lines: string[] = [];
  const alive = new Set<string>();
  const renewedMsAgo = new Map(
    live.leases.map(({ metadata, spec }) => [metadata.name, now - Date.parse(spec.renewTime ?? "")]),
  );
  /** The node is Ready and its kubelet does not renew: KWOK, when it has too few cores. */
  const isLate = (name: string, last: Delta | undefined): boolean => {
    const ago = renewedMsAgo.get(name) ?? Number.POSITIVE_INFINITY;
    return last?.signals.join() === "NodeLeaseStale" && (ago > leaseMs || ago < justRenewedMs);
  };
  const judge = (kind: string, object: ApiObject, seen: Seen) => {
    const { uid, name, resourceVersion } = object.metadata;
    alive.add(uid);
    const last = arrivals.of(uid).at(-1)?.delta;
    // The word came after the object was read: about this state it says nothing.
    if (last !== undefined && Number(last.resourceVersion) > Number(resourceVersion)) return;
    const words = isLate(name, last) && seen.signals.length === 0 ? undefined : difference(last, seen);
    if (words !== undefined) lines.push(`${kind} ${name} (${uid}): ${words}`);
  };
  for (const pod of live.pods) {
    judge("Pod", pod, { signals: podSignals(pod, now), state: stateOfPod(pod), told: toldOfPod });
  }
  for (const node of live.nodes) {
    judge("Node", node, { signals: nodeSignals(node), state: stateOfNode(node), told: toldOfNode });
  }
  for (const uid of arrivals.uids()) {
    const last = arrivals.of(uid).at(-1)?.delta;
    if (last === undefined || alive.has(uid) || last.kind === "gone") continue;
    // A suspect that was well again when it was deleted is no suspect that went.
    if (last.kind === "suspect")
      lines.push(`${last.object.kind} ${last.object.name} (${uid}): does not exist, and was last ${last.signals}`);
  }
  return lines;
}

/** What the API server says of an object; `told` takes the same out of a delta. */
interface Seen {
  readonly signals: readonly string[];
  readonly state: object;
  readonly told: (delta: Delta) => object;
}

function difference(last: Delta | undefined, { signals, state, told }: Seen): string | undefined {
  const isWell = signals.length === 0;
  if (isWell && (last === undefined || last.kind === "recovered")) return undefined;
  if (isWell) return `is well, and the last word was ${last?.kind} ${last?.signals}`;
  if (last?.kind !== "suspect") return `is ${signals}, and the last word was ${last?.kind ?? "never said"}`;
  if (!signals.every((signal) => last.signals.some((each) => each === signal))) {
    return `is ${signals}, and was called ${last.signals}`;
  }
  const [is, was] = [JSON.stringify(state), JSON.stringify(told(last))];
  return is === was ? undefined : `is ${is}, and was told as ${was}`;
}

function podSignals({ metadata, spec, status }: ApiObject, now: number): readonly string[] {
  const signals: string[] = [];
  const { deletionTimestamp } = metadata;
  const settled = (since: string) => now >= Date.parse(since) + settleMs;
  const { creationTimestamp } = metadata;
  const conditions: readonly { type: string; lastTransitionTime?: string }[] = status.conditions ?? [];
  const boundAt = conditions.find(({ type }) => type === "PodScheduled")?.lastTransitionTime ?? creationTimestamp;
  const waits = status.phase === "Pending" && deletionTimestamp === undefined;
  if (deletionTimestamp !== undefined && now > Date.parse(deletionTimestamp)) signals.push("PodOverdue");
  if (status.phase === "Failed") signals.push("PodFailed");
  if (waits && spec.nodeName === undefined && settled(creationTimestamp)) signals.push("PodUnscheduled");
  const silent = waits && spec.nodeName !== undefined && status.startTime === undefined;
  if (silent && settled(boundAt)) signals.push("PodSilent");
  return signals;
}

function nodeSignals(node: ApiObject): readonly string[] {
  return readyOf(node.status.conditions)?.status === "True" ? [] : ["NodeNotReady"];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const readyOf = (conditions: readonly Condition[] = []) => conditions.find(({ type }) => type === "Ready");
const stateOfCondition = (found: Condition | undefined) => [found?.status, found?.reason, found?.message];

/** Nobody writes these pods but who made them sick: the version itself must be the last one. */
function stateOfPod({ metadata, spec, status }: ApiObject): object {
  const { deletionTimestamp } = metadata;
  return {
    resourceVersion: metadata.resourceVersion,
    phase: status.phase,
    reason: status.reason,
    message: status.message,
    node: spec.nodeName,
    deletedAt: deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp),
    ready: stateOfCondition(readyOf(status.conditions)),
  };
}

function toldOfPod({ resourceVersion, state }: Delta): object {
  const { phase, reason, message, nodeName, deletionTimestamp, conditions } = (state ?? {}) as Partial<PodFacts>;
  const ready = stateOfCondition(readyOf(conditions));
  return { resourceVersion, phase, reason, message, node: nodeName, deletedAt: deletionTimestamp, ready };
}

/** Without the version: a heartbeat makes a new one, and nothing else that would be worth telling. */
function stateOfNode({ spec, status }: ApiObject): object {
  const taints = ((spec.taints ?? []) as { key: string; effect: string }[]).map(
    ({ key, effect }) => `${key}:${effect}`,
  );
  return { ready: stateOfCondition(readyOf(status.conditions)), taints };
}

function toldOfNode({ state }: Delta): object {
  const { conditions, taints = [] } = (state ?? {}) as Partial<NodeFacts>;
  return { ready: stateOfCondition(readyOf(conditions)), taints: taints.map(({ key, effect }) => `${key}:${effect}`) };
}
