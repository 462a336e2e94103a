import type { ClusterReader } from "../cluster/cluster.ts";
import type { Subject } from "../heal/subject.ts";
import { isTerminal, isTerminating } from "../kubernetes/pod.ts";
import { leave, pass, type RailAnswer, waitAMinute } from "./rail.ts";

/**
 * The workload's own PodDisruptionBudget, for pods that still serve. The API server skips it for terminal, pending and terminating pods
 * (K1, K2); asking first spares the others a refused eviction.
 */
export async function disruptionBudget(cluster: ClusterReader, subject: Subject): Promise<RailAnswer> {
  // Marking a node disrupts nothing that runs, and spilling nothing of what the budget counts but the spill's own pods.
  if (subject.kind !== "pod") return pass;
  const { pod } = subject;
  if (isTerminating(pod) || isTerminal(pod)) return pass;
  const budgets = await cluster.disruptionBudgetsOf(pod.ref);
  if (budgets.length > 1) {
    const names = budgets.map((each) => each.ref.name).join(", ");
    return leave("TwoDisruptionBudgets", `${names} select this pod: the API server refuses to evict it.`);
  }
  const spent = budgets.find((each) => each.disruptionsAllowed < 1);
  return spent === undefined ? pass : waitAMinute("DisruptionBudget", `${spent.ref.name} allows no disruption now.`);
}
