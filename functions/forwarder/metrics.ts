import { Counter, Gauge, Registry } from "prom-client";
import type { DeltaKind } from "../../shared/delta/delta.ts";
import type { WatchedResource } from "./watched-resource.ts";

type ResourceName = WatchedResource["name"];

/** What the forwarder counts. A registry of its own: several forwarders may run in one process. */
export interface ForwarderMetrics {
  watchEvent(resource: ResourceName, kind: "changed" | "deleted"): void;
  /** A whole list; `again`: not the first of this process. */
  listed(resource: ResourceName, again: boolean): void;
  watchEnded(resource: ResourceName, cause: "expired" | "garbage" | "handler" | "broken"): void;
  watchIdle(resource: ResourceName): void;
  garbageLine(resource: ResourceName): void;
  handlerError(resource: ResourceName): void;
  /** A list of what was known already; `drifted`: objects that the watch must have brought and did not. */
  compared(resource: ResourceName, drifted: number): void;
  versionWentBack(resource: ResourceName): void;
  oldVersion(resource: ResourceName): void;
  delta(kind: DeltaKind): void;
  resynced(): void;
  unresolvedEvent(): void;
  stateCut(): void;
  sent(kinds: readonly DeltaKind[]): void;
  sendFailed(code: string): void;
  dropped(): void;
  reported(outcome: "sent" | "failed" | "outdated" | "withheld"): void;
  text(): Promise<string>;
}

/** What is measured when somebody asks. */
export interface Measured {
  readonly suspects: number;
  readonly unsent: number;
  readonly coalesced: number;
  readonly synced: boolean;
  readonly objects: Readonly<Record<ResourceName, number>>;
  /** Seconds since the last byte; absent before the first. */
  readonly silenceSeconds: Readonly<Partial<Record<ResourceName, number>>>;
}

export function forwarderMetrics(cluster: string, measure: () => Measured): ForwarderMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ cluster });
  const counter = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `knitbone_forwarder_${name}_total`, help, labelNames, registers: [registry] });
  const gauge = (
    name: string,
    help: string,
    collect: (set: (value: number, resource?: ResourceName) => void) => void,
  ) =>
    new Gauge({
      name: `knitbone_forwarder_${name}`,
      help,
      labelNames: ["resource"],
      registers: [registry],
      collect() {
        this.reset();
        collect((value, resource) => {
          if (resource === undefined) this.set(value);
          else this.set({ resource }, value);
        });
      },
    });

  const watchEvents = counter("watch_events", "Changes that a watch brought.", "resource", "kind");
  const lists = counter("lists", "Whole lists read.", "resource", "again");
  const watchEnds = counter("watch_failures", "Lists or watches that ended badly.", "resource", "cause");
  const idles = counter("watch_idle", "Watches opened anew because nothing came.", "resource");
  const garbage = counter("garbage_lines", "Lines of a watch that could not be read.", "resource");
  const handlerErrors = counter("handler_errors", "Objects that our own code could not take.", "resource");
  const comparisons = counter("comparisons", "Whole lists compared with what the watch had brought.", "resource");
  const drift = counter("drift", "Objects that such a list had and the watch had not brought.", "resource");
  const wentBack = counter("version_went_back", "Lists older than what was seen before.", "resource");
  const oldVersions = counter("old_versions", "States that were not newer than what was known.", "resource");
  const deltas = counter("deltas", "Deltas put into the outbox.", "kind");
  const resyncs = counter("resyncs", "Suspects repeated because their time had come.");
  const unresolved = counter("unresolved_events", "Events about an object that is not known.");
  const cuts = counter("states_cut", "Deltas sent without their state because it did not fit a message.");
  const sent = counter("deltas_sent", "Deltas that the queue acknowledged.", "kind");
  const messages = counter("messages_sent", "Messages of deltas that the queue acknowledged.");
  const failures = counter("send_failures", "Messages that the queue did not take.", "code");
  const dropped = counter("deltas_dropped", "Deltas that the queue refuses for good.");
  const reports = counter("reports", "Cluster reports.", "outcome");
  gauge("suspects", "Objects that are suspect now.", (set) => set(measure().suspects));
  gauge("outbox_deltas", "Objects whose state waits to be sent.", (set) => set(measure().unsent));
  gauge("coalesced_states", "States replaced before they were sent.", (set) => set(measure().coalesced));
  gauge("synced", "1 once every resource was listed.", (set) => set(measure().synced ? 1 : 0));
  gauge("objects", "Objects known.", (set) => {
    for (const [resource, count] of Object.entries(measure().objects)) set(count, resource as ResourceName);
  });
  gauge("silence_seconds", "Time since the last byte of a watch.", (set) => {
    for (const [resource, seconds] of Object.entries(measure().silenceSeconds)) set(seconds, resource as ResourceName);
  });

  return {
    watchEvent: (resource, kind) => watchEvents.inc({ resource, kind }),
    listed: (resource, again) => lists.inc({ resource, again: String(again) }),
    watchEnded: (resource, cause) => watchEnds.inc({ resource, cause }),
    watchIdle: (resource) => idles.inc({ resource }),
    garbageLine: (resource) => garbage.inc({ resource }),
    handlerError: (resource) => handlerErrors.inc({ resource }),
    compared(resource, drifted) {
      comparisons.inc({ resource });
      drift.inc({ resource }, drifted);
    },
    versionWentBack: (resource) => wentBack.inc({ resource }),
    oldVersion: (resource) => oldVersions.inc({ resource }),
    delta: (kind) => deltas.inc({ kind }),
    resynced: () => resyncs.inc(),
    unresolvedEvent: () => unresolved.inc(),
    stateCut: () => cuts.inc(),
    sent(kinds) {
      messages.inc();
      for (const kind of kinds) sent.inc({ kind });
    },
    sendFailed: (code) => failures.inc({ code }),
    dropped: () => dropped.inc(),
    reported: (outcome) => reports.inc({ outcome }),
    text: () => registry.metrics(),
  };
}
