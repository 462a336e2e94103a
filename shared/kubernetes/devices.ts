import type { NodeFacts } from "./node.ts";

/** Extended resources that the node has: the ones with a domain that are no kind of Kubernetes' own. */
export function deviceNames({ capacity }: Pick<NodeFacts, "capacity">): readonly string[] {
  return Object.keys(capacity).filter((name) => name.includes("/") && !name.startsWith("kubernetes.io/"));
}

/** "nvidia.com/gpu: 2 of 4", for each device of which fewer are offered than there are, or than there have been (S0-60). */
export function lostDevices(
  node: Pick<NodeFacts, "capacity" | "allocatable">,
  mostSeen: Readonly<Record<string, number>> = {},
): readonly string[] {
  const names = new Set([...Object.keys(mostSeen), ...deviceNames(node)]);
  return [...names].sort().flatMap((name) => {
    const offered = node.allocatable[name] ?? 0;
    const expected = Math.max(node.capacity[name] ?? 0, mostSeen[name] ?? 0);
    return offered < expected ? [`${name}: ${offered} of ${expected}`] : [];
  });
}
