import type { Instant } from "../time/clock.ts";
import type { Closing, Incident, IncidentCause, IncidentKind, Member } from "./incident.ts";

/** So much has to fail by one cause: every figure of it. Objects, places (nodes) and parts (images, claims) are counted once each. */
export interface Threshold {
  readonly objects: number;
  readonly places: number;
  readonly parts: number;
  /** And of the cluster's Ready nodes so large a share: for what would hold the whole of it. */
  readonly share?: number;
}

/** When an incident opens, and when it closes: the policy of the healer that keeps them. */
export interface IncidentRules {
  /** Any one of these opens it. */
  readonly thresholds: Readonly<Record<IncidentKind, readonly Threshold[]>>;
  /** What was last seen failing longer ago than this opens nothing. */
  readonly windowMs: number;
  /** Nothing of the kind must have been seen for so long before it closes. */
  readonly quietMs: number;
}

export interface Opening {
  /** "*" where members of several clusters make it. */
  readonly cluster: string;
  readonly reason: string;
  readonly message: string;
  readonly members: readonly Member[];
}

/** A thing outside of clusters is one and the same for all of them; a class, a zone, a control plane are each cluster's own. */
const fleetKinds: ReadonlySet<IncidentKind> = new Set(["registry", "image", "sandboxImage", "csiDriver"]);

/** A member that nobody looked at for so long has been lost sight of: it keeps no incident open for ever. */
const forgottenMs = 30 * 60_000;
/** Nothing got well, so nobody knows whether the cause is repaired: closed only after so many times the quiet time. */
const unprovenTimes = 3;
/** What fails on one node alone is no common cause (any more). */
const placesThatHold = 2;

const reasons: Readonly<Record<IncidentKind, string>> = {
  registry: "RegistryFailing",
  image: "ImageDamaged",
  sandboxImage: "SandboxImageFailing",
  storageClass: "StorageClassFailing",
  csiDriver: "CsiDriverFailing",
  zone: "ZoneFailing",
  controlPlane: "ControlPlaneSlow",
  nodes: "NodesFailAlike",
};

export function isFleetWide({ kind }: IncidentCause): boolean {
  return fleetKinds.has(kind);
}

/** The members that count for an incident of this cluster. */
function membersFor(cause: IncidentCause, cluster: string, members: readonly Member[]): readonly Member[] {
  return isFleetWide(cause) || cluster === "*" ? members : members.filter((each) => each.cluster === cluster);
}

/** What opens, if enough fails by it: as a look at an object of `cluster` finds it, which has so many Ready nodes. */
export function opening(
  cause: IncidentCause,
  { cluster, readyNodes }: { readonly cluster: string; readonly readyNodes: number },
  members: readonly Member[],
  rules: IncidentRules,
  now: Instant,
): Opening | undefined {
  const failing = membersFor(cause, cluster, members).filter(
    (each) => each.ended === undefined && now - each.at <= rules.windowMs,
  );
  if (!rules.thresholds[cause.kind].some((each) => reaches(each, failing, readyNodes))) return undefined;
  const clusters = distinct(failing, (each) => each.cluster);
  const [only = cluster] = clusters;
  return {
    cluster: clusters.size > 1 ? "*" : only,
    reason: reasons[cause.kind],
    message: describe(cause, failing),
    members: failing,
  };
}

function reaches(
  { objects, places, parts, share = 0 }: Threshold,
  members: readonly Member[],
  readyNodes: number,
): boolean {
  return (
    members.length >= objects &&
    distinct(members, placeOf).size >= Math.max(places, share * readyNodes) &&
    distinct(members, (each) => each.part).size >= parts
  );
}

/** Why it closes now; undefined while it stands. */
export function closing(
  incident: Incident,
  members: readonly Member[],
  rules: IncidentRules,
  now: Instant,
): Extract<Closing, "Repaired" | "Quiet"> | undefined {
  const own = membersFor(incident, incident.cluster, members);
  const quietFor = now - lastSharedAt(own, incident.openedAt, now);
  const isProven = own.some(({ ended }) => ended?.how === "well" && ended.at >= incident.openedAt);
  if (quietFor < rules.quietMs * (isProven ? 1 : unprovenTimes)) return undefined;
  return isProven ? "Repaired" : "Quiet";
}

/** When it was last seen on two places at once; now, while it is. */
function lastSharedAt(members: readonly Member[], openedAt: Instant, now: Instant): Instant {
  const untilOf = new Map<string, Instant>();
  for (const each of members) {
    const until = each.ended?.at ?? (now - each.at < forgottenMs ? now : each.at);
    untilOf.set(placeOf(each), Math.max(until, untilOf.get(placeOf(each)) ?? until));
  }
  const ends = [...untilOf.values()].sort((a, b) => b - a);
  return Math.max(openedAt, ends[placesThatHold - 1] ?? openedAt);
}

/** How many fail by it at this moment. */
export function failingNow(incident: Incident, members: readonly Member[], now: Instant): number {
  return membersFor(incident, incident.cluster, members).filter(
    (each) => each.ended === undefined && now - each.at < forgottenMs,
  ).length;
}

const sampleSize = 3;

/** "4 objects on 3 nodes in 2 clusters fail by registry registry.example (RegistryFailing): eu-1 shop/web-1 on n1, …" */
function describe({ kind, key }: IncidentCause, members: readonly Member[]): string {
  const clusters = distinct(members, (each) => each.cluster);
  const said = [...distinct(members, (each) => each.said)].sort().join(", ");
  const sample = members
    .slice(0, sampleSize)
    .map(({ cluster, object, place }) => `${cluster} ${nameOf(object)}${place === object.uid ? "" : ` on ${place}`}`);
  const more = members.length > sampleSize ? ", …" : "";
  const where = `${count(distinct(members, placeOf).size, "node")} of ${count(clusters.size, "cluster")}`;
  const what = key === "" ? kind : `${kind} ${key}`;
  return `${count(members.length, "object")} on ${where} fail by ${what} (${said}): ${sample.join(", ")}${more}`;
}

function nameOf({ namespace, name }: Member["object"]): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function placeOf({ cluster, place }: Member): string {
  return `${cluster}/${place}`;
}

function distinct(members: readonly Member[], by: (member: Member) => string): ReadonlySet<string> {
  return new Set(members.map(by));
}
