import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type QueueDatabase, queueDatabase } from "../../../../../infra/local/queue-server/queue-database.ts";
import { type QueueServer, startQueueServer } from "../../../../../infra/local/queue-server/queue-server.ts";
import { sqsQueue } from "../../../../../shared/queue/sqs-queue.ts";
import { systemClock } from "../../../../../shared/time/system-clock.ts";
import { queueContract } from "../../../../contract/queue.contract.ts";
import { manualClock } from "../../../../fakes/manual-clock.ts";
import { seededRandom } from "../../../../fakes/seeded-random.ts";

const clock = manualClock();
const random = seededRandom(3);
const failures: unknown[] = [];
let directory: string;
let database: QueueDatabase;
let server: QueueServer;
let made = 0;

const client = (accessKeyId: string) =>
  new SQSClient({ region: "local", endpoint: server.endpoint, credentials: { accessKeyId, secretAccessKey: "x" } });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "knitbone-queue-"));
  database = queueDatabase(join(directory, "queues.db"), { clock, random });
  server = await startQueueServer({
    database,
    accountId: "000000000000",
    clock,
    random,
    onFailure: (error) => failures.push(error),
  });
});
afterAll(async () => {
  await server.close();
  database.close();
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  expect(failures).toEqual([]);
});

function newQueues() {
  made += 1;
  const names = { queue: `q${made}`, dead: `q${made}-dead` };
  const common = { visibilityMs: 30_000, delayMs: 0, retentionMs: 3_600_000 };
  database.declare([
    { name: names.queue, ...common, redrive: { deadLetterQueue: names.dead, maxReceiveCount: 2 } },
    { name: names.dead, ...common },
  ]);
  return names;
}

queueContract(async () => {
  const { queue, dead } = newQueues();
  return {
    queue: sqsQueue(client("s"), server.queueUrl(queue)),
    deadLetters: sqsQueue(client("s"), server.queueUrl(dead)),
    async passTime(ms) {
      // A request that is on its way has to arrive before its time can pass.
      await systemClock.sleep(50);
      await clock.advance(ms);
    },
    now: () => clock.now(),
  };
});

describe("beyond the contract", () => {
  test("the sender is whoever signed, not what anybody says", async () => {
    const { queue } = newQueues();
    const url = server.queueUrl(queue);
    await sqsQueue(client("forwarder-a"), url).send([{ body: "a", attributes: { SenderId: "forwarder-b" } }]);
    const [message] = await sqsQueue(client("lambda"), url).receive({ limit: 1, waitMs: 0, visibilityMs: 1_000 });
    expect(message?.senderId).toBe("forwarder-a");
  });

  test("a receiver that hangs up while it waits takes no message with it", async () => {
    const { queue } = newQueues();
    const polled = sqsQueue(client("lambda"), server.queueUrl(queue));
    const hangUp = new AbortController();
    const waiting = polled.receive({ limit: 1, waitMs: 20_000, visibilityMs: 30_000, signal: hangUp.signal });
    hangUp.abort();
    await waiting;
    await polled.send([{ body: "a" }]);
    const [message] = await polled.receive({ limit: 1, waitMs: 20_000, visibilityMs: 30_000 });
    expect(message).toMatchObject({ body: "a", receiveCount: 1 });
  });

  test("counts and settings are told as SQS tells them", async () => {
    const { queue, dead } = newQueues();
    await sqsQueue(client("s"), server.queueUrl(queue)).send([{ body: "a" }, { body: "b", delayMs: 60_000 }]);
    const { Attributes } = await client("s").send(
      new GetQueueAttributesCommand({ QueueUrl: server.queueUrl(queue), AttributeNames: ["All"] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: "1",
      ApproximateNumberOfMessagesDelayed: "1",
      ApproximateNumberOfMessagesNotVisible: "0",
      VisibilityTimeout: "30",
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:local:000000000000:${dead}`,
        maxReceiveCount: 2,
      }),
    });
    const { QueueUrls } = await client("s").send(new ListQueuesCommand({ QueueNamePrefix: dead }));
    expect(QueueUrls).toEqual([server.queueUrl(dead)]);
  });

  test("a queue that does not exist, an unsigned request and an unknown action are refused in SQS's words", async () => {
    await expect(sqsQueue(client("s"), server.queueUrl("nowhere")).send([{ body: "a" }])).rejects.toMatchObject({
      code: "QueueUnavailable",
      cause: { name: "QueueDoesNotExist" },
    });
    const post = async (target: string, headers: Record<string, string>) => {
      const url = server.endpoint;
      const answer = await fetch(url, { method: "POST", headers: { "x-amz-target": target, ...headers }, body: "{}" });
      return [answer.status, ((await answer.json()) as { __type: string }).__type];
    };
    expect(await post("AmazonSQS.ListQueues", {})).toEqual([400, "com.amazonaws.sqs#MissingAuthenticationToken"]);
    const authorization = "AWS4-HMAC-SHA256 Credential=k/20261121/local/sqs/aws4_request";
    expect(await post("AmazonSQS.Explode", { authorization })).toEqual([400, "com.amazonaws.sqs#InvalidAction"]);
    expect(await post("AmazonSQS.toString", { authorization })).toEqual([400, "com.amazonaws.sqs#InvalidAction"]);
  });
});
