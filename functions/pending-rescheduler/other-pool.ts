import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { RoomNeed } from "../../shared/heal/heal.ts";
import {
  isControlPlane,
  isVirtual,
  luresReplacements,
  type NodeFacts,
  poolIn,
  readyStatus,
} from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { PoolSelector } from "../../shared/kubernetes/spill.ts";
import type { WorkloadFacts } from "./observe-workload.ts";

/** Sums of floating-point amounts end in dust. */
const dust = 1e-6;

export interface OtherPool {
  readonly pool: PoolSelector;
  readonly room: RoomNeed;
}

/** The pool that the template asks for; undefined: it would take any, and the scheduler has looked at all of them. */
export function ownPool({ subject, poolLabel }: WorkloadFacts): PoolSelector | undefined {
  return poolIn(subject.workload.template.nodeSelector, poolLabel);
}

/**
 * Capacity proof: a pool beside its own in which, by the last report, one node has what one pod asks for, and all of them what all ask for; and in
 * which every node that the report counts would take such a pod, or its sums would be of room that is not the pod's. The roomiest, if there are several.
 */
export function poolWithRoom(facts: WorkloadFacts, pod: PodFacts, replicas: number): OtherPool | undefined {
  const own = ownPool(facts);
  if (own === undefined) return undefined;
  const fitting = (facts.pools ?? [])
    .filter(({ pool }) => pool !== own.value && pool !== "")
    .map((report) => proof(facts, report, own, pod, replicas))
    .filter((each) => each !== undefined)
    .sort((a, b) => b.fits - a.fits || (a.other.pool.value < b.other.pool.value ? -1 : 1));
  return fitting[0]?.other;
}

/** The same of one pool: where a spill is to grow. */
export function roomIn(facts: WorkloadFacts, pool: string, pod: PodFacts, replicas: number): OtherPool | undefined {
  const own = ownPool(facts);
  const report = facts.pools?.find((each) => each.pool === pool);
  return own === undefined || report === undefined ? undefined : proof(facts, report, own, pod, replicas)?.other;
}

function proof(
  facts: WorkloadFacts,
  report: PoolReport,
  { label }: PoolSelector,
  pod: PodFacts,
  replicas: number,
): { readonly other: OtherPool; readonly fits: number } | undefined {
  const pool = { label, value: report.pool };
  if (!allTake(facts, pool, pod)) return undefined;
  const asked = Object.entries({ ...pod.requests, pods: 1 }).filter(([, amount]) => amount > 0);
  const isOneHeld = asked.every(([name, amount]) => (report.largestFree[name] ?? 0) >= amount - dust);
  const fits = Math.min(...asked.map(([name, amount]) => Math.floor(((report.free[name] ?? 0) + dust) / amount)));
  if (!isOneHeld || fits < replicas) return undefined;
  const amounts = Object.fromEntries(asked.map(([name, amount]) => [name, amount * replicas]));
  return { other: { pool, room: { pool: report.pool, amounts } }, fits };
}

/** Read live: there are nodes, and each that the report counts is one that takes the pod. */
function allTake({ nodes, poolLabel, subject }: WorkloadFacts, pool: PoolSelector, pod: PodFacts): boolean {
  const counted = nodes.filter(
    (each) =>
      poolIn(each.labels, poolLabel)?.value === pool.value && readyStatus(each) === "True" && !each.unschedulable,
  );
  const selector = { ...subject.workload.template.nodeSelector, [pool.label]: pool.value };
  return counted.length > 0 && counted.every((each) => takes(each, selector, pod));
}

function takes(node: NodeFacts, selector: Readonly<Record<string, string>>, pod: PodFacts): boolean {
  return (
    node.deletionTimestamp === undefined &&
    !isControlPlane(node) &&
    !isVirtual(node) &&
    luresReplacements(node, pod) &&
    Object.entries(selector).every(([label, value]) => node.labels[label] === value)
  );
}
