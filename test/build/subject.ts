import type { OwnerState, PodSubject } from "../../shared/heal/subject.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { aNamespace } from "./namespace.ts";
import { aNode } from "./node.ts";
import { type Overrides, override } from "./overrides.ts";
import { aPod } from "./pod.ts";
import { aCronJob, aDaemonSet, aDeployment, aJob, aReplicaSet, aStatefulSet } from "./workload.ts";

/** A pod with what stands above and below it. Unless given, owners, namespace and node follow from the pod, all of them healthy. */
export function aSubject(overrides: Overrides<PodSubject> = {}): PodSubject {
  const pod = overrides.pod ?? aPod();
  return override<PodSubject>(
    {
      kind: "pod",
      pod,
      owners: ownersOf(pod),
      namespace: aNamespace({ name: pod.ref.namespace }),
      node: pod.nodeName === undefined ? "none" : aNode({ name: pod.nodeName }),
    },
    overrides,
  );
}

/** The chain that a pod's owner reference lets expect: a ReplicaSet belongs to a Deployment with a rolling update. */
function ownersOf(pod: PodFacts): OwnerState {
  const owner = pod.owner;
  if (owner === undefined) return { kind: "bare" };
  const identity = { name: owner.name, namespace: pod.ref.namespace, uid: owner.uid };
  switch (owner.kind) {
    case "ReplicaSet":
      return { kind: "known", chain: [aReplicaSet(identity), aDeployment({ namespace: pod.ref.namespace })] };
    case "Deployment":
      return { kind: "known", chain: [aDeployment(identity)] };
    case "StatefulSet":
      return { kind: "known", chain: [aStatefulSet(identity)] };
    case "DaemonSet":
      return { kind: "known", chain: [aDaemonSet(identity)] };
    case "Job":
      return { kind: "known", chain: [aJob(identity)] };
    case "CronJob":
      return { kind: "known", chain: [aCronJob(identity)] };
    default:
      return { kind: "unknownKind", owner, chain: [] };
  }
}
