import { withCondition } from "../kubelet/pod-status.ts";
import { timestamp } from "../objects/meta.ts";
import { type Node, type NodeCondition, nodeCondition } from "../objects/node.ts";
import { isPodReady, isTerminal, type Pod, type Taint } from "../objects/pod.ts";
import type { Controller, ControllerParts } from "./controller.ts";
import { zoneBrake } from "./zone-disruption.ts";

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";
const diskPressure = "node.kubernetes.io/disk-pressure";
const memoryPressure = "node.kubernetes.io/memory-pressure";
const cordoned = "node.kubernetes.io/unschedulable";
const managed = [notReady, unreachable, diskPressure, memoryPressure, cordoned];

/** `--node-monitor-period`. */
const everyMs = 5_000;

/**
 * Calls a node Unknown when its lease has not moved for the grace period (by this controller's own observation, as the real one does it),
 * and keeps the taints that follow from the conditions.
 */
export function nodeLifecycle({ store, actor, record, podsByNode }: ControllerParts, graceMs: number): Controller {
  const seen = new Map<string, { renewTime: string; at: number }>();
  const brake = zoneBrake();
  let lastAt = Number.NEGATIVE_INFINITY;
  let lastNodes = -1;
  return {
    step(now) {
      if (now - lastAt < everyMs && store.changed("nodes") === lastNodes) return;
      lastAt = now;
      const nodes = store.all("nodes").map((node) => (isSilent(node, now) ? markUnknown(node, now) : node));
      const blind = brake.update(nodes);
      for (const node of nodes) {
        keepTaints(node, blind, now);
        const ready = nodeCondition(node, "Ready")?.status;
        if (ready === "False" || ready === "Unknown") markPodsUnready(node, now);
      }
      lastNodes = store.changed("nodes");
    },
  };

  function isSilent({ metadata: { name } }: Node, now: number): boolean {
    const renewTime = store.get("leases", "kube-node-lease", name)?.spec.renewTime ?? "";
    const known = seen.get(name);
    if (!known || known.renewTime !== renewTime) {
      seen.set(name, { renewTime, at: now });
      return false;
    }
    return now - known.at > graceMs;
  }

  function markUnknown(node: Node, now: number): Node {
    const ready = nodeCondition(node, "Ready");
    if (ready?.status === "Unknown") return node;
    record(
      node,
      { type: "Normal", reason: "NodeNotReady", message: `Node ${node.metadata.name} status is now: NodeNotReady` },
      now,
    );
    const changed = actor.modify("nodes", node, "status", (next) => {
      if (ready === undefined) {
        next.status = { ...next.status, conditions: [...(next.status?.conditions ?? []), neverSeen(now)] };
        return;
      }
      const conditions = next.status?.conditions ?? [];
      for (const type of ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"]) {
        const old = conditions.find((condition) => condition.type === type);
        if (!old) continue;
        old.status = "Unknown";
        old.reason = "NodeStatusUnknown";
        old.message = "Kubelet stopped posting node status.";
        old.lastTransitionTime = timestamp(now);
      }
    });
    return changed ?? node;
  }

  /** `blind`: no node is ready anywhere, so none is emptied, and those that were to be are let off. */
  function keepTaints(node: Node, blind: boolean, now: number): void {
    const before = node.spec.taints ?? [];
    const own = before.filter((taint) => managed.includes(taint.key));
    const known = (taint: Taint) => own.find((each) => each.key === taint.key && each.effect === taint.effect);
    const wanted = wantedTaints(node).filter(
      (taint) => taint.effect !== "NoExecute" || (!blind && (known(taint) !== undefined || brake.mayEmpty(node, now))),
    );
    if (own.length === wanted.length && wanted.every(known)) return;
    actor.modify("nodes", node, "", (next) => {
      const others = (next.spec.taints ?? []).filter((taint) => !managed.includes(taint.key));
      const kept = wanted.map((taint) => known(taint) ?? { ...taint, timeAdded: timestamp(now) });
      next.spec.taints = [...others, ...kept];
      if (next.spec.taints.length === 0) delete next.spec.taints;
    });
  }

  function markPodsUnready(node: Node, now: number): void {
    for (const pod of podsByNode().get(node.metadata.name) ?? []) {
      if (isTerminal(pod) || !isPodReady(pod)) continue;
      actor.modify("pods", pod, "status", (next: Pod) => {
        next.status = {
          ...next.status,
          conditions: withCondition(next.status?.conditions ?? [], { type: "Ready", status: "False" }, now),
        };
      });
      record(pod, { type: "Warning", reason: "NodeNotReady", message: "Node is not ready" }, now);
    }
  }
}

function neverSeen(now: number): NodeCondition {
  return {
    type: "Ready",
    status: "Unknown",
    reason: "NodeStatusNeverUpdated",
    message: "Kubelet never posted node status.",
    lastHeartbeatTime: timestamp(now),
    lastTransitionTime: timestamp(now),
  };
}

function wantedTaints(node: Node): Taint[] {
  const taints: Taint[] = [];
  const ready = nodeCondition(node, "Ready")?.status;
  if (ready === "False") taints.push({ key: notReady, effect: "NoSchedule" }, { key: notReady, effect: "NoExecute" });
  if (ready === undefined) taints.push({ key: notReady, effect: "NoSchedule" });
  if (ready === "Unknown")
    taints.push({ key: unreachable, effect: "NoSchedule" }, { key: unreachable, effect: "NoExecute" });
  if (nodeCondition(node, "DiskPressure")?.status === "True") taints.push({ key: diskPressure, effect: "NoSchedule" });
  if (nodeCondition(node, "MemoryPressure")?.status === "True")
    taints.push({ key: memoryPressure, effect: "NoSchedule" });
  if (node.spec.unschedulable) taints.push({ key: cordoned, effect: "NoSchedule" });
  return taints;
}
