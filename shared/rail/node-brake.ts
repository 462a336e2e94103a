import type { ZoneReport } from "../delta/cluster-report.ts";
import { readyStatus, zoneOf } from "../kubernetes/node.ts";
import { limits } from "./limits.ts";
import { type HealRail, pass, waitAMinute } from "./rail.ts";

/**
 * Nodes that fail together are not healed but waited for, and the last ones are kept: no node is taken out of a zone in which more than a fifth (and more
 * than one) is not ready, nor where fewer than one Ready node of the zone or two of the cluster would be left (`safety.md` §1.3). By the numbers of
 * the last report. Giving a node back is always allowed.
 */
export const nodeBrake: HealRail = ({ subject, heal, cluster }) => {
  if (heal.kind !== "TaintNode" || subject.kind !== "node") return pass;
  const zones = cluster.report?.report.zones;
  if (zones === undefined) return waitAMinute("BrakeUnknown", "The cluster's nodes have not been counted yet.");
  const name = zoneOf(subject.node);
  const zone = zones.find((each) => each.zone === name) ?? { zone: name, ready: 0, notReady: 0, unknown: 0 };
  const where = name === "" ? "nodes without a zone" : `zone ${name}`;
  const failing = zone.notReady + zone.unknown;
  const allowed = Math.max(limits.nodeBrake.notReady, Math.ceil(limits.nodeBrake.share * sizeOf(zone)));
  if (failing > allowed) {
    return waitAMinute(
      "NodeBrake",
      `${failing} of ${sizeOf(zone)} nodes of ${where} are not ready: more than ${allowed}.`,
    );
  }
  const taken = readyStatus(subject.node) === "True" ? 1 : 0;
  const ofZone = zone.ready - taken;
  const ofCluster = zones.reduce((total, each) => total + each.ready, 0) - taken;
  if (ofZone < limits.nodeBrake.leftOfZone || ofCluster < limits.nodeBrake.leftOfCluster) {
    return waitAMinute("NodeBrake", `${ofZone} Ready nodes of ${where} and ${ofCluster} of the cluster would be left.`);
  }
  return pass;
};

function sizeOf({ ready, notReady, unknown }: ZoneReport): number {
  return ready + notReady + unknown;
}
