import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startFauxqs } from "fauxqs";
import { describe } from "vitest";
import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { eventSourceMappingContract } from "./event-source-mapping.contract.ts";

// Side by side: the real clock makes each of them slow.
describe.concurrent("on fauxqs, by the real clock", () => {
  eventSourceMappingContract(async () => {
    const server = await startFauxqs({ port: 0, logger: false });
    const client = new SQSClient({
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${server.port}`,
      credentials: { accessKeyId: "t", secretAccessKey: "t" },
    });
    const create = async (QueueName: string, Attributes: Record<string, string> = {}) =>
      (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
    const deadUrl = await create("dead");
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead",
      maxReceiveCount: 3,
    });
    const url = await create("in", { RedrivePolicy });
    const queue = sqsQueue(client, url);
    return {
      clock: systemClock,
      queue,
      send: queue.send,
      deadLetters: sqsQueue(client, deadUrl),
      pass: (ms) => systemClock.sleep(ms),
      async close() {
        client.destroy();
        await server.stop();
      },
    };
  });
});
