import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { buildApp } from "fauxqs";
import { dynamoClient } from "../../shared/lambda/dynamo-client.ts";
import { sqsClient } from "../../shared/lambda/sqs-client.ts";

/** dynalite ships no types; this is all we use of it. */
type Dynalite = (options: { createTableMs: number; deleteTableMs: number; updateTableMs: number }) => Server;

const local = { region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };

export interface DynamoEmulator {
  readonly client: DynamoDBDocumentClient;
  /** A new, empty table of the usual shape; its name. */
  createTable(): Promise<string>;
  stop(): Promise<void>;
}

/** dynalite on a free loopback port. */
export async function startDynalite(): Promise<DynamoEmulator> {
  const dynalite = createRequire(import.meta.url)("dynalite") as Dynalite;
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = dynamoClient({ ...local, endpoint: `http://127.0.0.1:${port}` });
  return {
    client,
    createTable: tableMaker(client),
    stop: async () => {
      client.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Makes tables of the one shape on any DynamoDB. */
function tableMaker(client: DynamoDBDocumentClient): () => Promise<string> {
  let made = 0;
  return async () => {
    made += 1;
    const TableName = `contract-${made}`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      }),
    );
    // Even with no waiting asked for, a table is there a moment after the answer; on real servers seconds.
    for (;;) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      if (Table?.TableStatus === "ACTIVE") return TableName;
    }
  };
}

export interface SqsEmulator {
  readonly client: SQSClient;
  /** A new queue that redrives into a new dead-letter queue; their URLs. */
  createQueues(maxReceiveCount: number): Promise<{ readonly url: string; readonly deadLetterUrl: string }>;
  stop(): Promise<void>;
}

/** fauxqs on a free loopback port. */
export async function startFauxqs(): Promise<SqsEmulator> {
  // Not startFauxqs: that one listens on every interface.
  const app = buildApp({ logger: false });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  // Without a host of its own fauxqs builds queue URLs from the one that was asked.
  const client = sqsClient({ ...local, endpoint: `http://127.0.0.1:${port}` });
  return {
    client,
    createQueues: queueMaker(client),
    stop: async () => {
      client.destroy();
      await app.close();
    },
  };
}

/** Makes queues with a dead-letter queue on any SQS. */
function queueMaker(client: SQSClient): SqsEmulator["createQueues"] {
  let made = 0;
  return async (maxReceiveCount) => {
    made += 1;
    const dead = await client.send(new CreateQueueCommand({ QueueName: `contract-${made}-dead` }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount });
    const queue = await client.send(
      new CreateQueueCommand({ QueueName: `contract-${made}`, Attributes: { RedrivePolicy } }),
    );
    return { url: queue.QueueUrl ?? "", deadLetterUrl: dead.QueueUrl ?? "" };
  };
}
