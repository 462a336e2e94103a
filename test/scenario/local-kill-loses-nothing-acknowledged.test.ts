import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, expect, test } from "vitest";

interface Emulators {
  readonly process: ChildProcess;
  readonly queueUrl: string;
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
}

let directory: string;
let running: Emulators | undefined;

async function start(): Promise<Emulators> {
  const script = fileURLToPath(new URL("./local-emulators-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { dynamodb, sqs, queueUrl } = JSON.parse(line.toString()) as Record<string, string>;
  const common = { region: "local", credentials: { accessKeyId: "t", secretAccessKey: "t" }, maxAttempts: 1 };
  running = {
    process: child,
    queueUrl: queueUrl ?? "",
    dynamo: new DynamoDBClient({ ...common, endpoint: dynamodb ?? "" }),
    sqs: new SQSClient({ ...common, endpoint: sqs ?? "" }),
  };
  return running;
}

async function kill(emulators: Emulators) {
  emulators.process.kill("SIGKILL");
  await once(emulators.process, "exit");
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "knitbone-kill-"));
});
afterEach(async () => {
  if (running) await kill(running);
  rmSync(directory, { recursive: true });
});

/** Writes one after the other until the process dies under it; returns what was acknowledged. */
async function writeUntilKilled(write: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const acknowledged: number[] = [];
  for (let index = 0; ; index += 1) {
    try {
      await write(index);
    } catch {
      return acknowledged;
    }
    acknowledged.push(index);
  }
}

test("every item that was acknowledged is there after kill -9 in the middle of writing", async () => {
  const first = await start();
  const writing = writeUntilKilled(async (index) => {
    await first.dynamo.send(new PutItemCommand({ TableName: "kill-test", Item: { pk: { S: `k${index}` } } }));
    if (index === 200) first.process.kill("SIGKILL");
  });
  const acknowledged = await writing;
  expect(acknowledged.length).toBeGreaterThanOrEqual(200);
  const second = await start();
  for (const index of acknowledged) {
    const { Item } = await second.dynamo.send(
      new GetItemCommand({ TableName: "kill-test", Key: { pk: { S: `k${index}` } } }),
    );
    expect(Item).toEqual({ pk: { S: `k${index}` } });
  }
});

test("every message that was acknowledged is there after kill -9, none that was deleted comes back", async () => {
  const first = await start();
  const { sqs, queueUrl: QueueUrl } = first;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "deleted" }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));
  const acknowledged = await writeUntilKilled(async (index) => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `m${index}` }));
    if (index === 100) await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (index === 200) first.process.kill("SIGKILL");
  });
  const second = await start();
  const seen = new Set<string>();
  while (seen.size < acknowledged.length) {
    const received = await second.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: second.queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 3,
        VisibilityTimeout: 60,
      }),
    );
    if (!received.Messages) break;
    for (const { Body } of received.Messages) seen.add(Body ?? "");
  }
  expect(acknowledged.filter((index) => !seen.has(`m${index}`))).toEqual([]);
  expect(seen.has("deleted")).toBe(false);
});
