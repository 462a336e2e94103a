import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

export const incidentKinds = [
  "registry",
  "image",
  "sandboxImage",
  "storageClass",
  "csiDriver",
  "zone",
  "controlPlane",
  "nodes",
] as const;

export type IncidentKind = (typeof incidentKinds)[number];

/** One thing that many stand on. */
export interface IncidentCause {
  readonly kind: IncidentKind;
  /** Registry host, image, storage class, driver or zone; what the nodes say; "" for a control plane. */
  readonly key: string;
}

/**
 * - `Repaired`: what failed by it was seen well again, and nothing of that kind was seen since
 * - `Quiet`: what failed by it is gone or fails otherwise; nobody saw it work
 * - `Replaced`: another incident of the same cause took its place: of more clusters, or one that holds
 * - `SwitchedOff`: nobody keeps it any more
 */
export const closings = ["Repaired", "Quiet", "Replaced", "SwitchedOff"] as const;
export type Closing = (typeof closings)[number];

/** One cause behind many cases. While open, healers hold the cases that it explains. */
export interface Incident extends IncidentCause {
  readonly id: string;
  /** "*": every cluster (a registry that all of them pull from). */
  readonly cluster: string;
  readonly reason: string;
  readonly message: string;
  readonly openedAt: Instant;
  /** "observe": found by a healer that may only look; it holds nobody. Absent: it holds. */
  readonly mode?: "observe";
  /** Objects that failed by it when it was last reviewed. */
  readonly members?: number;
  readonly closedAt?: Instant;
  readonly closedBecause?: Closing;
}

/** What one object shows of a cause. */
export interface Suspicion extends IncidentCause {
  /** Where it is: its node, or its own uid as long as it has none. Two places fail independently of each other. */
  readonly place: string;
  /** The node's; absent where it has none. */
  readonly zone?: string;
  /** What of the cause fails: an image of a registry, a claim of a class, a class of a driver. */
  readonly part: string;
  /** The catalogue's word for it. */
  readonly said: string;
}

/** One object that is evidence of a cause, as it was last looked at. Instants are ours. */
export interface Member extends Suspicion {
  readonly cluster: string;
  readonly object: ObjectRef;
  readonly mode: "act" | "observe";
  readonly at: Instant;
  /** It is no evidence any more. `well`: it works, and with it what it stands on. */
  readonly ended?: MemberEnd;
}

export interface MemberEnd {
  readonly how: "well" | "gone" | "changed";
  readonly at: Instant;
}

export interface IncidentStore {
  /** Open incidents of this cluster and of "*". Strongly consistent. */
  openFor(cluster: string): Promise<readonly Incident[]>;
  /** Open and closed ones of a cause in this very cluster, or in "*", by what their ids begin with. Strongly consistent. */
  ofCause(cluster: string, cause: IncidentCause): Promise<readonly Incident[]>;
  /** "exists": one with this id is already there. */
  open(incident: Incident): Promise<"opened" | "exists">;
  /** "notOpen": it is not there, or somebody else closed it; nothing was written. */
  close(incident: Incident, at: Instant, because: Closing): Promise<"closed" | "notOpen">;
  /** How many fail by it now; nothing is written once it is closed. */
  count(incident: Incident, members: number): Promise<void>;
  list(): Promise<readonly Incident[]>;

  /** In the place of what the same object showed of the same cause before. */
  saveMember(member: Member): Promise<void>;
  /** Nothing is written where there is none. */
  endMember(cause: IncidentCause, cluster: string, uid: string, end: MemberEnd): Promise<void>;
  /** Of all clusters, ended ones of the last day among them. Strongly consistent. */
  membersOf(cause: IncidentCause): Promise<readonly Member[]>;
}

export function isSameCause(a: IncidentCause, b: IncidentCause): boolean {
  return a.kind === b.kind && a.key === b.key;
}

/** What the ids of all incidents of a cause begin with that Knitbone found itself; a number follows. */
export function idStem({ kind, key }: IncidentCause): string {
  return `${kind}:${key}#`;
}
