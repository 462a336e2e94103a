import type { Step } from "../fakes/stepping-process.ts";
import { never, type Weather } from "./weather.ts";

/** One process of a function or of the forwarder. Once it has ended, none of its calls comes back, and it begins no other. */
export interface ProcessLife {
  readonly step: Step;
  readonly ended: () => boolean;
  /** Resolves when it ends by a crash or by `end`. */
  readonly end: () => void;
  readonly gone: Promise<void>;
}

/** `name` is for the trace. A process dies at any await with the share of the knob: before the call, or after it took effect. */
export function processLife(name: string, weather: Weather): ProcessLife {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const end = () => {
    isOver = true;
    resolve();
  };
  const fate = weather.dice("crashes");
  const dies = async (call: string, run: () => Promise<unknown>): Promise<never> => {
    const tookEffect = fate.chance(0.5);
    weather.note(`${name} dies ${tookEffect ? "after" : "before"} ${call}`);
    if (tookEffect) await run().catch(() => {});
    end();
    return never();
  };
  const step: Step = async (call, run) => {
    if (isOver) return never();
    if (fate.chance(weather.knobs().crashes)) return dies(call, run);
    // An answer, or an error, that nobody is there to take.
    const answer = await run().finally(() => (isOver ? never() : undefined));
    return answer;
  };
  return { step, ended: () => isOver, end, gone };
}
