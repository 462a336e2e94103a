import type { Node } from "../objects/node.ts";
import type { Pod } from "../objects/pod.ts";
import { allocatableOf, matchesNode, requestsOf, usedBy } from "../pod-resources.ts";

export type Admission = { kind: "admitted" } | { kind: "rejected"; reason: string; message: string };

/** Units in which the kubelet words a shortage: milli-CPUs, bytes, pieces. */
const inWords = (resource: string, amount: number): number => Math.round(resource === "cpu" ? amount * 1_000 : amount);

/**
 * The kubelet's own check of a pod that was bound to it: node selector, then room. `others` are the pods it has already taken and that
 * are not finished. Words from pkg/kubelet/lifecycle/predicate.go and pkg/kubelet/kubelet.go (`rejectPod`) of v1.36.3.
 */
export function admit(pod: Pod, node: Node, others: readonly Pod[]): Admission {
  if (!matchesNode(pod, node)) {
    return rejected("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
  }
  const used = usedBy(others);
  const allocatable = allocatableOf(node);
  for (const [resource, requested] of Object.entries(requestsOf(pod))) {
    const capacity = allocatable[resource] ?? 0;
    const taken = used[resource] ?? 0;
    if (requested === 0 || taken + requested <= capacity + 1e-9) continue;
    const [asked, had, all] = [requested, taken, capacity].map((amount) => inWords(resource, amount));
    return rejected(
      `OutOf${resource}`,
      `Node didn't have enough resource: ${resource}, requested: ${asked}, used: ${had}, capacity: ${all}`,
    );
  }
  return { kind: "admitted" };
}

export function rejected(reason: string, why: string): Admission {
  return { kind: "rejected", reason, message: `Pod was rejected: ${why}` };
}
