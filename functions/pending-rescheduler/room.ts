import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";

export interface Room {
  /** All nodes of one pool together have enough, and no one of them has. */
  readonly isFragmented: boolean;
  /** What it asks for, and which pools have that much: for people. */
  readonly words: string;
}

const poolsNamed = 5;

/**
 * Where the cluster's last report sees room. An upper bound: the most that is free of each resource may be on different nodes of a pool, so that a pool that "has"
 * it may not fit the pod; one that has not cannot.
 */
export function roomFor(pod: PodFacts, pools: readonly PoolReport[]): Room {
  const asked = Object.entries({ ...pod.requests, pods: 1 });
  const has = (amounts: Readonly<Record<string, number>>) =>
    asked.every(([resource, amount]) => (amounts[resource] ?? 0) >= amount);
  const fitting = pools.filter(({ largestFree }) => has(largestFree));
  const inAll = pools.filter(({ free }) => has(free));
  const wish = Object.entries(pod.requests).map(([resource, amount]) => `${resource} ${amountText(resource, amount)}`);
  const asks = wish.length === 0 ? "It asks for nothing but a place" : `It asks for ${wish.join(", ")}`;
  const named = fitting.slice(0, poolsNamed).map(({ pool }) => (pool === "" ? "(without a name)" : pool));
  const where =
    pools.length === 0
      ? "nothing is known of the pools"
      : named.length === 0
        ? "no pool has that much on one node"
        : `so much is free in ${named.join(", ")}`;
  return { isFragmented: fitting.length === 0 && inAll.length > 0, words: `${asks}; ${where}` };
}

const bytes: ReadonlySet<string> = new Set(["memory", "ephemeral-storage"]);

function amountText(resource: string, amount: number): string {
  const isBytes = bytes.has(resource) || resource.startsWith("hugepages-");
  return isBytes ? `${Math.round(amount / 2 ** 20)}Mi` : `${amount}`;
}
