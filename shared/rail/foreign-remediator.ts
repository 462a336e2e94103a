import { nodeOf } from "../heal/subject.ts";
import { isVirtual, type NodeFacts } from "../kubernetes/node.ts";
import { leave, pass, type SubjectRail } from "./rail.ts";

/**
 * Taints with which other remediators take a node in hand. Code, not configuration: two healers on one node are worse than one.
 * Sources: karpenter `pkg/apis/v1/taints.go`; cluster-autoscaler `utils/taints`; aws-node-termination-handler `pkg/node/node.go`;
 * Cluster API `api/core/v1beta2/machine_types.go`; medik8s self-node-remediation.
 */
const foreignTaints: readonly { readonly tool: string; readonly matches: (key: string) => boolean }[] = [
  { tool: "Karpenter", matches: (key) => key === "karpenter.sh/disrupted" || key === "karpenter.sh/disruption" },
  {
    tool: "cluster-autoscaler",
    matches: (key) => key === "ToBeDeletedByClusterAutoscaler" || key === "DeletionCandidateOfClusterAutoscaler",
  },
  { tool: "aws-node-termination-handler", matches: (key) => key.startsWith("aws-node-termination-handler/") },
  { tool: "Cluster API", matches: (key) => key === "node.cluster.x-k8s.io/outdated-revision" },
  { tool: "medik8s", matches: (key) => key.startsWith("medik8s.io/") || key.startsWith("remediation.medik8s.io/") },
];

function remediatorOf(node: NodeFacts): string | undefined {
  for (const taint of node.taints) {
    const tool = foreignTaints.find((each) => each.matches(taint.key))?.tool;
    if (tool !== undefined) return `${tool} (taint ${taint.key})`;
  }
  const excluded = Object.keys(node.annotations).find((each) => each.startsWith("remediation.medik8s.io/"));
  return excluded === undefined ? undefined : `medik8s (annotation ${excluded})`;
}

/** A node that another remediator has in hand, or one that has no kubelet as we know it. */
export const foreignRemediator: SubjectRail = (subject) => {
  const node = nodeOf(subject);
  if (node === undefined) return pass;
  const remediator = remediatorOf(node);
  if (remediator !== undefined)
    return leave("ForeignRemediator", `Node ${node.ref.name} is in the hands of ${remediator}.`);
  if (isVirtual(node))
    return leave("VirtualNode", `Node ${node.ref.name} is virtual: its provider answers for its pods.`);
  return pass;
};
