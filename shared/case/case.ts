import type { Effect, VerdictKind } from "../heal/heal.ts";
import type { IncidentCause } from "../incident/incident.ts";
import type { NodeMark } from "../kubernetes/node-marks.ts";
import type { NodeTask } from "../kubernetes/node-task.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

export interface CaseKey {
  readonly healer: string;
  readonly cluster: string;
  readonly uid: string;
}

/**
 * The open record of one sick object for one healer. Instants are ours (the functions' clock) unless a name says otherwise.
 * The row is also the wake-up's fence: every save raises `version`, and a wake-up that carries an older one is dropped.
 */
export interface Case {
  readonly key: CaseKey;
  readonly object: ObjectRef;
  readonly version: number;
  readonly state: "open" | "closed";
  readonly openedAt: Instant;
  readonly updatedAt: Instant;
  /** The latest verdict, or what held it back. */
  readonly verdict?: {
    readonly kind: VerdictKind;
    readonly reason: string;
    readonly message: string;
    readonly at: Instant;
    /** "observe": nothing was written to the cluster. */
    readonly mode: "act" | "observe";
    /**
     * Looks in a row that came to this kind, reason and mode, this one among them; once when absent. Anything else in between (a cluster that
     * cannot be seen) begins anew.
     */
    readonly times?: number;
  };
  /** Sightings before this are dropped unread. */
  readonly nextLookAt?: Instant;
  /** The cluster's clock minus ours, as last seen. */
  readonly clockOffsetMs?: number;
  /** Writes sent, including those of unknown outcome. */
  readonly attempts: number;
  /** Of them, those whose effect was seen while the object stayed; none when absent. */
  readonly effective?: number;
  /** A write whose effect has not been seen yet. */
  readonly pending?: {
    readonly actionId: string;
    readonly sentAt: Instant;
    /** Key and stamp of the owner's in-flight budget, given back once the effect is seen. */
    readonly inFlight?: { readonly key: string; readonly stamp: string };
    /** What is to be seen next; absent: that the object is gone. */
    readonly effect?: Effect;
  };
  /** Told to people; set once. */
  readonly escalated?: { readonly reason: string; readonly at: Instant; readonly actionId: string };
  /** A node's: what made other healers hand it over, newest last, one per pod uid and reason. */
  readonly symptoms?: readonly Symptom[];
  /** A node's: when the first of them came. */
  readonly handedOverAt?: Instant;
  /** A node's: what no field of it says. Outlives the case: a later one of the same node begins with it. */
  readonly memory?: NodeMemory;
  /** What it is evidence of, for the healer that keeps incidents. */
  readonly suspects?: readonly IncidentCause[];
  /** What observe mode would have done; held until then, or until the mode changes. */
  readonly shadowHeldUntil?: Instant;
  readonly closedBecause?: string;
  readonly traceId: string;
}

/** What a pod showed of its node. */
export interface Symptom {
  readonly pod: ObjectRef;
  readonly reason: string;
  readonly message: string;
  /** When it was last seen. */
  readonly at: Instant;
}

/** What looks at a node have seen. Instants by the cluster's own clock. */
export interface NodeMemory {
  /** The state that looks without a gap have found it in. */
  readonly state: NodeState;
  readonly since: Instant;
  readonly seenAt: Instant;
  /** When Ready changed, in the last hour, as far as looks have seen it: oldest first. */
  readonly readyChanges: readonly Instant[];
  /** Marks that were seen after we had set them. */
  readonly ours: readonly NodeMark[];
  /** Boots of the last day, oldest first: `at` is when a look saw that one first. The oldest may have begun long before. */
  readonly boots?: readonly { readonly id: string; readonly at: Instant }[];
  /** The kubelet's version, and when a look saw it in the place of another; 0: never. */
  readonly kubelet?: { readonly version: string; readonly at: Instant };
  /** The most that the node was seen to offer of each device it has (extended resources). */
  readonly devices?: Readonly<Record<string, number>>;
  /** Since when it offers less than that, or less than it has. */
  readonly devicesLostSince?: Instant;
  /** How many pods could be moved away when it was first seen not Ready under our mark. */
  readonly movable?: number;
  /** Rungs that were asked for and seen to be: oldest first, of the last day. */
  readonly tried?: readonly TriedRung[];
}

/** A rung that was asked of a node. `at`: when the write was sent, by the cluster's own clock. */
export interface TriedRung extends NodeTask {
  readonly at: Instant;
  /** What came of it, once that was seen and counted for the cluster. */
  readonly helped?: boolean;
}

/**
 * - `well`: Ready=True, its Lease fresh, no pod overdue or silent on it
 * - `ailing`: Ready=True, and something of that is missing
 * - `notReady`, `silent`: Ready=False, Ready=Unknown
 */
export type NodeState = "well" | "ailing" | "notReady" | "silent";

/** How long a closed case stays readable. Garbage collection only; nothing depends on it. */
export const closedCaseRetentionMs = 30 * 86_400_000;

/** A case that nobody has saved yet. */
export function newCase(key: CaseKey, object: ObjectRef, traceId: string, now: Instant): Case {
  return { key, object, version: 0, state: "open", openedAt: now, updatedAt: now, attempts: 0, traceId };
}

type Words = Omit<NonNullable<Case["verdict"]>, "times">;

/** The case that follows a closed one of the same object (or none): it takes its version, and what is remembered of a node. */
export function reopenedCase(
  stored: Case | undefined,
  key: CaseKey,
  object: ObjectRef,
  traceId: string,
  now: Instant,
): Case {
  const fresh = newCase(key, object, traceId, now);
  if (stored === undefined) return fresh;
  return { ...fresh, version: stored.version, ...(stored.memory === undefined ? {} : { memory: stored.memory }) };
}

/** What may change. A verdict is given without its count, which follows from the one before. */
type CaseChanges = { readonly [Member in Exclude<keyof Case, "verdict">]?: Case[Member] | undefined } & {
  readonly verdict?: Words | undefined;
};

/** The next version of a case: members given as undefined are taken away. */
export function amendCase(before: Case, changes: CaseChanges, now: Instant): Case {
  const counted = changes.verdict === undefined ? {} : { verdict: withTimes(changes.verdict, before.verdict) };
  const merged = { ...before, ...changes, ...counted, version: before.version + 1, updatedAt: now };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as unknown as Case;
}

function withTimes(words: Words, before: Case["verdict"]): NonNullable<Case["verdict"]> {
  const isSame = before?.kind === words.kind && before.reason === words.reason && before.mode === words.mode;
  return isSame ? { ...words, times: (before.times ?? 1) + 1 } : words;
}
