import type { ClusterWriter } from "../cluster/cluster.ts";
import { taskText } from "../kubernetes/node-task.ts";
import type { Heal, Outcome } from "./heal.ts";

/**
 * The only code that changes an object of a cluster. Every write names the uid and the resourceVersion that were judged: the API server is
 * the only real fence (`safety.md` rule 2).
 */
export function apply(cluster: ClusterWriter, heal: Heal): Promise<Outcome> {
  switch (heal.kind) {
    case "ForceDeletePod":
      return cluster.forceDeletePod(heal.pod, heal.resourceVersion);
    case "EvictTerminalPod":
    case "EvictOrphan":
    case "EvictStuckPod":
    case "DrainPod":
      return cluster.evictPod(heal.pod, heal.resourceVersion);
    case "TaintNode":
      return cluster.taintNode(heal.node, heal.resourceVersion, heal.taint);
    case "UntaintNode":
      return cluster.untaintNode(heal.node, heal.resourceVersion, heal.taint);
    case "AskNodeTask":
      return cluster.askNodeTask(heal.node, heal.resourceVersion, taskText(heal));
    case "CreateSpill":
      return cluster.createSpill(heal.workload, heal.resourceVersion, heal);
    case "ScaleSpill":
      return cluster.scaleSpill(heal.spill, heal.resourceVersion, heal.generation, heal.replicas);
    case "RemoveSpill":
      return cluster.removeSpill(heal.spill, heal.resourceVersion);
  }
}
