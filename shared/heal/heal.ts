import type { Suspicion } from "../incident/incident.ts";
import type { NodeMark } from "../kubernetes/node-marks.ts";
import type { NodeTask } from "../kubernetes/node-task.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { PoolSelector } from "../kubernetes/spill.ts";
import type { Instant } from "../time/clock.ts";

/**
 * Every remedy that Knitbone may ever apply, as data. `apply.ts` is the only code that turns one into a write. Adding one is a reviewed
 * decision: it needs a rail, a row in the healer's `rbac.yaml` and a way to verify its effect.
 */
export type Heal =
  /** DELETE with grace 0, uid and resourceVersion as preconditions: the exception of `safety.md` §2.2, stateless pods only. */
  | {
      readonly kind: "ForceDeletePod";
      readonly pod: ObjectRef;
      readonly resourceVersion: string;
      readonly node: ObjectRef;
    }
  /** Eviction of a Failed or Succeeded pod, which deletes it without the DELETE verb (K1). */
  | { readonly kind: "EvictTerminalPod"; readonly pod: ObjectRef; readonly resourceVersion: string }
  /** Eviction, with its own grace period, of a pod whose controller does not exist any more: only where its namespace opted in (S0-10). */
  | { readonly kind: "EvictOrphan"; readonly pod: ObjectRef; readonly resourceVersion: string }
  /** Eviction, with its own grace period, of a ReplicaSet's pod that is bound and of which no container has ever started (S0-14, S0-43). */
  | { readonly kind: "EvictStuckPod"; readonly pod: ObjectRef; readonly resourceVersion: string }
  /** Eviction, with its own grace period, of a running pod from a node whose kubelet says that it cannot run pods; through the workload's disruption budget. */
  | { readonly kind: "DrainPod"; readonly pod: ObjectRef; readonly resourceVersion: string }
  /** One of our two marks on a node; every other taint stays as it is. */
  | { readonly kind: "TaintNode"; readonly node: ObjectRef; readonly resourceVersion: string; readonly taint: NodeMark }
  /** Takes one of our marks back: this key, value and effect, and no other. */
  | {
      readonly kind: "UntaintNode";
      readonly node: ObjectRef;
      readonly resourceVersion: string;
      readonly taint: NodeMark;
    }
  /** Asks whoever answers for tasks on this node for one rung, by annotation: `shared/kubernetes/node-task.ts`. */
  | ({ readonly kind: "AskNodeTask"; readonly node: ObjectRef; readonly resourceVersion: string } & NodeTask)
  | SpillHeal;

/** Room that a heal is going to use, to be reserved before it: of which pool, and how much of each resource, in base units. */
export interface RoomNeed {
  readonly pool: string;
  readonly amounts: Readonly<Record<string, number>>;
}

/** A second Deployment beside one whose pods find no room, in another pool (`design.md` §6). The workload is what is claimed and counted. */
export type SpillHeal =
  /** Made of the workload as the server has it, if it is still the version that was judged. */
  | {
      readonly kind: "CreateSpill";
      readonly workload: ObjectRef;
      readonly resourceVersion: string;
      readonly name: string;
      readonly replicas: number;
      readonly pool: PoolSelector;
      readonly room: RoomNeed;
    }
  /** `room`: of the replicas that are added; absent where some are given back. */
  | {
      readonly kind: "ScaleSpill";
      readonly workload: ObjectRef;
      readonly spill: ObjectRef;
      readonly resourceVersion: string;
      readonly generation: number;
      readonly replicas: number;
      readonly room?: RoomNeed;
    }
  /** DELETE of the spill with both preconditions; its pods end with their own grace. */
  | {
      readonly kind: "RemoveSpill";
      readonly workload: ObjectRef;
      readonly spill: ObjectRef;
      readonly resourceVersion: string;
    };

export type HealKind = Heal["kind"];

/** The object that a heal changes: the one that is claimed, and whose uid the write names. */
export function targetOf(heal: Heal): ObjectRef {
  if (isSpillHeal(heal)) return heal.workload;
  return isNodeHeal(heal) ? heal.node : heal.pod;
}

export function isNodeHeal(heal: Heal): heal is Extract<Heal, { kind: "TaintNode" | "UntaintNode" | "AskNodeTask" }> {
  return isMarkHeal(heal) || heal.kind === "AskNodeTask";
}

export function isSpillHeal(heal: Heal): heal is SpillHeal {
  return heal.kind === "CreateSpill" || heal.kind === "ScaleSpill" || heal.kind === "RemoveSpill";
}

export function isMarkHeal(heal: Heal): heal is Extract<Heal, { kind: "TaintNode" | "UntaintNode" }> {
  return heal.kind === "TaintNode" || heal.kind === "UntaintNode";
}

/** What is to be seen of the object after the write, where that is not that it is gone. */
export type Effect =
  /** The pod gets its own time to end: first it is being deleted. */
  | { readonly see: "deleting" }
  | { readonly see: "tainted" | "untainted"; readonly taint: NodeMark }
  /** The task stands on the node. What comes of it is judged later, by the node's own state. */
  | ({ readonly see: "asked" } & NodeTask)
  /** The workload's spill stands, of this size. */
  | { readonly see: "spilled"; readonly replicas: number }
  /** The workload has no spill. */
  | { readonly see: "unspilled" };

/** undefined: the object is gone. */
export function effectOf(heal: Heal): Effect | undefined {
  switch (heal.kind) {
    case "EvictOrphan":
    case "EvictStuckPod":
    case "DrainPod":
      return { see: "deleting" };
    case "TaintNode":
      return { see: "tainted", taint: heal.taint };
    case "UntaintNode":
      return { see: "untainted", taint: heal.taint };
    case "AskNodeTask":
      return { see: "asked", rung: heal.rung, id: heal.id, cause: heal.cause };
    case "CreateSpill":
    case "ScaleSpill":
      return { see: "spilled", replicas: heal.replicas };
    case "RemoveSpill":
      return { see: "unspilled" };
    case "ForceDeletePod":
    case "EvictTerminalPod":
      return undefined;
  }
}

/** What came of one write. Values, not errors: the job expects every one of them. */
export type Outcome =
  | { readonly kind: "Done" }
  /** 404, or another uid under the name. */
  | { readonly kind: "Gone" }
  /** 409: the object is no longer the one that was judged. */
  | { readonly kind: "Conflict"; readonly message: string }
  /** 429: a disruption budget or the server's own throttle. */
  | { readonly kind: "BlockedByBudget"; readonly retryAfterMs: number; readonly message: string }
  /** 401, 403, or refused by admission. */
  | { readonly kind: "Denied"; readonly message: string }
  /** Timed out, reset, 5xx: it may have happened. Re-judged on live state, never assumed. */
  | { readonly kind: "Unknown"; readonly message: string };

export type OutcomeKind = Outcome["kind"];

export type VerdictKind = "heal" | "wait" | "leave" | "handOver" | "escalate";

/** What a healer decides: always with one CamelCase reason, and a sentence for people. */
export type Verdict<Reason extends string = string> = (
  | { readonly kind: "heal"; readonly heal: Heal; readonly reason: Reason; readonly message: string }
  /** `until` by the cluster's own clock. `suspects`: what the object is evidence of, for the healer that keeps incidents. */
  | {
      readonly kind: "wait";
      readonly until: Instant;
      readonly reason: Reason;
      readonly message: string;
      readonly suspects?: readonly Suspicion[];
    }
  /**
   * `ends`: the object is well again, and its case closes. `until`: nothing new is expected before, by the cluster's own clock; sightings until then are
   * dropped unread, unless it recovers or is gone. At its next sighting when absent.
   */
  | {
      readonly kind: "leave";
      readonly reason: Reason;
      readonly message: string;
      readonly ends?: true;
      readonly until?: Instant;
    }
  /** The node is the cause: its own healer is to judge it, with this symptom. `until`: when to look at the object itself again. */
  | {
      readonly kind: "handOver";
      readonly node: ObjectRef;
      readonly reason: Reason;
      readonly message: string;
      readonly until?: Instant;
    }
  /**
   * Told to people once, about `about` (the sick object itself when absent: a workload or a node may be the one to name). `until`: when to look
   * at the object itself again, by the cluster's own clock; at its next sighting when absent.
   */
  | {
      readonly kind: "escalate";
      readonly about?: ObjectRef;
      readonly reason: Reason;
      readonly message: string;
      readonly until?: Instant;
    }
) & {
  /** Others that the same healer is to look at because of it (the pods of a node, the workload of a pod): each goes the road of a sighting, case and rails and all. */
  readonly alsoLookAt?: readonly ObjectRef[];
  /**
   * What a pod shows of its node, by the catalogue's cause. Where a budget of the node hands it over, it is the hand-over's reason; under the node's mark its
   * healer hears of it at each look, so that the mark does not go and come back. Nobody else is told.
   */
  readonly symptom?: string;
};
