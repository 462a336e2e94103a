import type { PoolReport } from "../delta/cluster-report.ts";
import { type NodeFacts, poolOf, readyStatus } from "../kubernetes/node.ts";

/** A pod that takes room on a node: bound, and its containers have not ended. */
export interface Placement {
  readonly nodeName: string;
  /** Base units: cores, bytes, pieces. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Per resource. A Map: a node names its resources as it likes, "constructor" as well. */
type Amounts = Map<string, number>;

interface Pool {
  nodes: number;
  notReady: number;
  readonly free: Amounts;
  readonly largestFree: Amounts;
}

/**
 * What each pool has left, pools in order of name. Room counts on Ready, uncordoned nodes only; a node that is overcommitted has none and takes
 * nothing from the others. Every pod takes one of the resource `pods`.
 */
export function poolReports(
  nodes: Iterable<NodeFacts>,
  placements: Iterable<Placement>,
  poolLabel?: string,
): readonly PoolReport[] {
  const taken = takenPerNode(placements);
  const pools = new Map<string, Pool>();
  for (const node of nodes) {
    const name = poolOf(node, poolLabel);
    const pool: Pool = pools.get(name) ?? { nodes: 0, notReady: 0, free: new Map(), largestFree: new Map() };
    pools.set(name, pool);
    pool.nodes += 1;
    if (readyStatus(node) !== "True") pool.notReady += 1;
    if (readyStatus(node) === "True" && !node.unschedulable) addRoom(pool, node, taken.get(node.ref.name) ?? new Map());
  }
  return [...pools.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pool, { nodes: count, notReady, free, largestFree }]) => ({
      pool,
      nodes: count,
      ...(notReady === 0 ? {} : { notReady }),
      free: rounded(free),
      largestFree: rounded(largestFree),
    }));
}

function takenPerNode(placements: Iterable<Placement>): ReadonlyMap<string, Amounts> {
  const taken = new Map<string, Amounts>();
  for (const { nodeName, requests } of placements) {
    const amounts: Amounts = taken.get(nodeName) ?? new Map();
    taken.set(nodeName, amounts);
    for (const [resource, amount] of Object.entries(requests)) add(amounts, resource, amount);
    add(amounts, "pods", 1);
  }
  return taken;
}

function add(amounts: Amounts, resource: string, amount: number): void {
  amounts.set(resource, (amounts.get(resource) ?? 0) + amount);
}

function addRoom(pool: Pool, node: NodeFacts, taken: Amounts): void {
  for (const [resource, allocatable] of Object.entries(node.allocatable)) {
    // Every node lists what it could have (huge pages, …): what it has none of would only fill the report.
    if (allocatable === 0) continue;
    const room = Math.max(0, allocatable - (taken.get(resource) ?? 0));
    add(pool.free, resource, room);
    pool.largestFree.set(resource, Math.max(pool.largestFree.get(resource) ?? 0, room));
  }
}

/** Sums of millicores in floating point end in dust: cut at a millionth, downwards, so that no room is claimed that is not there. */
function rounded(amounts: Amounts): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...amounts].map(([resource, amount]) => [resource, Math.floor(amount * 1e6 + 1e-3) / 1e6]),
  );
}
