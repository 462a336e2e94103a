import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

/** One run of a container that ended. */
export interface ContainerExit {
  readonly container: string;
  /** `finishedAt`, by the node's clock. */
  readonly at: Instant;
  readonly exitCode: number;
  readonly reason?: string;
}

/**
 * The life of one pod uid (S0-07), kept after its deletion. Instants are taken from the status, in the whole seconds that Kubernetes writes:
 * creation, scheduling and deletion by the API server's clock, all between by the node's.
 */
export interface Lifecycle {
  readonly cluster: string;
  readonly pod: ObjectRef;
  readonly nodeName?: string;
  /** "ReplicaSet/web-5d9c" */
  readonly owner?: string;
  readonly createdAt?: Instant;
  /** Condition PodScheduled. */
  readonly scheduledAt?: Instant;
  /** `status.startTime`: the kubelet took the pod on, before its sandbox and its images. */
  readonly startedAt?: Instant;
  /** Condition PodReadyToStartContainers: sandbox and network are there. */
  readonly sandboxAt?: Instant;
  /** `startedAt` of the first run of a main container: images are pulled, init containers done. */
  readonly firstStartedAt?: Instant;
  /** Condition Ready. */
  readonly readyAt?: Instant;
  /** When somebody asked for its deletion: `deletionTimestamp` less the grace. */
  readonly deletionRequestedAt?: Instant;
  /** `deletionTimestamp`: the end of the grace. */
  readonly deletionAt?: Instant;
  /** When its end was observed, by the cluster's clock. */
  readonly goneAt?: Instant;
  /** `restartCount` of all containers. */
  readonly restarts?: number;
  /** Runs of containers that ended, the newest ten, oldest first: one for each restart that was seen, and the last. */
  readonly exits?: readonly ContainerExit[];
  /** Phase Succeeded or Failed, with the reason of the pod. */
  readonly end?: { readonly phase: string; readonly reason?: string };
  /** Ids of actions, oldest first. */
  readonly heals?: readonly string[];
}

/** How many lives of one name are told. */
export const livesOfOneName = 20;

export interface LifecycleStore {
  /** Merges the given members into the row of (cluster, pod uid); earlier instants are kept. */
  record(lifecycle: Lifecycle): Promise<void>;
  /** Adds one action to the row. */
  recordHeal(cluster: string, pod: ObjectRef, actionId: string): Promise<void>;
  read(cluster: string, podUid: string): Promise<Lifecycle | undefined>;
  /** The pods that had this name one after the other, newest first, at most `livesOfOneName`. */
  ofName(cluster: string, namespace: string, name: string): Promise<readonly Lifecycle[]>;
}
