import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoClient } from "../../shared/lambda/dynamo-client.ts";

/** A running server that speaks DynamoDB: dynalite, or the real tier's DynamoDB Local. */
export interface DynamoEmulator {
  /** The product's own client, with its time-outs. */
  readonly client: DynamoDBDocumentClient;
  /** A new, empty table of the usual shape; its name. */
  createTable(): Promise<string>;
  stop(): Promise<void>;
}

/** `stopServer` is called after the client's connections are closed. */
export function dynamoEmulator(endpoint: string, stopServer: () => Promise<void>): DynamoEmulator {
  const client = dynamoClient({
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    endpoint,
  });
  return {
    client,
    createTable: tableMaker(client),
    stop: async () => {
      client.destroy();
      await stopServer();
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
