import type { ClusterState } from "../cluster/cluster-state.ts";
import { pass, type RailAnswer, waitAMinute } from "./rail.ts";

/** While much fails at once, nothing is written: it may be we who cannot see. A missing brake row counts as pulled. */
export function stormBrake(cluster: ClusterState): RailAnswer {
  const brake = cluster.brake;
  if (brake === undefined)
    return waitAMinute("BrakeUnknown", "No brake row yet: the cluster's nodes have not been counted.");
  return brake.state === "frozen"
    ? waitAMinute("StormBrake", `${brake.notReady} of ${brake.nodes} nodes are not ready: ${brake.reason}`)
    : pass;
}
