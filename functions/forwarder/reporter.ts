import type { ApiConnection } from "../../shared/cluster/connection.ts";
import { describeError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { probeCluster } from "./cluster-probe.ts";
import type { ClusterTime } from "./cluster-time.ts";
import type { ForwarderMetrics } from "./metrics.ts";
import type { UnsentReport } from "./sender.ts";
import type { Senses } from "./senses.ts";
import type { ForwarderSettings } from "./settings.ts";

export interface Reporter {
  run(signal: AbortSignal): Promise<void>;
}

export interface ReporterOptions {
  readonly connection: ApiConnection;
  readonly time: ClusterTime;
  readonly clock: Clock;
  readonly senses: Senses;
  readonly settings: Pick<ForwarderSettings, "reportEveryMs" | "watchIdleMs">;
  readonly log: Log;
  readonly metrics: ForwarderMetrics;
  readonly forwarderVersion: string;
  readonly offer: (report: UnsentReport) => void;
}

/** An idle watch is opened anew, which takes a moment. Still below the 120 s after which the centre calls a report stale. */
const reopeningMs = 20_000;

/**
 * The cluster report, first once synced, then every 30 s. Everybody downstream takes a report for "we see this cluster now": while the API server
 * does not answer, or a watch has been silent for too long, there is none.
 */
export function reporter(options: ReporterOptions): Reporter {
  const { connection, time, clock, senses, settings, log, metrics, forwarderVersion, offer } = options;

  async function report(signal: AbortSignal): Promise<UnsentReport | undefined> {
    const silence = senses.silenceMs();
    if (silence === undefined || silence > settings.watchIdleMs + reopeningMs) {
      log.warn("no report: a watch is silent", { silenceMs: silence });
      return undefined;
    }
    try {
      const identity = await probeCluster(connection, clock, time, signal);
      return {
        ...identity,
        forwarderVersion,
        zones: senses.zones(),
        pools: senses.pools(),
        suspects: senses.suspects(),
      };
    } catch (error) {
      if (!signal.aborted) log.warn("no report: the API server does not answer", { err: describeError(error) });
      return undefined;
    }
  }

  return {
    async run(signal) {
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([stopped, senses.synced]);
      for (let next = clock.monotonic(); !signal.aborted; ) {
        const made = await report(signal);
        if (signal.aborted) return;
        if (made === undefined) metrics.reported("withheld");
        else offer(made);
        // On a grid, so that slow answers do not stretch the rhythm.
        next = Math.max(next + settings.reportEveryMs, clock.monotonic());
        await clock.sleep(next - clock.monotonic(), signal);
      }
    },
  };
}
