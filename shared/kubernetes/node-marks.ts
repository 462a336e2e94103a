import type { NodeFacts } from "./node.ts";
import type { Taint } from "./taint.ts";

/** A taint that Knitbone sets and takes back. */
export type NodeMark = Pick<Taint, "key" | "value" | "effect">;

/** Takes a node out of scheduling: never `spec.unschedulable`, so that what is ours to take back cannot be confused with a person's cordon. */
export const suspectMark: NodeMark = { key: "knitbone.io/suspect", value: "", effect: "NoSchedule" };

/**
 * Kubernetes' own word that a node is off for good: PodGC deletes its pods at once, and volumes detach (KEP-2268). Only set beside proof of death.
 */
export const outOfServiceMark: NodeMark = {
  key: "node.kubernetes.io/out-of-service",
  value: "nodeshutdown",
  effect: "NoExecute",
};

/** The cloud controller's word that the machine is shut down: proof of death (cloud-provider `node_lifecycle_controller.go`). */
const shutdownKey = "node.cloudprovider.kubernetes.io/shutdown";

export function isSameMark(a: NodeMark, b: NodeMark): boolean {
  return a.key === b.key && a.effect === b.effect && a.value === b.value;
}

/** "knitbone.io/suspect:NoSchedule", as kubectl writes a taint. */
export function describeMark({ key, value, effect }: NodeMark): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

export function markOn(node: NodeFacts, mark: NodeMark): Taint | undefined {
  return node.taints.find((each) => isSameMark(each, mark));
}

export function isProvenDead(node: NodeFacts): boolean {
  return node.taints.some((each) => each.key === shutdownKey);
}
