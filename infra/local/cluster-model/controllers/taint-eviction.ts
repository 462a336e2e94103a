import { withCondition } from "../kubelet/pod-status.ts";
import { timestamp } from "../objects/meta.ts";
import type { Node } from "../objects/node.ts";
import { isTerminal, isTerminating, type Pod, type Taint } from "../objects/pod.ts";
import { toleratedMs } from "../pod-resources.ts";
import { type Controller, type ControllerParts, whenChanged } from "./controller.ts";

/** Deletes pods from nodes with NoExecute taints once their toleration of it is used up (300 s by default for unready and unreachable nodes). */
export function taintEviction({ store, actor, record, podsByNode }: ControllerParts): Controller {
  return whenChanged(store, ["nodes", "pods"], (now) => {
    const nodes = store.all("nodes").filter((node) => hard(node).length > 0);
    return Math.min(...nodes.map((node) => sweep(node, now)));
  });

  /** Evicts who is due; the instant at which the next one is. */
  function sweep(node: Node, now: number): number {
    const here = (podsByNode().get(node.metadata.name) ?? []).filter((pod) => !isTerminating(pod) && !isTerminal(pod));
    let next = Number.POSITIVE_INFINITY;
    for (const pod of here) {
      const at = leavesAt(pod, node, hard(node), now);
      if (at <= now) evict(pod, now);
      else next = Math.min(next, at);
    }
    return next;
  }

  function evict(pod: Pod, now: number): void {
    const marked = actor.modify("pods", pod, "status", (object) => {
      const condition = {
        type: "DisruptionTarget",
        status: "True" as const,
        reason: "DeletionByTaintManager",
        message: "Taint manager: deleting due to NoExecute taint",
      };
      object.status = { ...object.status, conditions: withCondition(object.status?.conditions ?? [], condition, now) };
    });
    if (!marked) return;
    record(
      pod,
      {
        type: "Normal",
        reason: "TaintManagerEviction",
        message: `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
      },
      now,
    );
    actor.remove("pods", pod, { preconditions: { uid: pod.metadata.uid } });
  }
}

const hard = (node: Node): Taint[] => (node.spec.taints ?? []).filter((taint) => taint.effect === "NoExecute");

/** The earliest end of toleration over all taints, each counted from when it was added. */
function leavesAt(pod: Pod, node: Node, taints: readonly Taint[], now: number): number {
  return Math.min(
    ...taints.map((taint) => {
      const since = Date.parse(taint.timeAdded ?? node.metadata.creationTimestamp ?? timestamp(now));
      return since + toleratedMs(taint, pod.spec.tolerations ?? []);
    }),
  );
}
