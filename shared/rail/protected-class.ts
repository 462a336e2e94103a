import type { PodSubject, WorkloadSubject } from "../heal/subject.ts";
import type { Meta } from "../kubernetes/meta.ts";
import { isSystemNamespace } from "../kubernetes/namespace.ts";
import { isControlPlane, type NodeFacts } from "../kubernetes/node.ts";
import { isMirror, type PodFacts } from "../kubernetes/pod.ts";
import { type HealRail, leave, pass, type RailAnswer, type SubjectRail } from "./rail.ts";

/** Classes that are never ours, whoever asks: static pods, DaemonSets, the cluster's own, control-plane nodes, nodes that go, our own forwarder. */
export const protectedClass: SubjectRail = (subject) => {
  switch (subject.kind) {
    case "node":
      return protectedNode(subject.node);
    case "pod":
      return protectedPod(subject);
    case "workload":
      return protectedWorkload(subject);
  }
};

function protectedWorkload({ workload, pending }: WorkloadSubject): RailAnswer {
  const system =
    systemNamespace(workload.ref.namespace) ?? pending.map(systemPriority).find((each) => each !== undefined);
  return system ?? (isForwarder(workload) ? ownForwarder : pass);
}

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
  const system = systemNamespace(pod.ref.namespace) ?? systemPriority(pod);
  if (system !== undefined) return system;
  const ownedByDaemonSet = pod.owner?.kind === "DaemonSet";
  const chainHasDaemonSet = owners.kind !== "bare" && owners.chain.some((each) => each.ref.kind === "DaemonSet");
  if (ownedByDaemonSet || chainHasDaemonSet)
    return leave("DaemonSetPod", "A DaemonSet's pod: bound to its node for good.");
  if (typeof node !== "string" && isControlPlane(node)) return controlPlaneNode(node);
  return isForwarder(pod) ? ownForwarder : pass;
}

function systemNamespace(namespace: string): RailAnswer | undefined {
  return isSystemNamespace(namespace)
    ? leave("SystemNamespace", `Pods of ${namespace} belong to the cluster itself.`)
    : undefined;
}

function systemPriority({ priorityClassName }: PodFacts): RailAnswer | undefined {
  return priorityClassName?.startsWith("system-") === true
    ? leave("SystemPriority", `Priority class ${priorityClassName}.`)
    : undefined;
}

const ownForwarder = leave("OwnForwarder", "Our own forwarder: we do not heal our own eyes.");

function isForwarder({ labels }: Meta): boolean {
  return labels["app.kubernetes.io/name"] === "knitbone-forwarder";
}

/** Nothing would make a bare pod again; only a Failed one, which runs no more, may be removed. Words are allowed. */
export const barePod: HealRail = ({ subject }) =>
  subject.kind === "pod" && subject.owners.kind === "bare" && subject.pod.phase !== "Failed"
    ? leave("BarePod", "Nothing owns this pod: nothing would make it again.")
    : pass;
