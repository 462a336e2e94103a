import type { ClusterReader } from "../cluster/cluster.ts";
import type { DeploymentFacts } from "../kubernetes/deployment.ts";
import type { LeaseFacts } from "../kubernetes/lease.ts";
import type { OwnerRef } from "../kubernetes/meta.ts";
import type { NamespaceFacts } from "../kubernetes/namespace.ts";
import type { NodeFacts } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import {
  isMirror,
  isReady,
  isTerminal,
  isTerminating,
  jobTrackingFinalizer,
  type PodFacts,
  silentSince,
} from "../kubernetes/pod.ts";
import { spillNameOf } from "../kubernetes/spill.ts";
import type { WorkloadFacts } from "../kubernetes/workload.ts";
import type { Instant } from "../time/clock.ts";

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

/** What a healer judges, with everything around it that a rail asks about, all read live. */
export type Subject = PodSubject | NodeSubject | WorkloadSubject;

/** A pod with what is above and below it. */
export interface PodSubject {
  readonly kind: "pod";
  readonly pod: PodFacts;
  readonly owners: OwnerState;
  readonly namespace?: NamespaceFacts;
  /** "none": not bound; "notFound": bound to a node that does not exist. */
  readonly node: NodeFacts | "none" | "notFound";
}

/** A node with what says whether its kubelet works: its Lease, and what stands on it. */
export interface NodeSubject {
  readonly kind: "node";
  readonly node: NodeFacts;
  /** Of kube-node-lease; absent when there is none. */
  readonly lease?: LeaseFacts;
  /** All pods that are bound to it, but for its static ones. */
  readonly pods: readonly StandingPod[];
}

/** A Deployment with those of its pods that have not started, and what may stand in for them. */
export interface WorkloadSubject {
  readonly kind: "workload";
  readonly workload: DeploymentFacts;
  readonly namespace?: NamespaceFacts;
  /** Pods of its ReplicaSets in phase Pending. */
  readonly pending: readonly PodFacts[];
  /** What stands under the name of its spill, whoever made it. */
  readonly spill?: DeploymentFacts;
}

/** A pod on a node, as far as the node is judged by it. */
export interface StandingPod {
  readonly ref: ObjectRef;
  readonly creationTimestamp?: Instant;
  /** Its kubelet must have ended it by then; absent as long as it is not being deleted, or something else holds it (a finalizer). */
  readonly endsBy?: Instant;
  /** Bound since then, and not one word from the kubelet. */
  readonly silentSince?: Instant;
  /** Its containers have ended for good: it takes no room there. */
  readonly ended?: true;
  /** It runs, and its controller is of a kind that would make it again elsewhere: what a drain may look at, one by one. */
  readonly movable?: true;
  /** Running, and not Ready: where an Event may say why. */
  readonly unready?: true;
  /** It asks for neither cpu nor memory. */
  readonly unbounded?: true;
}

const ownerDepthLimit = 5;

/** Reads the pod of this uid and its surroundings; undefined when it is gone or the name belongs to another. */
export async function observeSubject(cluster: ClusterReader, object: ObjectRef): Promise<PodSubject | undefined> {
  const found = await cluster.pod(object.namespace, object.name);
  if (found.kind === "notFound" || found.object.ref.uid !== object.uid) return undefined;
  const pod = found.object;
  const [owners, namespace, node] = await Promise.all([
    observeOwners(cluster, pod),
    cluster.namespace(pod.ref.namespace),
    pod.nodeName === undefined ? undefined : cluster.node(pod.nodeName),
  ]);
  return {
    kind: "pod",
    pod,
    owners,
    ...(namespace.kind === "found" ? { namespace: namespace.object } : {}),
    node: node === undefined ? "none" : node.kind === "found" ? node.object : "notFound",
  };
}

/** Reads the node of this uid, its Lease and its pods; undefined when it is gone or the name belongs to another. */
export async function observeNode(cluster: ClusterReader, object: ObjectRef): Promise<NodeSubject | undefined> {
  const found = await cluster.node(object.name);
  if (found.kind === "notFound" || found.object.ref.uid !== object.uid) return undefined;
  const [lease, pods] = await Promise.all([cluster.nodeLease(object.name), cluster.pods({ nodeName: object.name })]);
  return {
    kind: "node",
    node: found.object,
    ...(lease.kind === "found" ? { lease: lease.object } : {}),
    pods: pods.filter((each) => !isMirror(each)).map(standingPod),
  };
}

/** Reads the Deployment of this uid, its pending pods and its spill; undefined when it is gone, the name belongs to another, or it is no Deployment. */
export async function observeWorkload(
  cluster: ClusterReader,
  { kind, namespace, name, uid }: ObjectRef,
): Promise<WorkloadSubject | undefined> {
  if (kind !== "Deployment") return undefined;
  const found = await cluster.deployment(namespace, name);
  if (found.kind === "notFound" || found.object.ref.uid !== uid) return undefined;
  const [space, pods, spill] = await Promise.all([
    cluster.namespace(namespace),
    cluster.pods({ namespace, phase: "Pending" }),
    cluster.deployment(namespace, spillNameOf(name)),
  ]);
  // After the pods: a ReplicaSet stands before its first pod.
  const sets = await cluster.metadata("ReplicaSet", namespace);
  const own = new Set(sets.filter(({ owner }) => owner?.uid === uid).map(({ ref }) => ref.uid));
  return {
    kind: "workload",
    workload: found.object,
    ...(space.kind === "found" ? { namespace: space.object } : {}),
    pending: pods.filter(({ owner }) => owner !== undefined && own.has(owner.uid)),
    ...(spill.kind === "found" ? { spill: spill.object } : {}),
  };
}

function standingPod(pod: PodFacts): StandingPod {
  const { ref, creationTimestamp, finalizers } = pod;
  const isHeld = finalizers.some((each) => each !== jobTrackingFinalizer);
  const endsBy = isHeld ? undefined : pod.deletionTimestamp;
  const silent = silentSince(pod);
  return {
    ref,
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(endsBy === undefined ? {} : { endsBy }),
    ...(silent === undefined ? {} : { silentSince: silent }),
    ...(isTerminal(pod) ? { ended: true } : {}),
    ...(isMovable(pod) ? { movable: true } : {}),
    ...(!isTerminal(pod) && !isReady(pod) ? { unready: true } : {}),
    ...(pod.requests["cpu"] || pod.requests["memory"] ? {} : { unbounded: true }),
  };
}

const movableOwners = ["ReplicaSet", "StatefulSet"];

function isMovable(pod: PodFacts): boolean {
  return movableOwners.includes(pod.owner?.kind ?? "") && !isTerminal(pod) && !isTerminating(pod);
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
export function workloadOf(subject: PodSubject): WorkloadFacts | undefined {
  return subject.owners.kind === "bare" ? undefined : subject.owners.chain.at(-1);
}

/** The pods that are judged: of a workload those that have not started, of a node none. */
export function podsOf(subject: Subject): readonly PodFacts[] {
  switch (subject.kind) {
    case "pod":
      return [subject.pod];
    case "workload":
      return subject.pending;
    case "node":
      return [];
  }
}

/** The node that is judged, or that the judged pod is bound to. */
export function nodeOf(subject: Subject): NodeFacts | undefined {
  if (subject.kind === "workload" || typeof subject.node === "string") return undefined;
  return subject.node;
}

/** Key of the owner for budgets: the topmost known uid, else the owner reference's, else the pod's own. */
export function ownerUidOf(subject: PodSubject | WorkloadSubject): string {
  if (subject.kind === "workload") return subject.workload.ref.uid;
  return workloadOf(subject)?.ref.uid ?? subject.pod.owner?.uid ?? subject.pod.ref.uid;
}

/** The workload's spill, if it is one that we made for this very workload, and it is not on its way out. */
export function ownSpillOf({ workload, spill }: WorkloadSubject): DeploymentFacts | undefined {
  const isOwn = spill?.spill?.of === workload.ref.uid && spill.deletionTimestamp === undefined;
  return isOwn ? spill : undefined;
}
