import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import type { Pod } from "../../infra/local/cluster-model/objects/pod.ts";
import { limits } from "../../shared/rail/limits.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { productWrites, type Write } from "./audit.ts";
import type { Chronicle } from "./chronicle.ts";

/** From the last look at flag, brake and report to the write; and how long the write itself may be (`safety.md` §6 G10). */
const boundMs = limits.lastLookMaxAgeMs + seconds(2);
/** A budget counts when it is spent; the write may come, or be carried out, so much later. In any window shorter by this the limit holds. */
const spentBeforeMs = seconds(35);

/** Every pod that ever was, as it was last: what a write is judged by after its object is gone. */
export type PodsSeen = ReadonlyMap<string, Pod>;

export function podsSeen(model: ClusterModel): PodsSeen {
  const seen = new Map<string, Pod>();
  const keep = (pod: Pod) => void seen.set(pod.metadata.uid, pod);
  for (const each of model.store.all("pods")) keep(each);
  model.store.listen(({ resource, type, object }) => {
    if (resource === "pods" && type !== "DELETED") keep(object as unknown as Pod);
  });
  return seen;
}

/**
 * What was done wrong, one line each, by the API server's audit log and by what people and the dispatcher had committed at that moment. Nothing that
 * the product says of itself is believed (`safety.md` §4.2).
 */
export function wrongs(model: ClusterModel, pods: PodsSeen, told: Chronicle): readonly string[] {
  const writes = productWrites(model.api.audit.records);
  const accepted = writes.filter(({ isAccepted }) => isAccepted);
  return [
    ...writes.flatMap(unnamed),
    ...accepted.flatMap(wrongObject),
    ...removedTwice(accepted),
    ...accepted.flatMap((each) => protectedObject(each, pods)),
    ...writes.flatMap((each) => forbidden(each, told)),
    ...overBudget(accepted, pods),
  ];
}

const isChange = ({ kind }: Write): boolean => kind !== "event";
const isRemoval = ({ kind }: Write): boolean => kind === "forceDelete" || kind === "evict";
const wrong = (what: string, { at, words }: Write): string => `${what}: ${words} at ${new Date(at).toISOString()}`;

/** (a) Every change names the uid and the version that were judged. */
function unnamed(write: Write): readonly string[] {
  if (!isChange(write) || write.kind === "other") return [];
  return write.wantedUid !== undefined && write.wantedVersion !== undefined ? [] : [wrong("names no uid", write)];
}

/** (a) Nothing is done to another object of the same name. */
function wrongObject(write: Write): readonly string[] {
  return isChange(write) && write.wantedUid !== undefined && write.uid !== write.wantedUid
    ? [wrong("another object of that name", write)]
    : [];
}

/** (a) A pod is removed once. An eviction that was granted may be followed by force, where the pod then hung. */
function removedTwice(accepted: readonly Write[]): readonly string[] {
  return [...Map.groupBy(accepted.filter(isRemoval), ({ uid, kind }) => `${kind} ${uid}`).values()]
    .filter(({ length }) => length > 1)
    .map((all) => `removed ${all.length} times: ${all[0]?.words}`);
}

/** (b) What is never ours. */
function protectedObject(write: Write, pods: PodsSeen): readonly string[] {
  if (!isRemoval(write)) return [];
  const pod = pods.get(write.uid ?? "");
  if (pod === undefined) return [wrong("a pod that never was", write)];
  const { finalizers = [], ownerReferences = [], labels, namespace = "" } = pod.metadata;
  const owner = ownerReferences[0]?.kind ?? "nobody";
  const isForced = write.kind === "forceDelete";
  const isFailed = pod.status?.phase === "Failed";
  return [
    ...(finalizers.length > 0 ? ["a pod with finalizers"] : []),
    ...(namespace.startsWith("kube-") ? ["a pod of the cluster itself"] : []),
    ...(labels?.["app"] === "ledger" ? ["a pod that opted out"] : []),
    ...(isForced && owner !== "ReplicaSet" ? [`by force a pod of ${owner}`] : []),
    ...(!isForced && owner === "nobody" && !isFailed ? ["a bare pod"] : []),
  ].map((what) => wrong(what, write));
}

/** (d), (e) Never while the flag said otherwise, the cluster was out of sight, or the brake was on, for longer than the bound. */
function forbidden(write: Write, told: Chronicle): readonly string[] {
  const from = write.sentAt - boundMs;
  const modes = told.mode.between(from, write.sentAt);
  const brakes = told.brake.between(from, write.sentAt);
  const reports = told.reportSentAt.between(Number.NEGATIVE_INFINITY, write.sentAt);
  return [
    ...(modes.includes("act") ? [] : [`while the flag said ${modes.join(", ") || "nothing"}`]),
    ...(brakes.length > 0 && brakes.every((each) => each === "frozen") ? ["while the brake was frozen"] : []),
    ...(Math.max(...reports) + limits.reportMaxAgeMs >= from ? [] : ["while the cluster was out of sight"]),
  ].map((what) => wrong(what, write));
}

interface Bound {
  readonly limit: number;
  readonly windowMs: number;
}

/** (c) The budgets of `safety.md` §1.3, in every window. They count pods, not tries: one that hung after its eviction, and was let go of by force, is one. */
function overBudget(accepted: readonly Write[], pods: PodsSeen): readonly string[] {
  const first = [...Map.groupBy(accepted.filter(isRemoval), ({ uid }) => uid).values()].flatMap(
    ([write]) => write ?? [],
  );
  const removals = first.map((write) => ({ write, pod: pods.get(write.uid ?? "") }));
  const live = removals.filter(({ write, pod }) => write.kind === "forceDelete" || pod?.status?.phase !== "Failed");
  const terminal = removals.filter((each) => !live.includes(each));
  const marks = accepted.filter(
    ({ kind, taints }) => kind === "node" && taints.some((each) => each.startsWith("knitbone.io/")),
  );
  const by = (all: typeof removals, keyOf: (pod: Pod | undefined) => string, bound: Bound, what: string) =>
    [...Map.groupBy(all, ({ pod }) => keyOf(pod))].flatMap(([key, own]) =>
      above(
        own.map(({ write }) => write),
        bound,
        `${what} ${key}`,
      ),
    );
  const namespaceOf = (pod: Pod | undefined) => pod?.metadata.namespace ?? "";
  return [
    ...by(live, (pod) => `${namespaceOf(pod)}/${pod?.metadata.labels?.["app"]}`, limits.owner, "owner"),
    ...by(live, (pod) => pod?.spec.nodeName ?? "", limits.nodeTainted, "node"),
    ...by(live, namespaceOf, limits.namespace, "namespace"),
    ...by(live, () => "", limits.cluster, "cluster"),
    ...by(terminal, namespaceOf, limits.terminalNamespace, "failed pods of namespace"),
    ...above(marks, limits.nodesOfCluster, "marked nodes"),
    ...above(marks, { limit: 1, windowMs: minutes(1) }, "pace of marked nodes"),
  ];
}

function above(writes: readonly Write[], { limit, windowMs }: Bound, what: string): readonly string[] {
  const times = writes.map(({ at }) => at).sort((a, b) => a - b);
  const first = times.find(
    (at, index) => (times[index + limit] ?? Number.POSITIVE_INFINITY) - at < windowMs - spentBeforeMs,
  );
  return first === undefined ? [] : [`over budget: ${what}, more than ${limit} from ${new Date(first).toISOString()}`];
}
