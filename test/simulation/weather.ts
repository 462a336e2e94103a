import type { Clock } from "../../shared/time/clock.ts";
import { type Dice, dice } from "./dice.ts";
import { calm, type Knobs } from "./knobs.ts";

/** What every faulty part of one run looks at: the knobs as they are now, its own dice, the clock, the trace. */
export interface Weather {
  readonly clock: Clock;
  /** All off once the faults have stopped. */
  knobs(): Knobs;
  /** The stream of one concern. */
  dice(concern: string): Dice;
  /** Everything that happened, in order: the same seed gives the same lines. */
  readonly trace: string[];
  note(line: string): void;
  /** No fault from now on. */
  clear(): void;
}

export function weather(seed: number, knobs: Knobs, clock: Clock): Weather {
  const streams = new Map<string, Dice>();
  const trace: string[] = [];
  let now = knobs;
  return {
    clock,
    knobs: () => now,
    dice(concern) {
      const stream = streams.get(concern) ?? dice(seed, concern);
      streams.set(concern, stream);
      return stream;
    },
    trace,
    note: (line) => void trace.push(`${clock.monotonic()} ${line}`),
    clear() {
      now = calm;
    },
  };
}

/** What a process that has ended waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
