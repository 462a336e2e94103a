import { afterAll, describe } from "vitest";
import { eventSourceMappingContract } from "../contract/event-source-mapping.contract.ts";
import { queueContract } from "../contract/queue.contract.ts";
import { sqsMappingStage } from "../contract/sqs-mapping-stage.ts";
import { sqsQueueUnderTest } from "../contract/sqs-queue-under-test.ts";
import { startElasticMq } from "./aws/elasticmq.ts";

const sqs = await startElasticMq();
afterAll(() => sqs.stop());

// fauxqs is trusted only while ElasticMQ keeps the same promises. Side by side: each has queues of its own, and most of what they do is wait.
describe.concurrent("on ElasticMQ", () => {
  queueContract(() => sqsQueueUnderTest(sqs));
  eventSourceMappingContract(() => sqsMappingStage(sqs));
});
