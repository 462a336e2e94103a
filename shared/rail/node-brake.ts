import type { StoredReport } from "../cluster/cluster-state.ts";
import type { ZoneReport } from "../delta/cluster-report.ts";
import { findCondition } from "../kubernetes/condition.ts";
import { type NodeFacts, readyStatus, zoneOf } from "../kubernetes/node.ts";
import { seconds } from "../time/duration.ts";
import { limits } from "./limits.ts";
import { type HealRail, pass, waitAMinute } from "./rail.ts";

/** A report comes every 30 s. */
const reportSoonMs = seconds(10);

/**
 * Nodes that fail together are not healed but waited for, and the last ones are kept: no node is taken out of a zone in which more than a fifth (and more
 * than one) is not ready, nor where fewer than one Ready node of the zone or two of the cluster would be left (`safety.md` §1.3). By the numbers of
 * the last report. Giving a node back is always allowed.
 */
export const nodeBrake: HealRail = ({ subject, heal, cluster }) => {
  if (heal.kind !== "TaintNode" && heal.kind !== "AskNodeTask") return pass;
  if (subject.kind !== "node") return pass;
  if (cluster.report === undefined) {
    return waitAMinute("BrakeUnknown", "The cluster's nodes have not been counted yet.");
  }
  if (!countsChangeOf(subject.node, cluster.report)) {
    const message = "The last report may be older than this node's change: what failed with it is not counted yet.";
    return { kind: "wait", reason: "NodeBrake", message, forMs: reportSoonMs };
  }
  const { zones } = cluster.report.report;
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

/**
 * Whether the report was made after the node ceased to be Ready. Of nodes that fail together the first one must not be marked before the others are
 * counted. Two clocks: with a margin in the safe direction (`safety.md` §2.4).
 */
function countsChangeOf(node: NodeFacts, report: StoredReport): boolean {
  if (readyStatus(node) === "True") return true;
  const changedAt = findCondition(node.conditions, "Ready")?.lastTransitionTime ?? Number.NEGATIVE_INFINITY;
  return report.sentAt >= changedAt + limits.nodeBrake.reportAfterMs;
}

function sizeOf({ ready, notReady, unknown }: ZoneReport): number {
  return ready + notReady + unknown;
}
