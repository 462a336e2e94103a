import type { ZoneReport } from "../../shared/delta/cluster-report.ts";
import { type NodeFacts, readyStatus, zoneOf } from "../../shared/kubernetes/node.ts";

const members = { True: "ready", False: "notReady", Unknown: "unknown" } as const;

/** Nodes per zone by their Ready status, zones in order of name. */
export function zoneReports(nodes: Iterable<NodeFacts>): readonly ZoneReport[] {
  const zones = new Map<string, { zone: string; ready: number; notReady: number; unknown: number }>();
  for (const node of nodes) {
    const zone = zoneOf(node);
    const counts = zones.get(zone) ?? { zone, ready: 0, notReady: 0, unknown: 0 };
    counts[members[readyStatus(node)]] += 1;
    zones.set(zone, counts);
  }
  return [...zones.values()].sort((a, b) => (a.zone < b.zone ? -1 : 1));
}
