import { timestamp } from "../objects/meta.ts";
import type { Node } from "../objects/node.ts";
import { isTerminal, isTerminating, type Pod, podCondition, type Taint } from "../objects/pod.ts";
import { allocatableOf, matchesNode, requestsOf, toleratedMs, usedBy } from "../pod-resources.ts";
import { addTo } from "../quantity.ts";
import { type Controller, type ControllerParts, whenChanged } from "./controller.ts";

interface Room {
  node: Node;
  free: Record<string, number>;
}

/**
 * Places pods without a node: node selector and affinity, NoSchedule and NoExecute taints, resources and pod count. Among fitting nodes
 * the emptiest wins, by name where two are equal. Claims must be there and bound. No preemption, no spreading. A pod that fits nowhere gets
 * PodScheduled=False with the real scheduler's sentence, and a FailedScheduling Event.
 */
export function scheduler({ store, actor, record }: ControllerParts): Controller {
  return whenChanged(store, ["pods", "nodes", "persistentvolumeclaims"], (now) => {
    const pending = store.all("pods").filter(waitsForNode);
    if (pending.length === 0) return undefined;
    const rooms = roomOn(store.sorted("nodes"), store.all("pods"));
    for (const pod of pending) place(pod, rooms, now);
    return undefined;
  });

  function place(pod: Pod, rooms: Room[], now: number): void {
    const claims = claimTrouble(pod);
    if (claims !== undefined) {
      // Before any node is looked at: the words count for all of them (v1.36.3 prints the empty reason of the second half).
      refuse(pod, `0/${rooms.length} nodes are available: ${claims}. not found`, now);
      return;
    }
    const refusals = rooms.map((room) => refusal(pod, room));
    const fitting = rooms.filter((_, at) => refusals[at]?.length === 0);
    const best = fitting.reduce<Room | undefined>(
      (best, room) => (best && emptiness(best) >= emptiness(room) ? best : room),
      undefined,
    );
    if (!best) {
      refuse(pod, unschedulable(refusals), now);
      return;
    }
    const { name } = best.node.metadata;
    if (!actor.bind(pod, name)) return;
    for (const [resource, amount] of Object.entries(requestsOf(pod))) addTo(best.free, { [resource]: -amount });
    const where = `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
    record(pod, { type: "Normal", reason: "Scheduled", message: `Successfully assigned ${where} to ${name}` }, now);
  }

  /** A claim that is not there, or not bound: immediate binding, as the volume binder of this model does it. */
  function claimTrouble(pod: Pod): string | undefined {
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const { claimName } = persistentVolumeClaim;
      const claim = store.get("persistentvolumeclaims", pod.metadata.namespace ?? "", claimName);
      if (claim === undefined) return `persistentvolumeclaim "${claimName}" not found`;
      if (claim.status?.phase !== "Bound") return "pod has unbound immediate PersistentVolumeClaims";
    }
    return undefined;
  }

  function refuse(pod: Pod, message: string, now: number): void {
    const known = podCondition(pod, "PodScheduled");
    if (known?.status === "False" && known.message === message) return;
    record(pod, { type: "Warning", reason: "FailedScheduling", message }, now);
    actor.modify("pods", pod, "status", (next) => {
      const others = (next.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
      const since = known?.status === "False" ? known.lastTransitionTime : undefined;
      const condition = {
        type: "PodScheduled",
        status: "False" as const,
        reason: "Unschedulable",
        message,
        lastProbeTime: null,
        lastTransitionTime: since ?? timestamp(now),
      };
      next.status = { ...next.status, conditions: [...others, condition] };
    });
  }
}

function waitsForNode(pod: Pod): boolean {
  // Another scheduler's pods are not ours, even if there is none of that name.
  if ((pod.spec.schedulerName ?? "default-scheduler") !== "default-scheduler") return false;
  const unassigned = pod.spec.nodeName === undefined || pod.spec.nodeName === "";
  return unassigned && !isTerminal(pod) && !isTerminating(pod);
}

function roomOn(nodes: readonly Node[], pods: readonly Pod[]): Room[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = pod.spec.nodeName;
    if (name === undefined || name === "") continue;
    const own = byNode.get(name);
    if (own) own.push(pod);
    else byNode.set(name, [pod]);
  }
  return nodes.map((node) => {
    const free = allocatableOf(node);
    for (const [resource, used] of Object.entries(usedBy(byNode.get(node.metadata.name) ?? []))) {
      addTo(free, { [resource]: -used });
    }
    return { node, free };
  });
}

/** Why a node does not take a pod, in the scheduler's words; empty: it does. */
function refusal(pod: Pod, { node, free }: Room): string[] {
  if (node.spec.unschedulable && !toleratesCordon(pod)) return ["node(s) were unschedulable"];
  const taint = hardTaints(node).find((each) => toleratedMs(each, pod.spec.tolerations ?? []) === 0);
  if (taint) return ["node(s) had untolerated taint(s)"];
  if (!matchesNode(pod, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  return Object.entries(requestsOf(pod))
    .filter(([resource, amount]) => amount > 0 && amount > (free[resource] ?? 0) + 1e-9)
    .map(([resource]) => (resource === "pods" ? "Too many pods" : `Insufficient ${resource}`));
}

const hardTaints = (node: Node): Taint[] =>
  (node.spec.taints ?? []).filter((taint) => taint.effect !== "PreferNoSchedule");

function toleratesCordon(pod: Pod): boolean {
  const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;
  return toleratedMs(cordon, pod.spec.tolerations ?? []) > 0;
}

/** Share of a node that is still free, the scarcer of cpu and memory counting; ties go to the first name. */
function emptiness({ node, free }: Room): number {
  const all = allocatableOf(node);
  const share = (resource: string) => (free[resource] ?? 0) / Math.max(1e-9, all[resource] ?? 0);
  return share("cpu") + share("memory") + share("pods");
}

/** "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: …", as `FitError` prints it. */
function unschedulable(perNode: readonly (readonly string[])[]): string {
  const nodes = perNode.length;
  if (nodes === 0) return "no nodes available to schedule pods";
  const helpless = perNode.map((reasons) =>
    reasons.some((reason) => reason.startsWith("Insufficient") || reason === "Too many pods")
      ? "No preemption victims found for incoming pod"
      : "Preemption is not helpful for scheduling",
  );
  const available = `0/${nodes} nodes are available:`;
  return `${available} ${counted(perNode.flat())}. no new claims to deallocate, preemption: ${available} ${counted(helpless)}.`;
}

function counted(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
}
