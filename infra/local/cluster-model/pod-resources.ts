import type { Node } from "./objects/node.ts";
import { isTerminal, type NodeSelector, type Pod, type Taint, type Toleration } from "./objects/pod.ts";
import { addTo, amounts } from "./quantity.ts";
import type { Store } from "./store.ts";

const known = new WeakMap<object, Record<string, number>>();

/** What a pod asks of a node, one "pods" included. Kept per stored spec: it never changes. */
export function requestsOf(pod: Pod): Readonly<Record<string, number>> {
  const cached = known.get(pod.spec);
  if (cached) return cached;
  const total: Record<string, number> = { pods: 1 };
  for (const container of pod.spec.containers) {
    addTo(total, amounts({ ...container.resources?.limits, ...container.resources?.requests }));
  }
  known.set(pod.spec, total);
  return total;
}

export function allocatableOf(node: Node): Record<string, number> {
  return amounts(node.status?.allocatable);
}

/** The taint's lifetime for this pod: 0 not tolerated, Infinity tolerated, or milliseconds of `tolerationSeconds`. */
export function toleratedMs(taint: Taint, tolerations: readonly Toleration[]): number {
  const matching = tolerations.filter((each) => tolerates(each, taint));
  if (matching.length === 0) return 0;
  return Math.min(...matching.map((each) => (each.tolerationSeconds ?? Number.POSITIVE_INFINITY) * 1_000));
}

function tolerates({ key = "", operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key === "") return operator === "Exists";
  return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
}

/** nodeSelector and required node affinity. */
export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const { nodeSelector = {}, affinity } = pod.spec;
  if (!Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelector["nodeSelectorTerms"][number], node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const byLabel = (term.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === "Exists") return value !== undefined;
    if (operator === "DoesNotExist") return value === undefined;
    return operator === "In"
      ? value !== undefined && values.includes(value)
      : value === undefined || !values.includes(value);
  });
  // `metadata.name` is the only field there is; the DaemonSet controller pins its pods with it.
  const byField = (term.matchFields ?? []).every(
    ({ operator, values = [] }) => values.includes(node.metadata.name) === (operator === "In"),
  );
  return byLabel && byField;
}

export type PodsByNode = ReadonlyMap<string, readonly Pod[]>;

/** Pods per node name, made again only after a pod has changed. */
export function podIndex(store: Store): () => PodsByNode {
  let made = -1;
  let index = new Map<string, Pod[]>();
  return () => {
    if (made === store.changed("pods")) return index;
    made = store.changed("pods");
    index = new Map();
    for (const pod of store.all("pods")) {
      const node = pod.spec.nodeName;
      if (node === undefined || node === "") continue;
      const own = index.get(node);
      if (own) own.push(pod);
      else index.set(node, [pod]);
    }
    return index;
  };
}

/** What the pods of a node have taken of it; finished pods hold nothing. */
export function usedBy(pods: readonly Pod[]): Record<string, number> {
  const used: Record<string, number> = {};
  for (const pod of pods) if (!isTerminal(pod)) addTo(used, requestsOf(pod));
  return used;
}
