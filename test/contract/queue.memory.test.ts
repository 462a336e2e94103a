import { manualClock } from "../fakes/manual-clock.ts";
import { memoryQueue } from "../fakes/memory-queue.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { queueContract } from "./queue.contract.ts";

queueContract(async () => {
  const clock = manualClock();
  const random = seededRandom(1);
  const deadLetters = memoryQueue(clock, random);
  const queue = memoryQueue(clock, random, { redrive: { maxReceiveCount: 2, to: deadLetters } });
  return { queue, deadLetters, passTime: (ms) => clock.advance(ms), now: () => clock.now() };
});
