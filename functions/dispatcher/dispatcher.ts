import type { LiveCatalogue } from "../../shared/catalogue/stored-catalogue.ts";
import type { UnknownStore } from "../../shared/catalogue/unknown-store.ts";
import type { ClusterStore } from "../../shared/cluster/cluster-state.ts";
import { forEachBounded } from "../../shared/concurrency/for-each-bounded.ts";
import type { DeltasMessage, ForwarderMessage, ReportMessage } from "../../shared/delta/forwarder-message.ts";
import { parseForwarderMessage } from "../../shared/delta/parse-forwarder-message.ts";
import { describeError, KnitboneError } from "../../shared/errors.ts";
import type { LeakStore } from "../../shared/ledger/leak.ts";
import type { LifecycleStore } from "../../shared/lifecycle/lifecycle.ts";
import type { Log, Metrics } from "../../shared/log/log.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { nextBrake } from "../../shared/rail/next-brake.ts";
import { collapse } from "./collapse.ts";
import type { IncomingRecord } from "./incoming-record.ts";
import { leakCloser } from "./leak-closer.ts";
import { lifeRecorder } from "./life-recorder.ts";
import { lostNumbers } from "./lost-numbers.ts";
import { quarantine } from "./quarantine.ts";
import type { RoutingTable } from "./route.ts";
import { sendSightings } from "./sightings.ts";
import { unknownCounter } from "./unknown-counter.ts";

export interface DispatcherDeps {
  readonly clusters: ClusterStore;
  readonly lifecycles: LifecycleStore;
  readonly leaks: LeakStore;
  /** Every healer's queue by its name. */
  readonly queues: ReadonlyMap<string, Queue>;
  readonly quarantine: Queue;
  readonly catalogue: LiveCatalogue;
  readonly unknowns: Pick<UnknownStore, "count">;
  readonly routes: RoutingTable;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Handles one batch. Resolves with the ids of the messages that must come again, never rejects. */
export type Dispatcher = (records: readonly IncomingRecord[]) => Promise<readonly string[]>;

/** A message whose sender was believed. */
interface Admitted<M extends ForwarderMessage = ForwarderMessage> {
  readonly record: IncomingRecord;
  readonly cluster: string;
  readonly message: M;
}

const storeWritesAtOnce = 8;
/** Dispatchers that take reports of one cluster at the same moment: each moves the brake once. */
const maxRaces = 10;

/**
 * From the forwarders' queue to the healers' (`design.md` §4):
 *
 *   sender known? → parse → sender's own cluster? → reports: brake, then report → deltas: collapse, lifecycle, one sighting per healer and object, unknown words counted → arrived
 *
 * Everything is safe to repeat. What fails makes its own messages come again and no others.
 */
export function dispatcher(deps: DispatcherDeps): Dispatcher {
  checkRoutes(deps);
  const { clusters, log, metrics } = deps;
  const setAside = quarantine({ queue: deps.quarantine, log, metrics });
  const lost = lostNumbers(clusters);
  const recordLife = lifeRecorder(deps.lifecycles);
  const closeLeaks = leakCloser(deps.leaks);
  const countUnknown = unknownCounter(deps);

  /** undefined: set aside for good. */
  const admit = async (record: IncomingRecord, clusterOf: ClusterOf): Promise<Admitted | undefined> => {
    const cluster = await clusterOf(record.senderId);
    if (cluster === undefined) {
      await setAside(record, "UnknownSender", `sender ${senderOf(record.senderId)} speaks for no cluster`);
      return undefined;
    }
    const parsed = parseForwarderMessage(record.body);
    if (parsed.kind === "malformed") {
      await setAside(record, parsed.code, parsed.detail);
      return undefined;
    }
    const { message, refused } = parsed;
    if (message.cluster !== cluster) {
      await setAside(record, "ForgedCluster", `the sender of ${cluster} speaks for ${message.cluster}`);
      return undefined;
    }
    if (refused.length > 0) await setAside(record, "SchemaViolation", `${refused.length} refused; ${refused[0]}`);
    return { record, cluster, message };
  };

  /** "stale": a later report was here before. */
  const moveBrake = async ({ record, cluster, message }: Admitted<ReportMessage>): Promise<"moved" | "stale"> => {
    const { epoch, sequence, report } = message;
    for (let race = 0; race < maxRaces; race++) {
      const { brake, report: last } = await clusters.state(cluster);
      const falls = last !== undefined && (epoch < last.epoch || (epoch === last.epoch && sequence < last.sequence));
      if (falls) return "stale";
      // The other one's report was taken by the queue after this one: its brake has seen more.
      if (brake !== undefined && brake.updatedAt > record.sentAt) return "moved";
      const next = nextBrake(brake, report.zones, record.sentAt);
      if ((await clusters.replaceBrake(cluster, brake, next)) === "replaced") return "moved";
    }
    throw new KnitboneError("StoreUnavailable", `moving the brake of ${cluster}: others moved it ${maxRaces} times`, {
      retryable: true,
    });
  };

  const acceptReport = async (admitted: Admitted<ReportMessage>): Promise<void> => {
    const { record, cluster, message } = admitted;
    const { epoch, sequence, report } = message;
    const { sentAt } = record;
    // The brake first: a report that is stored makes the cluster fresh, and must not do so under an older brake. The same report again, after
    // a crash in between, passes here once more.
    if ((await moveBrake(admitted)) === "stale") {
      metrics.count("ReportsStale", 1);
      return;
    }
    const saved = await clusters.saveReport(cluster, { epoch, sequence, sentAt, report });
    if (saved === "stale") return;
    const missing = await lost.after(cluster, message, sentAt);
    if (missing.length === 0) return;
    metrics.count("DeltasLost", missing.length, { cluster });
    log.warn("Messages never arrived", {
      cluster,
      epoch,
      count: missing.length,
      first: missing[0],
      last: missing.at(-1),
    });
  };

  return async (records) => {
    const failures = failureBook(log);
    metrics.count("Received", records.length);

    const clusterOf = rememberingClusterOf(clusters);
    const admitted: Admitted[] = [];
    await forEachBounded(records, storeWritesAtOnce, (record) =>
      failures.guard([record.messageId], "admitting", async () => {
        const one = await admit(record, clusterOf);
        if (one !== undefined) admitted.push(one);
      }),
    );

    const reports = Map.groupBy(admitted.filter(isReport).toSorted(byNumber), ({ cluster }) => cluster);
    await forEachBounded([...reports.values()], storeWritesAtOnce, async (ofOneCluster) => {
      for (const each of ofOneCluster) {
        await failures.guard([each.record.messageId], "accepting a report", () => acceptReport(each));
      }
    });

    const arrived = admitted.filter(isDeltas).toSorted(byNumber).flatMap(arrivals);
    const collapsed = collapse(arrived);
    await forEachBounded(collapsed, storeWritesAtOnce, (each) =>
      failures.guard(each.messageIds, "recording a life", async () => {
        await recordLife(each);
        const closed = await closeLeaks(each);
        if (closed > 0) metrics.count("LeaksClosed", closed);
      }),
    );
    const { sent, undelivered } = await sendSightings(collapsed, deps);
    for (const { messageIds, healer, error } of undelivered) failures.add(messageIds, `sending to ${healer}`, error);
    // After the sightings: nobody waits for a count.
    await countUnknown(arrived);
    for (const [healer, count] of sent) metrics.count("Sightings", count, { healer });

    const passedOn = admitted.filter(({ record }) => !failures.has(record.messageId));
    const byEpoch = Map.groupBy(passedOn, ({ cluster, message }) => JSON.stringify([cluster, message.epoch]));
    await forEachBounded([...byEpoch.values()], storeWritesAtOnce, (group) =>
      failures.guard(
        group.map(({ record }) => record.messageId),
        "marking as arrived",
        () => markArrived(clusters, group),
      ),
    );
    return records.map(({ messageId }) => messageId).filter((each) => failures.has(each));
  };
}

function checkRoutes({ routes, queues }: DispatcherDeps): void {
  const unknown = [...new Set(Object.values(routes).flat())].filter((healer) => !queues.has(healer));
  if (unknown.length === 0) return;
  throw new KnitboneError("ConfigInvalid", `routing to healers without a queue: ${unknown.join(", ")}`);
}

type ClusterOf = (senderId: string) => Promise<string | undefined>;

/** What stands before ":"; the rest is the sender's own choice (`safety.md` §5.2). */
const senderOf = (senderId: string): string => senderId.split(":", 1)[0] ?? "";

/** Asks the store once per sender and batch. A failed question is asked again for the next record. */
function rememberingClusterOf(clusters: ClusterStore): ClusterOf {
  const known = new Map<string, Promise<string | undefined>>();
  return (senderId) => {
    const sender = senderOf(senderId);
    if (sender === "") return Promise.resolve(undefined);
    const answer = known.get(sender) ?? clusters.clusterOfSender(sender);
    known.set(sender, answer);
    answer.catch(() => known.delete(sender));
    return answer;
  };
}

const isReport = (each: Admitted): each is Admitted<ReportMessage> => each.message.kind === "report";
const isDeltas = (each: Admitted): each is Admitted<DeltasMessage> => each.message.kind === "deltas";
const byNumber = ({ message: a }: Admitted, { message: b }: Admitted): number =>
  a.epoch - b.epoch || a.sequence - b.sequence;

function arrivals({ record, cluster, message }: Admitted<DeltasMessage>) {
  const { epoch, sequence, deltas } = message;
  const { messageId, sentAt } = record;
  return deltas.map((delta) => ({ cluster, epoch, sequence, sentAt, messageId, delta }));
}

async function markArrived(clusters: ClusterStore, group: readonly Admitted[]): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  const sequences = group.map(({ message }) => message.sequence);
  await clusters.markArrived(first.cluster, first.message.epoch, sequences);
}

/** Which messages must come again, each told in the log once. */
function failureBook(log: Log) {
  const failed = new Set<string>();
  const add = (messageIds: readonly string[], during: string, error: unknown): void => {
    const code = error instanceof KnitboneError ? error.code : "Unexpected";
    for (const messageId of messageIds) failed.add(messageId);
    log.error("Messages will come again", { during, code, err: describeError(error), messages: messageIds.join(" ") });
  };
  return {
    add,
    has: (messageId: string) => failed.has(messageId),
    async guard(messageIds: readonly string[], during: string, work: () => Promise<void>): Promise<void> {
      try {
        await work();
      } catch (error) {
        add(messageIds, during, error);
      }
    },
  };
}
