import { afterAll } from "vitest";
import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { startFauxqs } from "./emulators.ts";
import { queueContract } from "./queue.contract.ts";

const sqs = await startFauxqs();
afterAll(() => sqs.stop());

queueContract(
  async () => {
    const { url, deadLetterUrl } = await sqs.createQueues(2);
    return {
      queue: sqsQueue(sqs.client, url),
      deadLetters: sqsQueue(sqs.client, deadLetterUrl),
      // The server's own time: nothing but waiting moves it.
      passTime: (ms) => systemClock.sleep(ms),
      now: () => systemClock.now(),
    };
  },
  {
    unsupported: [
      {
        promise: "returns the group",
        reason: "fauxqs 2.4.1 accepts MessageGroupId on standard queues and does not return it",
      },
    ],
  },
);
