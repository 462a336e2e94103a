import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import type { MappingStage } from "./event-source-mapping.contract.ts";
import type { SqsEmulator } from "./sqs-emulator.ts";

/** Queues of its own on a running server, whose time is the real one: nothing but waiting moves it. */
export async function sqsMappingStage(sqs: SqsEmulator): Promise<MappingStage> {
  const { url, deadLetterUrl } = await sqs.createQueues(3);
  const queue = sqsQueue(sqs.client, url);
  return {
    clock: systemClock,
    queue,
    deadLetters: sqsQueue(sqs.client, deadLetterUrl),
    send: queue.send,
    pass: (ms) => systemClock.sleep(ms),
    close: async () => {},
  };
}
