import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterEach, expect, it } from "vitest";
import { dynamoClient } from "../../../../shared/lambda/dynamo-client.ts";

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.close();
});

/** A DynamoDB that answers `failures` times with this error and then well. */
async function failing(error: string, status: number, failures: number) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString());
    const fails = bodies.length <= failures;
    response.writeHead(fails ? status : 200, { "content-type": "application/x-amz-json-1.0" });
    response.end(fails ? JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error}` }) : "{}");
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = dynamoClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const put = (row: Record<string, unknown>) => client.send(new PutCommand({ TableName: "t-1", Item: row }));
  return { bodies, put };
}

it("repeats a throttled write twice", async () => {
  const { bodies, put } = await failing("ProvisionedThroughputExceededException", 400, 2);
  await put({ pk: "p" });
  expect(bodies).toHaveLength(3);
});

it("gives up after the third throttling", async () => {
  const { bodies, put } = await failing("ProvisionedThroughputExceededException", 400, 9);
  await expect(put({ pk: "p" })).rejects.toMatchObject({ name: "ProvisionedThroughputExceededException" });
  expect(bodies).toHaveLength(3);
});

it("does not repeat a write that the server failed on: it may have been carried out", async () => {
  const { bodies, put } = await failing("InternalServerError", 500, 1);
  await expect(put({ pk: "p" })).rejects.toMatchObject({ name: "InternalServerError" });
  expect(bodies).toHaveLength(1);
});

it("writes no member that is undefined", async () => {
  const { bodies, put } = await failing("", 200, 0);
  await put({ pk: "p", until: undefined, verdict: { kind: "wait", at: undefined } });
  expect(JSON.parse(bodies[0] ?? "{}").Item).toEqual({ pk: { S: "p" }, verdict: { M: { kind: { S: "wait" } } } });
});
