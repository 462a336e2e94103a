import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, expect, test, vi } from "vitest";
import { type LocalStack, startLocalStack } from "../../infra/local/stack.ts";
import { openStateDirectory, type StateDirectory } from "../../infra/local/state-directory.ts";
import { silentLog } from "../../shared/log/log.ts";
import { systemRandom } from "../../shared/random/system-random.ts";
import { systemClock } from "../../shared/time/system-clock.ts";

const functionSource = `
export const handler = async (event, context) => {
  for (const record of event.Records) console.log(JSON.stringify({ record, remainingMs: context.getRemainingTimeInMillis() }));
  if (event.Records.some((record) => record.body === "crash")) process.exit(3);
  if (event.Records.some((record) => record.body === "hang")) await new Promise((resolve) => setInterval(resolve, 3_600_000));
  console.log(JSON.stringify({ environment: { prefix: process.env.TABLE_PREFIX, url: process.env.OUT_URL, lab: process.env.KNITBONE_LAB } }));
  return { batchItemFailures: event.Records.filter((record) => record.body === "bad").map((record) => ({ itemIdentifier: record.messageId })) };
};
`;

const template = {
  Resources: {
    InQueue: {
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: "t-in",
        VisibilityTimeout: 1,
        RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["InDead", "Arn"] }, maxReceiveCount: 2 },
      },
    },
    InDead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "t-in-dead" } },
    EchoLambdaFunction: {
      Type: "AWS::Lambda::Function",
      Properties: {
        FunctionName: "t-echo",
        Handler: ".build/echo/index.handler",
        Timeout: 1,
        MemorySize: 128,
        Environment: { Variables: { TABLE_PREFIX: "t", OUT_URL: { Ref: "InDead" } } },
      },
    },
    EchoMapping: {
      Type: "AWS::Lambda::EventSourceMapping",
      Properties: {
        BatchSize: 10,
        EventSourceArn: { "Fn::GetAtt": ["InQueue", "Arn"] },
        FunctionName: { "Fn::GetAtt": ["EchoLambdaFunction", "Arn"] },
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      },
    },
    CasesTable: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        TableName: "t-cases",
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      },
    },
  },
};

let directory: string;
let state: StateDirectory;
let stack: LocalStack;

async function start() {
  directory = mkdtempSync(join(tmpdir(), "knitbone-stack-"));
  const bundle = join(directory, "bundle", "index.mjs");
  mkdirSync(join(directory, "bundle"));
  writeFileSync(bundle, functionSource);
  state = openStateDirectory({ path: join(directory, "state"), kind: "demo", pid: process.pid, empty: false });
  stack = await startLocalStack({
    state,
    template,
    bundleOf: () => pathToFileURL(bundle),
    lab: 20,
    inherited: {},
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    onFailure: (error) => {
      throw error;
    },
  });
  return new SQSClient({
    region: "local",
    endpoint: stack.endpoints.sqs,
    credentials: { accessKeyId: "forwarder-a", secretAccessKey: "local" },
  });
}

afterEach(async () => {
  await stack.stop();
  state.release();
  rmSync(directory, { recursive: true });
});

const logLines = (): readonly Record<string, unknown>[] =>
  readFileSync(state.file("log/echo.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

test("a message travels from a signed request through the queue into the function (S0-08)", async () => {
  const sqs = await start();
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.queueUrl("t-in"),
      MessageBody: "hello",
      MessageGroupId: "cluster-a",
      MessageAttributes: { code: { DataType: "String", StringValue: "X" } },
    }),
  );
  await vi.waitFor(() => expect(logLines()).toHaveLength(2), 5_000);
  const [first, second] = logLines();
  expect(first).toMatchObject({
    record: {
      body: "hello",
      attributes: { SenderId: "forwarder-a", ApproximateReceiveCount: "1", MessageGroupId: "cluster-a" },
      messageAttributes: { code: { stringValue: "X", dataType: "String" } },
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:local:000000000000:t-in",
      awsRegion: "local",
    },
  });
  expect(second).toEqual({ environment: { prefix: "t", url: stack.queueUrl("t-in-dead"), lab: "20" } });
  await vi.waitFor(() => expect(stack.queues.counts("t-in")).toEqual({ visible: 0, inFlight: 0, delayed: 0 }), 5_000);
});

test("a message whose handling fails comes back and ends in the dead-letter queue", async () => {
  const sqs = await start();
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl("t-in"), MessageBody: "bad" }));
  await vi.waitFor(() => expect(stack.queues.counts("t-in-dead").visible).toBe(1), 8_000);
  const tries = logLines().flatMap(({ record }) => (record ? [record] : []));
  expect(tries).toMatchObject([
    { attributes: { ApproximateReceiveCount: "1" } },
    { attributes: { ApproximateReceiveCount: "2" } },
  ]);
});

test("a function that hangs is ended at its time limit, one that crashes is replaced, and the next call runs", async () => {
  const sqs = await start();
  for (const body of ["hang", "crash"]) {
    await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl("t-in"), MessageBody: body }));
    await vi.waitFor(() => expect(stack.queues.counts("t-in").inFlight).toBe(1), 5_000);
  }
  await vi.waitFor(() => expect(stack.queues.counts("t-in-dead").visible).toBe(2), 15_000);
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl("t-in"), MessageBody: "fine" }));
  await vi.waitFor(() => expect(stack.queues.counts("t-in")).toEqual({ visible: 0, inFlight: 0, delayed: 0 }), 5_000);
});
