import { poolOf, readyStatus } from "../kubernetes/node.ts";
import { limits } from "./limits.ts";
import { type HealRail, pass, waitAMinute } from "./rail.ts";

/**
 * Nodes of one pool are alike: same image, same machine, same release. Where others of it are not ready already (a fifth, and at least one), no node of it is
 * marked or asked for anything. Nodes that no label puts into a pool are one pool. By the numbers of the last report; a pool that it does not name (one
 * cut out of a large report, or another label than ours) is held by zone and cluster alone. Giving a node back is always allowed.
 */
export const poolBrake: HealRail = ({ subject, heal, cluster }) => {
  if (subject.kind !== "node" || (heal.kind !== "TaintNode" && heal.kind !== "AskNodeTask")) return pass;
  const name = poolOf(subject.node, cluster.registered?.poolLabel);
  const pool = cluster.report?.report.pools.find((each) => each.pool === name);
  if (pool === undefined) return pass;
  const own = readyStatus(subject.node) === "True" ? 0 : 1;
  const others = (pool.notReady ?? 0) - own;
  const allowed = Math.max(limits.poolBrake.notReady, Math.ceil(limits.poolBrake.share * pool.nodes));
  if (others < allowed) return pass;
  const where = name === "" ? "nodes without a pool" : `pool ${name}`;
  return waitAMinute("PoolBrake", `${others} of ${pool.nodes} nodes of ${where} are not ready, beside this one.`);
};
