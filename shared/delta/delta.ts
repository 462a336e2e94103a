import type { EventFacts } from "../kubernetes/event.ts";
import type { NodeFacts } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { PodFacts } from "../kubernetes/pod.ts";
import type { Instant } from "../time/clock.ts";

/**
 * What an object's own state says may be wrong with it. Generic: the forwarder knows these and no healer's rule. A healer's
 * `function.yml` lists the signals it wants to hear of.
 */
export const signals = [
  /** now is past the pod's deletionTimestamp (which already contains the grace period) */
  "PodOverdue",
  /** phase Failed */
  "PodFailed",
  /** no node after the settle time */
  "PodUnscheduled",
  /** bound to a node, Pending, and no status from its kubelet after the settle time */
  "PodSilent",
  /** a container waits for a reason other than ContainerCreating or PodInitializing */
  "PodWaiting",
  /** bound, its kubelet has spoken, and some container has not started after the settle time, without a reason for PodWaiting */
  "PodStarting",
  /** it runs, and for longer than the settle time a running container of it has not been ready, without a reason for PodWaiting */
  "PodUnready",
  /** Ready is False or Unknown, or absent */
  "NodeNotReady",
  /** a condition other than Ready stands at its bad value */
  "NodeCondition",
  /** the node's Lease is older than four renewals */
  "NodeLeaseStale",
  /** an Event of type Warning about a pod or a node */
  "WarningEvent",
] as const;

export type Signal = (typeof signals)[number];

/**
 * - `suspect`: its state says that something may be wrong; repeated on every resync until well
 * - `recovered`: was a suspect, is well now; said once
 * - `gone`: was a suspect, does not exist any more
 * - `milestone`: ready or gone, for the lifecycle record only
 */
export type DeltaKind = "suspect" | "recovered" | "gone" | "milestone";

/** One observed change, or one repeated sighting, of one object in one cluster. A hint, never evidence. */
export interface Delta {
  readonly kind: DeltaKind;
  /** For a WarningEvent: what the Event is about. */
  readonly object: ObjectRef;
  readonly resourceVersion: string;
  /** Empty unless `kind` is suspect. */
  readonly signals: readonly Signal[];
  /** By the cluster's own clock (API server's Date). */
  readonly observedAt: Instant;
  /** Made once per delta; every log line, ledger row and write that follows carries it. */
  readonly traceId: string;
  /** The object vanished while nobody watched: its last state is not known, and no rule may match on its fields (K15). */
  readonly finalStateUnknown?: true;
  readonly state?: PodFacts | NodeFacts | EventFacts;
}
