import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import type { QueueUnderTest } from "./queue.contract.ts";
import type { SqsEmulator } from "./sqs-emulator.ts";

/** Queues of its own on a running server, whose time is the real one: nothing but waiting moves it. */
export async function sqsQueueUnderTest(sqs: SqsEmulator): Promise<QueueUnderTest> {
  const { url, deadLetterUrl } = await sqs.createQueues(2);
  return {
    queue: sqsQueue(sqs.client, url),
    deadLetters: sqsQueue(sqs.client, deadLetterUrl),
    passTime: (ms) => systemClock.sleep(ms),
    now: () => systemClock.now(),
  };
}
