import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { sqsClient } from "../../shared/lambda/sqs-client.ts";

/** A running server that speaks SQS: fauxqs, or the real tier's ElasticMQ. */
export interface SqsEmulator {
  /** The product's own client, with its time-outs. */
  readonly client: SQSClient;
  /** A new queue that redrives into a new dead-letter queue; their URLs. */
  createQueues(maxReceiveCount: number): Promise<{ readonly url: string; readonly deadLetterUrl: string }>;
  stop(): Promise<void>;
}

/** `stopServer` is called after the client's connections are closed. */
export function sqsEmulator(endpoint: string, stopServer: () => Promise<void>): SqsEmulator {
  const client = sqsClient({
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    endpoint,
  });
  return {
    client,
    createQueues: queueMaker(client),
    stop: async () => {
      client.destroy();
      await stopServer();
    },
  };
}

/** Makes queues with a dead-letter queue on any SQS. */
function queueMaker(client: SQSClient): SqsEmulator["createQueues"] {
  let made = 0;
  return async (maxReceiveCount) => {
    made += 1;
    const name = `contract-${made}`;
    const dead = await client.send(new CreateQueueCommand({ QueueName: `${name}-dead` }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount });
    const queue = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }));
    return { url: queue.QueueUrl ?? "", deadLetterUrl: dead.QueueUrl ?? "" };
  };
}
