import { type Condition, conditionFromRaw, findCondition } from "./condition.ts";
import { type Meta, metaFromRaw } from "./meta.ts";
import { type PodFacts, quantity } from "./pod.ts";
import { type Raw, rawList, rawObject, rawText, rawTexts } from "./raw.ts";
import { type Taint, taintFromRaw, tolerates } from "./taint.ts";

export interface NodeFacts extends Meta {
  readonly taints: readonly Taint[];
  /** A cordon that a person or a tool set (`spec.unschedulable`); Knitbone never sets it. */
  readonly unschedulable: boolean;
  readonly conditions: readonly Condition[];
  readonly allocatable: Readonly<Record<string, number>>;
  readonly capacity: Readonly<Record<string, number>>;
  readonly bootId: string;
  readonly kubeletVersion: string;
  readonly containerRuntimeVersion: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly providerId: string;
  /** Volumes that its kubelet has mounted or is about to; absent: none. */
  readonly volumesInUse?: number;
}

export function nodeFromRaw(raw: Raw, extraLabelKeys?: ReadonlySet<string>): NodeFacts {
  const spec = rawObject(raw["spec"]);
  const status = rawObject(raw["status"]);
  const info = rawObject(status["nodeInfo"]);
  const quantities = (value: unknown) =>
    Object.fromEntries(Object.entries(rawObject(value)).map(([name, each]) => [name, quantity(each)]));
  const volumesInUse = rawTexts(status["volumesInUse"]).length;
  return {
    ...metaFromRaw("Node", raw, extraLabelKeys),
    taints: rawList(spec["taints"]).map(taintFromRaw),
    unschedulable: spec["unschedulable"] === true,
    conditions: rawList(status["conditions"]).map(conditionFromRaw),
    allocatable: quantities(status["allocatable"]),
    capacity: quantities(status["capacity"]),
    bootId: rawText(info["bootID"]) ?? "",
    kubeletVersion: rawText(info["kubeletVersion"]) ?? "",
    containerRuntimeVersion: rawText(info["containerRuntimeVersion"]) ?? "",
    kernelVersion: rawText(info["kernelVersion"]) ?? "",
    osImage: rawText(info["osImage"]) ?? "",
    providerId: rawText(spec["providerID"]) ?? "",
    ...(volumesInUse === 0 ? {} : { volumesInUse }),
  };
}

/** The Ready condition's status; a node without one is Unknown. */
export function readyStatus(node: NodeFacts): "True" | "False" | "Unknown" {
  const status = findCondition(node.conditions, "Ready")?.status;
  return status === "True" || status === "False" ? status : "Unknown";
}

export function isControlPlane(node: NodeFacts): boolean {
  return (
    node.labels["node-role.kubernetes.io/control-plane"] !== undefined ||
    node.labels["node-role.kubernetes.io/master"] !== undefined
  );
}

export function zoneOf(node: NodeFacts): string {
  return node.labels["topology.kubernetes.io/zone"] ?? "";
}

const poolLabels = [
  "karpenter.sh/nodepool",
  "eks.amazonaws.com/nodegroup",
  "cloud.google.com/gke-nodepool",
  "kubernetes.azure.com/agentpool",
];

/** The pool by the cluster's own label if one is registered, else by the well-known ones, else "". */
export function poolOf(node: NodeFacts, poolLabel?: string): string {
  return poolIn(node.labels, poolLabel)?.value ?? "";
}

/** The same of any labels: of a node, or those that a pod asks its node for. */
export function poolIn(
  labels: Readonly<Record<string, string>>,
  poolLabel?: string,
): { readonly label: string; readonly value: string } | undefined {
  for (const label of poolLabel === undefined ? poolLabels : [poolLabel, ...poolLabels]) {
    const value = labels[label];
    if (value !== undefined) return { label, value };
  }
  return undefined;
}

/** Whether a replacement of this pod could be placed there: false once a cordon or a taint it does not tolerate keeps it away. */
export function luresReplacements(node: NodeFacts, pod: PodFacts): boolean {
  if (node.unschedulable) return false;
  return !node.taints.some(
    (taint) =>
      (taint.effect === "NoSchedule" || taint.effect === "NoExecute") &&
      !pod.tolerations.some((each) => tolerates(each, taint)),
  );
}

/** Fargate and virtual-kubelet nodes have no kubelet that our rules know (`design.md` §5). */
export function isVirtual(node: NodeFacts): boolean {
  return (
    node.labels["type"] === "virtual-kubelet" ||
    node.labels["eks.amazonaws.com/compute-type"] === "fargate" ||
    node.ref.name.startsWith("fargate-") ||
    node.taints.some((each) => each.key === "virtual-kubelet.io/provider")
  );
}
