import { afterAll } from "vitest";
import { startFauxqs } from "./emulators.ts";
import { queueContract } from "./queue.contract.ts";
import { sqsQueueUnderTest } from "./sqs-queue-under-test.ts";

const sqs = await startFauxqs();
afterAll(() => sqs.stop());

queueContract(() => sqsQueueUnderTest(sqs), {
  unsupported: [
    {
      promise: "returns the group",
      reason: "fauxqs 2.4.1 accepts MessageGroupId on standard queues and does not return it",
    },
    {
      promise: "delivers characters beyond the first 65,536",
      reason: "fauxqs 2.4.1 refuses #x10000 to #x10FFFF, which SQS allows (API reference, SendMessage)",
    },
  ],
});
