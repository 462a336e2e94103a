import { describe } from "vitest";
import { manualClock } from "../fakes/manual-clock.ts";
import { memoryQueue } from "../fakes/memory-queue.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { eventSourceMappingContract } from "./event-source-mapping.contract.ts";

describe("on the memory queue, by a manual clock", () => {
  eventSourceMappingContract(async () => {
    const clock = manualClock();
    const random = seededRandom(1);
    const deadLetters = memoryQueue(clock, random);
    const queue = memoryQueue(clock, random, { redrive: { maxReceiveCount: 3, to: deadLetters } });
    // In small steps: each gives the awaited promises of a whole round time to settle.
    const pass = async (ms: number) => {
      for (let left = ms; left > 0; left -= 100) await clock.advance(Math.min(100, left));
    };
    return { clock, queue, deadLetters, send: queue.send, pass, close: async () => {} };
  });
});
