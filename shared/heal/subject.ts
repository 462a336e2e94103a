import type { ClusterReader } from "../cluster/cluster.ts";
import type { OwnerRef } from "../kubernetes/meta.ts";
import type { NamespaceFacts } from "../kubernetes/namespace.ts";
import type { NodeFacts } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { PodFacts } from "../kubernetes/pod.ts";
import type { WorkloadFacts } from "../kubernetes/workload.ts";

/** The end of the chain of controllers above a pod. */
export type OwnerState =
  /** Nothing owns it: nothing would make another. */
  | { readonly kind: "bare" }
  /** The whole chain was read; `chain` is nearest first (ReplicaSet, Deployment). */
  | { readonly kind: "known"; readonly chain: readonly WorkloadFacts[] }
  /** A kind that we do not know stands above it: treated as stateful. */
  | { readonly kind: "unknownKind"; readonly owner: OwnerRef; readonly chain: readonly WorkloadFacts[] }
  /** The owner's uid is not there any more. */
  | { readonly kind: "missing"; readonly owner: OwnerRef; readonly chain: readonly WorkloadFacts[] };

/** A pod with everything above and below it that a rail asks about, all read live. */
export interface Subject {
  readonly pod: PodFacts;
  readonly owners: OwnerState;
  readonly namespace?: NamespaceFacts;
  /** "none": not bound; "notFound": bound to a node that does not exist. */
  readonly node: NodeFacts | "none" | "notFound";
}

const ownerDepthLimit = 5;

/** Reads the pod of this uid and its surroundings; undefined when it is gone or the name belongs to another. */
export async function observeSubject(cluster: ClusterReader, object: ObjectRef): Promise<Subject | undefined> {
  const found = await cluster.pod(object.namespace, object.name);
  if (found.kind === "notFound" || found.object.ref.uid !== object.uid) return undefined;
  const pod = found.object;
  const [owners, namespace, node] = await Promise.all([
    observeOwners(cluster, pod),
    cluster.namespace(pod.ref.namespace),
    pod.nodeName === undefined ? undefined : cluster.node(pod.nodeName),
  ]);
  return {
    pod,
    owners,
    ...(namespace.kind === "found" ? { namespace: namespace.object } : {}),
    node: node === undefined ? "none" : node.kind === "found" ? node.object : "notFound",
  };
}

async function observeOwners(cluster: ClusterReader, pod: PodFacts): Promise<OwnerState> {
  const chain: WorkloadFacts[] = [];
  let owner = pod.owner;
  while (owner !== undefined && chain.length < ownerDepthLimit) {
    const found = await cluster.workload(pod.ref.namespace, owner);
    if (found.kind === "unknownKind") return { kind: "unknownKind", owner, chain };
    if (found.kind === "notFound" || found.object.ref.uid !== owner.uid) return { kind: "missing", owner, chain };
    chain.push(found.object);
    owner = found.object.owner;
  }
  // Somebody stands above what was read: not the whole chain is known.
  if (owner !== undefined) return { kind: "unknownKind", owner, chain };
  return chain.length === 0 ? { kind: "bare" } : { kind: "known", chain };
}

/** The topmost controller that was read: what people call "the workload". */
export function workloadOf(subject: Subject): WorkloadFacts | undefined {
  return subject.owners.kind === "bare" ? undefined : subject.owners.chain.at(-1);
}

/** Key of the owner for budgets: the topmost known uid, else the owner reference's, else the pod's own. */
export function ownerUidOf(subject: Subject): string {
  return workloadOf(subject)?.ref.uid ?? subject.pod.owner?.uid ?? subject.pod.ref.uid;
}
