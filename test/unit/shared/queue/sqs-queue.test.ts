import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { sqsQueue } from "../../../../shared/queue/sqs-queue.ts";

const url = "http://queue/deltas";

/** An error as the SDK throws it. */
function awsError(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

interface Sent {
  readonly command: unknown;
  readonly options: unknown;
}

/** A client that answers by script and remembers what it was sent. */
function scripted(answer: (command: { readonly input: SendMessageBatchCommandInput }) => unknown) {
  const sent: Sent[] = [];
  const client = {
    send: async (command: { readonly input: SendMessageBatchCommandInput }, options?: unknown) => {
      sent.push({ command, options });
      return answer(command);
    },
  } as unknown as SQSClient;
  return { sent, queue: sqsQueue(client, url) };
}

const entriesOf = (each: Sent | undefined) =>
  each?.command instanceof SendMessageBatchCommand ? (each.command.input.Entries ?? []) : [];
const acceptAll = ({ input }: { readonly input: SendMessageBatchCommandInput }) => ({
  Successful: (input.Entries ?? []).map((each) => ({ Id: each.Id })),
});

describe("sqsQueue.send", () => {
  it("sends what SQS understands: whole seconds, string attributes, the group", async () => {
    const { sent, queue } = scripted(acceptAll);
    await queue.send([{ body: "b", delayMs: 1_001, group: "eu-1", attributes: { traceId: "t" } }, { body: "c" }]);
    expect(entriesOf(sent[0])).toEqual([
      {
        Id: "0",
        MessageBody: "b",
        DelaySeconds: 2,
        MessageGroupId: "eu-1",
        MessageAttributes: { traceId: { DataType: "String", StringValue: "t" } },
      },
      { Id: "1", MessageBody: "c" },
    ]);
  });

  it("sends at most ten messages and 1 MiB in one call", async () => {
    const { sent, queue } = scripted(acceptAll);
    await queue.send(Array.from({ length: 12 }, () => ({ body: "small" })));
    expect(sent.map((each) => entriesOf(each).length)).toEqual([10, 2]);
    sent.length = 0;
    await queue.send([524_288, 524_288, 1].map((size) => ({ body: "x".repeat(size) })));
    expect(sent.map((each) => entriesOf(each).length)).toEqual([2, 1]);
  });

  it("tells a sender's fault from the server's", async () => {
    const { queue } = scripted(() => ({
      Successful: [{ Id: "1" }],
      Failed: [
        { Id: "0", Code: "InvalidMessageContents", SenderFault: true },
        { Id: "2", Code: "InternalError", SenderFault: false },
      ],
    }));
    expect(await queue.send([{ body: "a" }, { body: "b" }, { body: "c" }, { body: "d" }])).toEqual([
      { kind: "failed", code: "InvalidMessageContents", permanent: true },
      { kind: "sent" },
      { kind: "failed", code: "InternalError", permanent: false },
      { kind: "failed", code: "NoAnswer", permanent: false },
    ]);
  });

  it("sends one by one what was refused as a batch, so that only the bad one fails", async () => {
    const { sent, queue } = scripted((command) => {
      if (command.input.Entries?.some((each) => each.MessageBody === "bad")) throw awsError("InvalidMessageContents");
      return acceptAll(command);
    });
    expect(await queue.send([{ body: "a" }, { body: "bad" }, { body: "c" }])).toEqual([
      { kind: "sent" },
      { kind: "failed", code: "InvalidMessageContents", permanent: true },
      { kind: "sent" },
    ]);
    expect(sent.map((each) => entriesOf(each).length)).toEqual([3, 1, 1, 1]);
  });

  it("throws QueueUnavailable when nothing was accepted", async () => {
    const { queue } = scripted(() => {
      throw awsError("TimeoutError", "no answer");
    });
    await expect(queue.send([{ body: "a" }])).rejects.toMatchObject({
      code: "QueueUnavailable",
      retryable: true,
      message: `sending to queue ${url}: no answer`,
    });
  });

  it("says what was accepted when a later call fails, and stops there", async () => {
    let calls = 0;
    const { sent, queue } = scripted((command) => {
      calls += 1;
      if (calls === 2) throw awsError("TimeoutError");
      return acceptAll(command);
    });
    const results = await queue.send(Array.from({ length: 25 }, (_, index) => ({ body: `${index}` })));
    expect(sent).toHaveLength(2);
    expect(results.slice(0, 10)).toEqual(Array(10).fill({ kind: "sent" }));
    expect(results.slice(10)).toEqual(Array(15).fill({ kind: "failed", code: "TimeoutError", permanent: false }));
  });

  it("does not call SQS for messages that it would refuse", async () => {
    const { sent, queue } = scripted(acceptAll);
    expect(await queue.send([{ body: "" }])).toEqual([{ kind: "failed", code: "MissingParameter", permanent: true }]);
    expect(sent).toEqual([]);
  });
});

describe("sqsQueue.receive", () => {
  it("polls long, with a time limit beyond the wait, and asks for everything a reader needs", async () => {
    const { sent, queue } = scripted(() => ({}));
    const { signal } = new AbortController();
    expect(await queue.receive({ limit: 25, waitMs: 19_001, visibilityMs: 90_500, signal })).toEqual([]);
    const { command, options } = sent[0] ?? {};
    expect(command).toBeInstanceOf(ReceiveMessageCommand);
    expect(command).toMatchObject({
      input: {
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
        VisibilityTimeout: 91,
        MessageAttributeNames: ["All"],
      },
    });
    expect(options).toEqual({ requestTimeout: 25_000, abortSignal: signal });
  });

  it("reads a message with all that SQS says of it", async () => {
    const { queue } = scripted(() => ({
      Messages: [
        {
          MessageId: "m-1",
          ReceiptHandle: "r-1",
          Body: "b",
          Attributes: {
            SentTimestamp: "1795262400000",
            ApproximateReceiveCount: "3",
            SenderId: "AROA1:forwarder",
            MessageGroupId: "eu-1",
          },
          MessageAttributes: { traceId: { DataType: "String", StringValue: "t" } },
        },
      ],
    }));
    expect(await queue.receive({ limit: 1, waitMs: 0, visibilityMs: 0 })).toEqual([
      {
        id: "m-1",
        receipt: "r-1",
        body: "b",
        attributes: { traceId: "t" },
        sentAt: 1_795_262_400_000,
        receiveCount: 3,
        senderId: "AROA1:forwarder",
        group: "eu-1",
      },
    ]);
  });

  it("throws QueueUnavailable when SQS does not answer", async () => {
    const { queue } = scripted(() => {
      throw awsError("TimeoutError", "no answer");
    });
    await expect(queue.receive({ limit: 1, waitMs: 0, visibilityMs: 0 })).rejects.toMatchObject({
      code: "QueueUnavailable",
      message: `receiving from queue ${url}: no answer`,
    });
  });
});

describe("sqsQueue.acknowledge", () => {
  it("deletes ten at a time", async () => {
    const { sent, queue } = scripted(() => ({}));
    await queue.acknowledge(Array.from({ length: 11 }, (_, index) => `r-${index}`));
    const sizes = sent.map(({ command }) =>
      command instanceof DeleteMessageBatchCommand ? command.input.Entries?.length : 0,
    );
    expect(sizes).toEqual([10, 1]);
  });

  it("throws when SQS did not delete, but not for a receipt that is no longer one", async () => {
    const refused = (Code: string) => scripted(() => ({ Failed: [{ Id: "0", Code, SenderFault: true }] })).queue;
    await expect(refused("ReceiptHandleIsInvalid").acknowledge(["r"])).resolves.toBeUndefined();
    await expect(refused("InternalError").acknowledge(["r"])).rejects.toMatchObject({
      code: "QueueUnavailable",
      message: `deleting from queue ${url}: 1 of 1 refused: InternalError`,
    });
  });
});

describe("sqsQueue.changeVisibility", () => {
  it("rounds up to whole seconds, up to twelve hours", async () => {
    const { sent, queue } = scripted(() => ({}));
    for (const ms of [0, 1, 1_000, 1_001, 50_000_000]) await queue.changeVisibility("r", ms);
    const seconds = sent.map(({ command }) =>
      command instanceof ChangeMessageVisibilityCommand ? command.input.VisibilityTimeout : undefined,
    );
    expect(seconds).toEqual([0, 1, 1, 2, 43_200]);
  });

  it("passes over a message that is no longer ours, as AWS and the emulators say it", async () => {
    const throwing = (error: Error) =>
      scripted(() => {
        throw error;
      }).queue.changeVisibility("r", 0);
    const gone = "Reason: Message does not exist or is not available for visibility timeout change.";
    await expect(throwing(awsError("MessageNotInflight"))).resolves.toBeUndefined();
    await expect(throwing(awsError("ReceiptHandleIsInvalid"))).resolves.toBeUndefined();
    await expect(throwing(awsError("InvalidParameterValue", gone))).resolves.toBeUndefined();
    await expect(throwing(awsError("InvalidParameterValue", "QueueUrl"))).rejects.toMatchObject({
      code: "QueueUnavailable",
    });
  });
});
