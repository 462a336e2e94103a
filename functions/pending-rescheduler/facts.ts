import type { Cause, Remedy, Scope } from "../../shared/catalogue/signature.ts";
import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import type { Instant } from "../../shared/time/clock.ts";
import type { WorkloadFacts } from "./observe-workload.ts";

/** Of a pod; or of a workload that one of its pods called for. */
export type Facts = PodFactsAround | WorkloadFacts;

/** A pod, and around it what its kind of trouble asks for. */
export interface PodFactsAround extends HealerFacts {
  readonly subject: PodSubject;
  readonly around: Around;
}

export type Around =
  /** It ends, or has ended: nothing was asked. */
  { readonly kind: "ending" } | UnboundAround | SilentAround | BoundAround | UnreadyAround;

/** No node yet: `spec.nodeName` is empty (S1-03). */
export interface UnboundAround {
  readonly kind: "unbound";
  /** When an autoscaler last said that it makes room for this pod. */
  readonly scaledUpAt?: Instant;
  /** The cluster's last report; empty where there is none. */
  readonly pools: readonly PoolReport[];
}

/** Bound, and not one word from the kubelet. */
export interface SilentAround {
  readonly kind: "silent";
  /** Every pod of the cluster that is bound, Pending and without a word, itself and those that are being deleted among them. */
  readonly silent: readonly SilentPod[];
  /** The latest start of a pod on another node, as far as was looked. */
  readonly startedElsewhereAt?: Instant;
}

export interface SilentPod {
  readonly node: string;
  readonly since: Instant;
}

/** Bound, and its kubelet has spoken. */
export interface BoundAround {
  readonly kind: "bound";
  /** What its own state and then its kubelet's Events say, distinct, at most 50. */
  readonly said: readonly Said[];
  /** More was said than was looked at. */
  readonly saidMore: boolean;
  /** The image that its kubelet began to pull last, with no word of its end. */
  readonly pulling?: { readonly at: Instant; readonly message: string };
  /** Other nodes on which the same workload or image is stuck too; only looked for where the node may be the cause. */
  readonly failsOn: readonly string[];
  /** Other pods of this node whose own state calls for their eviction as well (S0-43); only looked for with `failsOn`, absent where there is none. */
  readonly alikeHere?: number;
  /** As `SilentAround.silent`, and only looked for with `failsOn`. */
  readonly silent: readonly SilentPod[];
}

/** It has run unready for as long as a pod may: its probes say no, or do not answer (S0-97). */
export interface UnreadyAround {
  readonly kind: "unready";
  /** As `BoundAround.said`. */
  readonly said: readonly Said[];
  readonly saidMore: boolean;
  /** Only looked for where the node may be the cause. */
  readonly alike?: ProbesAlike;
}

/** Who else has running pods whose probes say the same. */
export interface ProbesAlike {
  /** Workloads with such a pod on this node, its own among them ("ReplicaSet shop/web"); no more than are several. */
  readonly here: readonly string[];
  /** Nodes with such a pod, of the few others that were asked. */
  readonly elsewhere: readonly string[];
  /** One of the others that were asked has a pod that is ready. */
  readonly wellElsewhere: boolean;
}

/** One text, and what the catalogue knows of it; without `cause` nothing. */
export interface Said {
  readonly from: "state" | "event";
  readonly reason: string;
  readonly text: string;
  readonly signature?: {
    readonly id: string;
    readonly meaning: string;
    readonly cause: Cause;
    readonly scope: Scope;
    readonly remedy?: Remedy;
    /** Sum of the fragments' lengths: the more, the more specific. */
    readonly weight: number;
  };
}
