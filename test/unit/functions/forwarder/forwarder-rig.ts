import { type RunningForwarder, startForwarder } from "../../../../functions/forwarder/forwarder.ts";
import { type ForwarderSettings, forwarderSettings } from "../../../../functions/forwarder/settings.ts";
import type { Delta } from "../../../../shared/delta/delta.ts";
import type { ForwarderMessage, ReportMessage } from "../../../../shared/delta/forwarder-message.ts";
import type { Log, LogFields } from "../../../../shared/log/log.ts";
import { type ManualClock, manualClock } from "../../../fakes/manual-clock.ts";
import { type MemoryQueue, memoryQueue } from "../../../fakes/memory-queue.ts";
import { type ScriptedConnection, scriptedConnection } from "../../../fakes/scripted-connection.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";

export const paths = {
  pods: "/api/v1/pods",
  nodes: "/api/v1/nodes",
  events: "/api/v1/events",
  leases: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
} as const;

interface LogLine extends LogFields {
  readonly level: string;
  readonly words: string;
}

export interface ForwarderRig {
  readonly clock: ManualClock;
  readonly api: ScriptedConnection;
  readonly queue: MemoryQueue;
  readonly log: readonly LogLine[];
  start(settings?: Partial<ForwarderSettings>, options?: { lab?: number; lastEpoch?: number }): RunningForwarder;
  /** Lets everything that can happen now happen. */
  settle(): Promise<void>;
  advance(ms: number): Promise<void>;
  messages(): readonly ForwarderMessage[];
  deltas(): readonly Delta[];
  reports(): readonly ReportMessage[];
  /** Deltas in short, oldest first: "suspect web 101 PodFailed". */
  told(): readonly string[];
  stopAll(): Promise<void>;
}

/** A forwarder on a scripted API server, a memory queue and a clock that only the test moves. Without jitter, unless asked for. */
export function forwarderRig(): ForwarderRig {
  const clock = manualClock();
  const random = seededRandom(7);
  const api = scriptedConnection(clock);
  const queue = memoryQueue(clock, random);
  const log: LogLine[] = [];
  const running: RunningForwarder[] = [];
  api.on("/version", { body: { gitVersion: "v1.36.3" } });
  api.on("/api/v1/namespaces/kube-system", { body: { metadata: { uid: "uid-kube-system" } } });
  for (const [name, path] of Object.entries(paths)) api.serve(path, name === "pods" ? "100" : "50", []);

  const settle = async () => {
    for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const messages = () => queue.messages().map((each) => JSON.parse(each.body) as ForwarderMessage);
  const deltas = () => messages().flatMap((each) => (each.kind === "deltas" ? each.deltas : []));
  return {
    clock,
    api,
    queue,
    log,
    start(settings = {}, { lab = 1, lastEpoch } = {}) {
      const forwarder = startForwarder({
        cluster: "eu-1",
        connection: api,
        queue,
        clock,
        random,
        log: recording(log),
        settings: forwarderSettings({ resyncJitter: 0, milestones: false, ...settings }, lab),
        ...(lastEpoch === undefined ? {} : { lastEpoch }),
      });
      running.push(forwarder);
      return forwarder;
    },
    settle,
    async advance(ms) {
      await settle();
      for (let left = ms; left > 0; left -= 250) {
        await clock.advance(Math.min(250, left));
        await settle();
      }
    },
    messages,
    deltas,
    reports: () => messages().filter((each) => each.kind === "report"),
    told: () => deltas().map(inShort),
    async stopAll() {
      const stopped = Promise.all(running.map((each) => each.stop()));
      await settle();
      await clock.advance(10_000);
      await stopped;
    },
  };
}

export function inShort(delta: Delta): string {
  const unknown = delta.finalStateUnknown ? " finalStateUnknown" : "";
  return `${delta.kind} ${delta.object.name} ${delta.resourceVersion} ${delta.signals.join("+")}`.trim() + unknown;
}

function recording(lines: LogLine[], always: LogFields = {}): Log {
  const at =
    (level: string) =>
    (words: string, fields: LogFields = {}) =>
      void lines.push({ level, words, ...always, ...fields });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => recording(lines, { ...always, ...fields }),
  };
}
