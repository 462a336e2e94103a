import type { PodSubject } from "../heal/subject.ts";
import { isControlPlane, type NodeFacts } from "../kubernetes/node.ts";
import { isMirror } from "../kubernetes/pod.ts";
import { type HealRail, leave, pass, type RailAnswer, type SubjectRail } from "./rail.ts";

/** Namespaces of the cluster itself. Code, not configuration (`safety.md` §1.3). */
const systemNamespaces = new Set(["kube-system", "kube-public", "kube-node-lease"]);

/** Classes that are never ours, whoever asks: static pods, DaemonSets, the cluster's own, control-plane nodes, nodes that go, our own forwarder. */
export const protectedClass: SubjectRail = (subject) =>
  subject.kind === "node" ? protectedNode(subject.node) : protectedPod(subject);

function protectedNode(node: NodeFacts): RailAnswer {
  if (isControlPlane(node)) return controlPlaneNode(node);
  return node.deletionTimestamp === undefined
    ? pass
    : leave("NodeBeingDeleted", `Node ${node.ref.name} is being deleted: whoever does that answers for it.`);
}

function controlPlaneNode({ ref }: NodeFacts): RailAnswer {
  return leave("ControlPlaneNode", `Node ${ref.name} is part of the control plane.`);
}

function protectedPod({ pod, owners, node }: PodSubject): RailAnswer {
  if (isMirror(pod)) return leave("MirrorPod", "A static pod: its node's files control it, not the API.");
  if (systemNamespaces.has(pod.ref.namespace)) {
    return leave("SystemNamespace", `Pods of ${pod.ref.namespace} belong to the cluster itself.`);
  }
  if (pod.priorityClassName?.startsWith("system-")) {
    return leave("SystemPriority", `Priority class ${pod.priorityClassName}.`);
  }
  const ownedByDaemonSet = pod.owner?.kind === "DaemonSet";
  const chainHasDaemonSet = owners.kind !== "bare" && owners.chain.some((each) => each.ref.kind === "DaemonSet");
  if (ownedByDaemonSet || chainHasDaemonSet)
    return leave("DaemonSetPod", "A DaemonSet's pod: bound to its node for good.");
  if (typeof node !== "string" && isControlPlane(node)) return controlPlaneNode(node);
  if (pod.labels["app.kubernetes.io/name"] === "knitbone-forwarder") {
    return leave("OwnForwarder", "Our own forwarder: we do not heal our own eyes.");
  }
  return pass;
}

/** Nothing would make a bare pod again; only a Failed one, which runs no more, may be removed. Words are allowed. */
export const barePod: HealRail = ({ subject }) =>
  subject.kind === "pod" && subject.owners.kind === "bare" && subject.pod.phase !== "Failed"
    ? leave("BarePod", "Nothing owns this pod: nothing would make it again.")
    : pass;
