import { withCondition } from "../kubelet/pod-status.ts";
import { type Node, nodeCondition } from "../objects/node.ts";
import { isTerminal, isTerminating, type Pod } from "../objects/pod.ts";
import type { Controller, ControllerParts } from "./controller.ts";

/** The real loop runs every 20 s and waits 40 s after it has first missed a node (pkg/controller/podgc/gc_controller.go). */
const everyMs = 20_000;
const quarantineMs = 40_000;
const outOfService = "node.kubernetes.io/out-of-service";

/**
 * Removes pods whose node object is gone, terminating pods of nodes that are out of service, and terminating pods that never got a node.
 * Marks them Failed first, so that Jobs can count them. `threshold`: finished pods beyond this many go as well, oldest first.
 */
export function podGarbageCollector({ store, actor, podsByNode }: ControllerParts, threshold = 12_500): Controller {
  let lastAt: number | undefined;
  const missedAt = new Map<string, number>();
  return {
    step(now) {
      lastAt ??= now;
      if (now - lastAt < everyMs) return;
      lastAt = now;
      orphans(now);
      for (const node of store.all("nodes")) if (isOutOfService(node)) outOfServicePods(node, now);
      for (const pod of store.all("pods")) {
        if (isTerminating(pod) && (pod.spec.nodeName ?? "") === "") force(pod, undefined, now);
      }
      surplus(now);
    },
  };

  function orphans(now: number): void {
    const nodes = new Set(store.all("nodes").map((node) => node.metadata.name));
    for (const name of missedAt.keys()) if (nodes.has(name) || !podsByNode().has(name)) missedAt.delete(name);
    const homeless = [...podsByNode()].filter(([name]) => !nodes.has(name));
    for (const [name, pods] of homeless) if (isMissedLongEnough(name, now)) orphaned(pods, now);
  }

  function isMissedLongEnough(name: string, now: number): boolean {
    const since = missedAt.get(name) ?? now;
    missedAt.set(name, since);
    return now - since >= quarantineMs;
  }

  function orphaned(pods: readonly Pod[], now: number): void {
    for (const pod of pods) force(pod, "PodGC: node no longer exists", now);
  }

  function outOfServicePods(node: Node, now: number): void {
    for (const pod of podsByNode().get(node.metadata.name) ?? []) if (isTerminating(pod)) force(pod, undefined, now);
  }

  function force(pod: Pod, disruption: string | undefined, now: number): void {
    if (!isTerminal(pod)) {
      actor.modify("pods", pod, "status", (next) => {
        const conditions = next.status?.conditions ?? [];
        const target = { type: "DisruptionTarget", status: "True" as const, reason: "DeletionByPodGC" };
        next.status = {
          ...next.status,
          phase: "Failed",
          ...(disruption === undefined
            ? {}
            : { conditions: withCondition(conditions, { ...target, message: disruption }, now) }),
        };
      });
    }
    if (pod.metadata.deletionGracePeriodSeconds === 0 && pod.metadata.finalizers !== undefined) return;
    actor.remove("pods", pod, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
  }

  function surplus(now: number): void {
    const finished = store.all("pods").filter((pod) => isTerminal(pod) && !isTerminating(pod));
    for (const pod of finished.slice(0, Math.max(0, finished.length - threshold))) force(pod, undefined, now);
  }
}

function isOutOfService(node: Node): boolean {
  const tainted = (node.spec.taints ?? []).some((taint) => taint.key === outOfService);
  return tainted && nodeCondition(node, "Ready")?.status !== "True";
}
