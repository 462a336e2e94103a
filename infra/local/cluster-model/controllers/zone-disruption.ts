import { type Node, nodeCondition } from "../objects/node.ts";

/** `--node-eviction-rate` 0.1: one node in ten seconds for each zone. */
const everyMs = 10_000;
/** `--unhealthy-zone-threshold`, `--large-cluster-size-threshold`. */
const unhealthyShare = 0.55;
const largeZone = 50;

type ZoneState = "normal" | "partial" | "full";

/**
 * The brake of the node lifecycle controller: how fast nodes may be tainted NoExecute, which is what empties them
 * (`ComputeZoneState`, `ReducedQPSFunc`, `handleDisruption` in pkg/controller/nodelifecycle of v1.36.3).
 *
 * A zone where more than two nodes and at least 55 % are unready stops (small) or slows down (more than 50 nodes). A zone without any
 * ready node goes on; but when that is so in all zones, the trouble is ours to see, not the nodes', and nothing is emptied.
 */
export interface ZoneBrake {
  /** Looks at all nodes; true if no zone has a ready node. */
  update(nodes: readonly Node[]): boolean;
  /** Takes the turn of this node's zone, if it has one now. */
  mayEmpty(node: Node, now: number): boolean;
}

export function zoneBrake(): ZoneBrake {
  const lastAt = new Map<string, number>();
  let pauses = new Map<string, number>();
  return {
    update(nodes) {
      const zones = Map.groupBy(nodes, zoneOf);
      const states = [...zones].map(([zone, members]) => ({ zone, size: members.length, state: stateOf(members) }));
      const all = states.length > 0 && states.every(({ state }) => state === "full");
      pauses = new Map(
        states.map(({ zone, size, state }) => [zone, all ? Number.POSITIVE_INFINITY : pauseOf(state, size)]),
      );
      return all;
    },
    mayEmpty(node, now) {
      const zone = zoneOf(node);
      if (now - (lastAt.get(zone) ?? Number.NEGATIVE_INFINITY) < (pauses.get(zone) ?? everyMs)) return false;
      if (pauses.get(zone) === Number.POSITIVE_INFINITY) return false;
      lastAt.set(zone, now);
      return true;
    },
  };
}

function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  return `${labels["topology.kubernetes.io/region"] ?? ""}:${labels["topology.kubernetes.io/zone"] ?? ""}`;
}

function stateOf(nodes: readonly Node[]): ZoneState {
  const unready = nodes.filter((node) => nodeCondition(node, "Ready")?.status !== "True").length;
  if (unready === nodes.length) return "full";
  return unready > 2 && unready / nodes.length >= unhealthyShare ? "partial" : "normal";
}

function pauseOf(state: ZoneState, size: number): number {
  if (state !== "partial") return everyMs;
  return size > largeZone ? everyMs * 10 : Number.POSITIVE_INFINITY;
}
