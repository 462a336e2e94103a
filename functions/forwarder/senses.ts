import { poolReports } from "../../shared/capacity/pool-reports.ts";
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import type { PoolReport, ZoneReport } from "../../shared/delta/cluster-report.ts";
import { describeError } from "../../shared/errors.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { classifyNode, classifyPod, type Judgement } from "./classify.ts";
import type { ClusterTime } from "./cluster-time.ts";
import { eventSink } from "./event-sink.ts";
import { leaseSink } from "./lease-sink.ts";
import type { ForwarderMetrics } from "./metrics.ts";
import { nodeSink } from "./node-sink.ts";
import { type KnownPod, podSink } from "./pod-sink.ts";
import type { ResourceSink } from "./resource-sink.ts";
import type { ForwarderSettings } from "./settings.ts";
import type { ForwarderStatus, ResourceStatus } from "./status.ts";
import { type Finding, suspects } from "./suspects.ts";
import { type WatchLoop, watchLoop } from "./watch-loop.ts";
import { type WatchedResource, watchedResources } from "./watched-resource.ts";
import { zoneReports } from "./zone-reports.ts";

type ResourceName = WatchedResource["name"];

/** Everything that reads the cluster: four watch loops, what they know, and the suspects among it. */
export interface Senses {
  /** What has to run; each until its signal aborts. */
  parts(): readonly { readonly part: string; run(signal: AbortSignal): Promise<void> }[];
  readonly synced: Promise<void>;
  status(): Pick<ForwarderStatus, "synced" | "resources">;
  /** Milliseconds since the most silent resource was heard; undefined when one never was. */
  silenceMs(): number | undefined;
  silenceSeconds(): Readonly<Partial<Record<ResourceName, number>>>;
  objects(): Readonly<Record<ResourceName, number>>;
  suspects(): number;
  resyncNow(): void;
  zones(): readonly ZoneReport[];
  pools(): readonly PoolReport[];
}

export interface SensesOptions {
  readonly connection: ApiConnection;
  readonly clock: Clock;
  readonly time: ClusterTime;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: ForwarderMetrics;
  readonly settings: ForwarderSettings;
  readonly labelKeys: ReadonlySet<string>;
  readonly emit: (finding: Finding) => void;
}

export function senses(options: SensesOptions): Senses {
  const { clock, time, log, metrics, settings, emit } = options;
  const { poolLabel } = settings;
  const labelKeys = new Set(poolLabel === undefined ? options.labelKeys : [...options.labelKeys, poolLabel]);

  const judge = (facts: PodFacts | NodeFacts): Judgement =>
    "phase" in facts ? classifyPod(facts, time.now(), settings) : classifyNode(facts, leases.isStale(facts.ref.name));
  const failed = (key: string, error: unknown) => log.error("judging an object", { key, err: describeError(error) });

  const watched = suspects({
    ...options,
    judge,
    failed,
    resynced: metrics.resynced,
  });
  const pods = podSink({
    suspects: watched,
    time,
    emit,
    milestones: settings.milestones,
    labelKeys,
    oldVersion: () => metrics.oldVersion("pods"),
  });
  const nodes = nodeSink({ suspects: watched, emit, labelKeys, oldVersion: () => metrics.oldVersion("nodes") });
  const events = eventSink({
    time,
    emit,
    named: (kind, namespace, name) => (kind === "Pod" ? pods : nodes).known.named(namespace, name),
    oldVersion: () => metrics.oldVersion("events"),
    unresolved: metrics.unresolvedEvent,
  });
  const leases = leaseSink({
    clock,
    isWatching: () => loops.leases.status().watching,
    changed(nodeName) {
      const node = nodes.known.named("", nodeName);
      if (node !== undefined) watched.look(node);
    },
    failed,
  });

  const loop = (name: ResourceName, sink: ResourceSink): WatchLoop =>
    watchLoop({ ...options, ...settings, resource: watchedResources[name], sink });
  const loops: Readonly<Record<ResourceName, WatchLoop>> = {
    pods: loop("pods", pods),
    nodes: loop("nodes", nodes),
    events: loop("events", events),
    leases: loop("leases", leases),
  };
  const names = Object.keys(loops) as readonly ResourceName[];
  const each = <T>(of: (name: ResourceName) => T) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<ResourceName, T>;
  const objects = { pods: pods.known.size, nodes: nodes.known.size, events: events.known.size, leases: leases.count };
  const heardMsAgo = (name: ResourceName): number | undefined => {
    const { lastByteAt } = loops[name].status();
    return lastByteAt === undefined ? undefined : clock.monotonic() - lastByteAt;
  };

  function resourceStatus(name: ResourceName): ResourceStatus {
    const { synced, watching, lastActiveAt, trouble } = loops[name].status();
    const heard = heardMsAgo(name);
    return {
      synced,
      watching,
      activeMsAgo: lastActiveAt === undefined ? 0 : clock.monotonic() - lastActiveAt,
      objects: objects[name](),
      ...(heard === undefined ? {} : { heardMsAgo: heard }),
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  /** Events name nodes and pods by words that only the other lists can resolve, and Leases judge nodes: both begin after them. */
  async function afterObjects(run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([stopped, Promise.all([loops.pods.synced, loops.nodes.synced])]);
    if (!signal.aborted) await run(signal);
  }

  return {
    parts: () => [
      { part: "pods", run: loops.pods.run },
      { part: "nodes", run: loops.nodes.run },
      { part: "events", run: (signal) => afterObjects(loops.events.run, signal) },
      { part: "leases", run: (signal) => afterObjects(loops.leases.run, signal) },
      { part: "suspects", run: watched.run },
      { part: "lease alarms", run: leases.run },
    ],
    synced: Promise.all(names.map((name) => loops[name].synced)).then(() => {}),
    status: () => ({
      synced: names.every((name) => loops[name].status().synced),
      resources: each(resourceStatus),
    }),
    silenceMs() {
      const silences = names.map(heardMsAgo);
      return silences.some((ms) => ms === undefined) ? undefined : Math.max(...silences.map((ms) => ms ?? 0));
    },
    silenceSeconds: () =>
      Object.fromEntries(
        names.flatMap((name) => {
          const ms = heardMsAgo(name);
          return ms === undefined ? [] : [[name, ms / 1_000]];
        }),
      ),
    objects: () => each((name) => objects[name]()),
    suspects: watched.count,
    resyncNow: watched.resyncNow,
    zones: () => zoneReports(nodes.known.values()),
    pools: () => poolReports(nodes.known.values(), placements(pods.known.values()), poolLabel),
  };
}

function* placements(pods: Iterable<KnownPod>): Generator<NonNullable<KnownPod["placed"]>> {
  for (const { placed } of pods) {
    if (placed !== undefined) yield placed;
  }
}
