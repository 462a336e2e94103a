import manifest from "../../package.json" with { type: "json" };
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import { describeError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { probeCluster } from "./cluster-probe.ts";
import { clusterTime } from "./cluster-time.ts";
import { type ForwarderMetrics, forwarderMetrics } from "./metrics.ts";
import { outbox } from "./outbox.ts";
import { reporter } from "./reporter.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { type DeltaSender, deltaSender } from "./sender.ts";
import { type Senses, senses } from "./senses.ts";
import type { ForwarderSettings } from "./settings.ts";
import type { ForwarderStatus } from "./status.ts";

export interface ForwarderOptions {
  /** The id under which the central account knows this cluster. */
  readonly cluster: string;
  readonly connection: ApiConnection;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: ForwarderSettings;
  /** Label keys that may leave the cluster, beside those that always may. */
  readonly labelKeys?: ReadonlySet<string>;
  /** The epoch of the forwarder before this one, where somebody remembers it: the new one lies above it. */
  readonly lastEpoch?: number;
}

export interface RunningForwarder {
  /** Resolves once every resource was listed; rejects if it is stopped before. */
  synced(): Promise<void>;
  status(): ForwarderStatus;
  /** Prometheus text. */
  metricsText(): Promise<string>;
  /** Repeats every suspect now and begins their pauses anew: after a flag was changed. */
  resyncNow(): void;
  /** Reads no more, sends what is in the outbox for at most `drainMs`. */
  stop(): Promise<void>;
}

/**
 * Watches one cluster and tells the queue what looks wrong in it. Nothing here decides or heals.
 *
 *   API server ──list, watch──► senses ──findings──► outbox ──packed──► sender ──► queue
 *                                  └──zones, capacity──► reporter ──────────┘
 */
export function startForwarder(options: ForwarderOptions): RunningForwarder {
  const { cluster, connection, queue, clock, random, settings } = options;
  const log = options.log.with({ cluster });
  const time = clusterTime(clock);
  const reading = new AbortController();
  const sending = new AbortController();
  const box = outbox();
  let sender: DeltaSender | undefined;
  let epoch: number | undefined;
  let trouble: string | undefined;

  const metrics: ForwarderMetrics = forwarderMetrics(cluster, () => ({
    suspects: seeing.suspects(),
    unsent: sender?.status().left ?? 0,
    coalesced: box.coalesced(),
    synced: seeing.status().synced,
    objects: seeing.objects(),
    silenceSeconds: seeing.silenceSeconds(),
  }));
  const seeing: Senses = senses({
    connection,
    clock,
    time,
    random,
    log,
    metrics,
    settings,
    labelKeys: options.labelKeys ?? new Set(),
    emit(finding) {
      metrics.delta(finding.kind);
      box.put({ ...finding, observedAt: time.now(), traceId: random.id() }, clock.monotonic());
    },
  });

  /** Runs a part until it ends by itself or by the signal; a bug that ends it early is told and it begins again. */
  async function keepRunning(part: string, run: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await run();
        return;
      } catch (error) {
        log.error("a part of the forwarder failed", { part, err: describeError(error) });
        await clock.sleep(retryDelayMs(failures, random), signal);
      }
    }
  }

  /** Asks until the server answers: its time is our epoch. */
  async function begin(): Promise<void> {
    if (settings.startupJitterMs > 0) {
      await clock.sleep(Math.floor(random.next() * settings.startupJitterMs), reading.signal);
    }
    for (let failures = 1; !reading.signal.aborted; failures += 1) {
      try {
        const identity = await probeCluster(connection, clock, time, reading.signal);
        epoch = Math.max(time.now(), (options.lastEpoch ?? 0) + 1);
        trouble = undefined;
        log.info("forwarder begins", { epoch, endpoint: connection.endpoint, serverVersion: identity.serverVersion });
        return;
      } catch (error) {
        if (reading.signal.aborted) return;
        trouble = describeError(error);
        log.warn("the API server does not answer", { err: trouble, failures });
        await clock.sleep(retryDelayMs(failures, random), reading.signal);
      }
    }
  }

  async function run(): Promise<void> {
    await begin();
    if (epoch === undefined || reading.signal.aborted) return;
    const sends = deltaSender({
      sender: { cluster, epoch },
      queue,
      outbox: box,
      clock,
      random,
      log,
      metrics,
      settings,
    });
    sender = sends;
    const reports = reporter({
      connection,
      time,
      clock,
      senses: seeing,
      settings,
      log,
      metrics,
      forwarderVersion: manifest.version,
      offer: sends.offer,
    });
    await Promise.all([
      ...seeing
        .parts()
        .map(({ part, run: runPart }) => keepRunning(part, () => runPart(reading.signal), reading.signal)),
      keepRunning("reporter", () => reports.run(reading.signal), reading.signal),
      keepRunning("sender", () => sends.run(sending.signal), sending.signal),
    ]);
  }

  const ended = run().catch((error: unknown) => {
    trouble = describeError(error);
    log.error("forwarder ended", { err: trouble });
  });
  const synced = new Promise<void>((resolve, reject) => {
    void seeing.synced.then(resolve);
    reading.signal.addEventListener("abort", () =>
      reject(new Error(`forwarder of ${cluster}: stopped before it was synced`)),
    );
  });
  // Nobody has to wait for it.
  synced.catch(() => {});

  return {
    synced: () => synced,
    status: () => {
      const { lastSend = "none", lastOkAt, left = 0 } = sender?.status() ?? {};
      return {
        ...seeing.status(),
        cluster,
        ...(epoch === undefined ? {} : { epoch }),
        ...(trouble === undefined ? {} : { trouble }),
        lastSend,
        ...(lastOkAt === undefined ? {} : { sentMsAgo: clock.monotonic() - lastOkAt }),
        unsent: left,
        coalesced: box.coalesced(),
        suspects: seeing.suspects(),
      };
    },
    metricsText: () => metrics.text(),
    resyncNow: () => seeing.resyncNow(),
    async stop() {
      reading.abort();
      sender?.drain();
      const drained = new AbortController();
      await Promise.race([ended, clock.sleep(settings.drainMs, drained.signal)]);
      drained.abort();
      sending.abort();
      const left = sender?.status().left ?? 0;
      if (left > 0) log.warn("forwarder stopped with deltas unsent", { left });
      else log.info("forwarder stopped");
    },
  };
}
