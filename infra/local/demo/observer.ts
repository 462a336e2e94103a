import type { Case } from "../../../shared/case/case.ts";
import type { VerdictKind } from "../../../shared/heal/heal.ts";
import { outOfServiceMark, suspectMark } from "../../../shared/kubernetes/node-marks.ts";
import type { ObjectRef } from "../../../shared/kubernetes/object-ref.ts";
import type { Instant } from "../../../shared/time/clock.ts";
import type { AuditRecord } from "../cluster-model/api/audit.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import type { NamedFailure } from "./named-failure.ts";

/** One failure while it is watched. */
export interface Sighting {
  readonly failure: NamedFailure;
  readonly state: "waiting" | "breaking" | "watched" | "ended";
  readonly object?: ObjectRef;
  /** When the sick object was there, or could be seen for the first time. */
  readonly faultAt?: Instant;
  readonly verdict?: NonNullable<Case["verdict"]>;
  /** When the expected verdict stood for the first time. */
  readonly expectedAt?: Instant;
  /** When the cluster carried out the heal. */
  readonly healedAt?: Instant;
  /** Writes to the object that nobody wanted; told when it ended. */
  readonly wrongWrites: number;
}

/** What `--once --json` says of one failure. Times from the fault on. */
export interface FailureReport {
  readonly failure: string;
  readonly requirement: string;
  readonly cluster: string;
  readonly object: string;
  readonly expected: { readonly verdict: VerdictKind; readonly reason: string };
  readonly verdict: VerdictKind | null;
  readonly reason: string | null;
  readonly ok: boolean;
  readonly verdictMs: number | null;
  readonly healedMs: number | null;
}

/** What one look at tables and audit log shows of a failure. */
export function observed(before: Sighting, cases: readonly Case[], model: ClusterModel, now: Instant): Sighting {
  const { failure, object, faultAt } = before;
  if (before.state !== "watched" || object === undefined || faultAt === undefined) return before;
  const after = withWrites(withVerdict(before, cases, object), object, model);
  const isLate = now - faultAt >= failure.deadlineMs;
  return isComplete(after) || isLate ? { ...after, state: "ended" } : after;
}

/** The first verdict that was wanted stays: what is said later (a storm above it) is another story. */
function withVerdict(before: Sighting, cases: readonly Case[], object: ObjectRef): Sighting {
  const { failure, expectedAt } = before;
  const verdict = cases.find(({ key }) => key.uid === object.uid && key.healer === failure.healer)?.verdict;
  if (verdict === undefined || expectedAt !== undefined) return before;
  const isExpected = verdict.kind === failure.expected.verdict && verdict.reason === failure.expected.reason;
  return { ...before, verdict, ...(isExpected ? { expectedAt: verdict.at } : {}) };
}

function withWrites(before: Sighting, object: ObjectRef, model: ClusterModel): Sighting {
  const writes = writesTo(object, model);
  // What is done to a node after our mark is the newest write; the first one was the mark.
  const deed = before.failure.shows === undefined ? writes[0] : writes.at(-1);
  const healed = deed !== undefined && isHealed(before.failure, object, model) ? { healedAt: deed.at } : {};
  return { ...lastLook(before, model), ...healed };
}

function isComplete({ failure, expectedAt, healedAt }: Sighting): boolean {
  return expectedAt !== undefined && (failure.expected.verdict !== "heal" || healedAt !== undefined);
}

/** Counts what was written that must not be; also asked at the very end. */
export function lastLook(sighting: Sighting, model: ClusterModel): Sighting {
  const { failure, object } = sighting;
  if (object === undefined) return sighting;
  const writes = writesTo(object, model).length;
  return { ...sighting, wrongWrites: Math.max(0, writes - wantedWrites(failure, object)) };
}

/** A node that is marked is given back one day, and twice where its trouble goes on; one that is put out of service has two marks that come and go. */
function wantedWrites({ expected, shows, goesOn }: NamedFailure, { kind }: ObjectRef): number {
  if (expected.verdict !== "heal") return 0;
  if (kind === "Pod") return 1;
  return shows === "outOfService" || goesOn === true ? 4 : 2;
}

export function isOk(sighting: Sighting): boolean {
  return isComplete(sighting) && sighting.wrongWrites === 0;
}

export function reportOf(sighting: Sighting): FailureReport {
  const { failure, object, verdict, faultAt, expectedAt, healedAt } = sighting;
  const since = (at: Instant | undefined) =>
    at === undefined || faultAt === undefined ? null : Math.max(0, at - faultAt);
  return {
    failure: failure.name,
    requirement: failure.requirement,
    cluster: failure.cluster,
    object: object === undefined ? "" : `${object.kind} ${object.namespace}/${object.name}`,
    expected: failure.expected,
    verdict: verdict?.kind ?? null,
    reason: verdict?.reason ?? null,
    ok: isOk(sighting),
    // The row that says so is written after the deed.
    verdictMs: since(earlier(expectedAt ?? verdict?.at, healedAt)),
    healedMs: since(healedAt),
  };
}

const earlier = (at: Instant | undefined, other: Instant | undefined): Instant | undefined =>
  at === undefined || other === undefined ? at : Math.min(at, other);

/** Knitbone's own successful writes to this very object: deletions and evictions of a pod, patches of a node. */
function writesTo(object: ObjectRef, model: ClusterModel): readonly AuditRecord[] {
  return model.api.audit.records.filter(
    ({ userAgent, resource, subresource, verb, uidBefore, code, dryRun }) =>
      userAgent.startsWith("knitbone/") &&
      (resource === "pods" ? verb === "delete" || subresource === "eviction" : resource === "nodes") &&
      uidBefore === object.uid &&
      code < 300 &&
      !dryRun,
  );
}

/** A pod is gone; a node looks as the failure says. */
function isHealed(
  { shows = "marked" }: NamedFailure,
  { kind, namespace, name, uid }: ObjectRef,
  model: ClusterModel,
): boolean {
  if (kind === "Pod") return model.store.get("pods", namespace, name)?.metadata.uid !== uid;
  const node = model.store.get("nodes", "", name);
  if (node?.metadata.uid !== uid) return false;
  const carries = (key: string) => node.spec.taints?.some((taint) => taint.key === key) === true;
  if (shows === "outOfService") return carries(outOfServiceMark.key);
  return carries(suspectMark.key) === (shows === "marked");
}
