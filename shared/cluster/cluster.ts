import type { Outcome } from "../heal/heal.ts";
import type { DeploymentFacts } from "../kubernetes/deployment.ts";
import type { DisruptionBudgetFacts } from "../kubernetes/disruption-budget.ts";
import type { EventFacts } from "../kubernetes/event.ts";
import type { LeaseFacts } from "../kubernetes/lease.ts";
import type { Meta, OwnerRef } from "../kubernetes/meta.ts";
import type { NamespaceFacts } from "../kubernetes/namespace.ts";
import type { NodeFacts } from "../kubernetes/node.ts";
import type { NodeMark } from "../kubernetes/node-marks.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { PodFacts } from "../kubernetes/pod.ts";
import type { SpillOrder } from "../kubernetes/spill.ts";
import type { VolumeClaimFacts } from "../kubernetes/volume-claim.ts";
import type { WorkloadFacts, WorkloadKind } from "../kubernetes/workload.ts";
import type { Instant } from "../time/clock.ts";
import type { RegisteredCluster } from "./registered-cluster.ts";

export type Found<T> = { readonly kind: "found"; readonly object: T } | { readonly kind: "notFound" };

/** Pods and the controllers that we know. */
export type MetadataKind = "Pod" | WorkloadKind;

/**
 * What healers may read. Every read is live (resourceVersion unset: a quorum read). An answer that is not 2xx or 404 throws
 * ClusterUnreachable / ClusterUnauthorized; a list that cannot be read whole throws as well: partial truth is no truth.
 */
export interface ClusterReader {
  readonly id: string;
  /** Now by the API server's own Date header (whole seconds, never ahead of it); undefined before the first answer. */
  now(): Instant | undefined;
  pod(namespace: string, name: string): Promise<Found<PodFacts>>;
  node(name: string): Promise<Found<NodeFacts>>;
  namespace(name: string): Promise<Found<NamespaceFacts>>;
  /** An owner by its reference. "unknownKind": not one of the controllers we know, nothing was read. */
  workload(namespace: string, owner: OwnerRef): Promise<Found<WorkloadFacts> | { readonly kind: "unknownKind" }>;
  deployment(namespace: string, name: string): Promise<Found<DeploymentFacts>>;
  /** The HorizontalPodAutoscalers that set this workload's replicas; KEDA's are among them: it makes one for each of its own objects. */
  autoscalersOf(workload: ObjectRef): Promise<readonly Meta[]>;
  /** Whole list, paged. */
  pods(filter: {
    readonly namespace?: string;
    readonly nodeName?: string;
    readonly phase?: string;
  }): Promise<readonly PodFacts[]>;
  /** The node's Lease in kube-node-lease. */
  nodeLease(nodeName: string): Promise<Found<LeaseFacts>>;
  nodes(): Promise<readonly NodeFacts[]>;
  /** Whole list, paged, of what a kind's objects have in common; of one namespace, or of all. A tenth of the bytes of the objects. */
  metadata(kind: MetadataKind, namespace?: string): Promise<readonly Meta[]>;
  /**
   * The Events that the server still has about a pod (by its uid) or a node (by its name: kubelets write that where the uid belongs), in no order. Anyone
   * with `create events` can write one: they explain what the object itself shows, and prove nothing (K12).
   */
  eventsAbout(object: ObjectRef): Promise<readonly EventFacts[]>;
  /** A PersistentVolumeClaim by its name; its driver, where the claim does not name it, by its storage class. */
  volumeClaim(namespace: string, name: string): Promise<Found<VolumeClaimFacts>>;
  /** The budgets of the namespace that select this pod. */
  disruptionBudgetsOf(pod: ObjectRef): Promise<readonly DisruptionBudgetFacts[]>;
  /** Every node, and whether the pod's own node selector and required node affinity admit it there; not its taints, nor its room. Empty when the pod is gone. */
  placesFor(pod: ObjectRef): Promise<readonly Place[]>;
}

export interface Place {
  readonly node: NodeFacts;
  /** False as well where a requirement has an operator that we do not know. */
  readonly admits: boolean;
}

/** An Event on the object that was healed or given up. Failing to write one never fails a heal. */
export interface ClusterEvent {
  readonly regarding: ObjectRef;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** At most 1 KiB. */
  readonly note: string;
  readonly action: string;
  /** Same id, same Event: a repeat is no second one. */
  readonly id: string;
}

/** The only writes there are. Used by `shared/heal/apply.ts` and nothing else. */
export interface ClusterWriter {
  /** DELETE with `gracePeriodSeconds: 0` and both preconditions. */
  forceDeletePod(pod: ObjectRef, resourceVersion: string): Promise<Outcome>;
  /** POST pods/eviction with both preconditions and no grace period. */
  evictPod(pod: ObjectRef, resourceVersion: string): Promise<Outcome>;
  /**
   * Adds one taint and keeps every other one as it is. Reads the node first: Gone for another uid, Done where the mark stands already, Conflict where it
   * is not the version that was judged. uid and resourceVersion are preconditions of the write.
   */
  taintNode(node: ObjectRef, resourceVersion: string, taint: NodeMark): Promise<Outcome>;
  /** Takes away this taint (key, value and effect) and no other, under the same preconditions. Done where it is not there. */
  untaintNode(node: ObjectRef, resourceVersion: string, taint: NodeMark): Promise<Outcome>;
  /**
   * Writes the annotation of node tasks and no other. Reads the node first, as `taintNode` does; Done where this text stands already. uid and
   * resourceVersion are preconditions of the write.
   */
  askNodeTask(node: ObjectRef, resourceVersion: string, task: string): Promise<Outcome>;
  /**
   * Makes a spill of the workload as the server has it: Gone for another uid, Conflict where it is not the version that was judged, or where the name is
   * taken by anything but this very spill.
   */
  createSpill(workload: ObjectRef, resourceVersion: string, order: SpillOrder): Promise<Outcome>;
  /** Sets the replicas of a spill of this version and generation, and remembers on it that the change was ours. */
  scaleSpill(spill: ObjectRef, resourceVersion: string, generation: number, replicas: number): Promise<Outcome>;
  /** DELETE with both preconditions; its pods go after it, each with its own grace. */
  removeSpill(spill: ObjectRef, resourceVersion: string): Promise<Outcome>;
  recordEvent(event: ClusterEvent): Promise<Outcome>;
}

export interface Cluster extends ClusterReader, ClusterWriter {}

export interface Clusters {
  /** The cluster's connection for this healer (its name stands in the User-Agent), made once and kept. */
  connect(registered: RegisteredCluster): Promise<Cluster>;
}
