import type { Clock } from "../../../shared/time/clock.ts";
import type { ClusterModel } from "./model.ts";

export interface Driver {
  /** Ends the ticking; resolves once the last tick is over. */
  stop(): Promise<void>;
}

/** Steps models on a clock until stopped: for the live demo and for suites that speak HTTP to a model. */
export function drive(models: readonly ClusterModel[], clock: Clock, everyMs = 250): Driver {
  const ended = new AbortController();
  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      for (const model of models) model.step();
      await clock.sleep(everyMs, ended.signal);
    }
  };
  const running = loop();
  return {
    async stop() {
      ended.abort();
      await running;
    },
  };
}

/** Lets `ms` pass in ticks on a clock that tests move by hand. @public used by tests only */
export async function run(
  model: ClusterModel,
  clock: Clock & { advance(ms: number): Promise<void> },
  ms: number,
  everyMs = 250,
): Promise<void> {
  model.step();
  for (let left = ms; left > 0; left -= everyMs) {
    await clock.advance(Math.min(everyMs, left));
    model.step();
  }
}
