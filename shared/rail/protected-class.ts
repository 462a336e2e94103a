import { isControlPlane } from "../kubernetes/node.ts";
import { isMirror } from "../kubernetes/pod.ts";
import { type HealRail, leave, pass, type SubjectRail } from "./rail.ts";

/** Namespaces of the cluster itself. Code, not configuration (`safety.md` §1.3). */
const systemNamespaces = new Set(["kube-system", "kube-public", "kube-node-lease"]);

/** Classes that are never ours, whoever asks: static pods, DaemonSets, the cluster's own, control-plane nodes, our own forwarder. */
export const protectedClass: SubjectRail = ({ pod, owners, node }) => {
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
  if (typeof node !== "string" && isControlPlane(node)) {
    return leave("ControlPlaneNode", `Node ${node.ref.name} is part of the control plane.`);
  }
  if (pod.labels["app.kubernetes.io/name"] === "knitbone-forwarder") {
    return leave("OwnForwarder", "Our own forwarder: we do not heal our own eyes.");
  }
  return pass;
};

/** Nothing would make a bare pod again; only a Failed one, which runs no more, may be removed. Words are allowed. */
export const barePod: HealRail = ({ subject }) =>
  subject.owners.kind === "bare" && subject.pod.phase !== "Failed"
    ? leave("BarePod", "Nothing owns this pod: nothing would make it again.")
    : pass;
