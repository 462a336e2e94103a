import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { describeError, KnitboneError } from "../errors.ts";
import { batchLimitBytes, messageBytes, messageRefusal } from "./message-refusal.ts";
import type { OutgoingMessage, Queue, ReceivedMessage, SendResult } from "./queue.ts";

/** SQS's limits. */
const maxBatch = 10;
const maxWaitSeconds = 20;
const maxVisibilitySeconds = 43_200;
/** An answer to a long poll may come this much after the wait it asked for. */
const answerMarginMs = 5_000;

interface Numbered {
  readonly index: number;
  readonly message: OutgoingMessage;
}

/** An SQS queue. Durations are rounded up to whole seconds: SQS knows nothing finer. */
export function sqsQueue(client: SQSClient, url: string): Queue {
  const unavailable = (doing: string, thrown: unknown): KnitboneError =>
    new KnitboneError("QueueUnavailable", `${doing} queue ${url}: ${describeError(thrown)}`, {
      cause: thrown,
      retryable: true,
    });

  const sendBatch = async (batch: readonly Numbered[]): Promise<readonly (readonly [number, SendResult])[]> => {
    try {
      const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: batch.map(entryOf) }));
      return batchResults(batch, answer);
    } catch (thrown) {
      if (!blamesTheBatch(thrown)) throw thrown;
      const [only, ...others] = batch;
      if (only && others.length === 0) return [[only.index, { kind: "failed", code: nameOf(thrown), permanent: true }]];
    }
    // Refused as a whole for one of them: each on its own, so that the others arrive.
    const results: (readonly [number, SendResult])[] = [];
    for (const each of batch) results.push(...(await sendBatch([each])));
    return results;
  };

  return {
    async send(messages) {
      const results = new Map<number, SendResult>();
      const sendable: Numbered[] = [];
      for (const [index, message] of messages.entries()) {
        const code = messageRefusal(message);
        if (code) results.set(index, { kind: "failed", code, permanent: true });
        else sendable.push({ index, message });
      }
      let accepted = false;
      for (const batch of batchesOf(sendable)) {
        try {
          for (const [index, result] of await sendBatch(batch)) {
            results.set(index, result);
            accepted ||= result.kind === "sent";
          }
        } catch (thrown) {
          if (!accepted) throw unavailable("sending to", thrown);
          // What was accepted must be told; the rest is not tried on a queue that just failed.
          const failed: SendResult = { kind: "failed", code: nameOf(thrown), permanent: false };
          return messages.map((_, index) => results.get(index) ?? failed);
        }
      }
      return messages.map((_, index) => results.get(index) ?? { kind: "failed", code: "NoAnswer", permanent: false });
    },

    async receive({ limit, waitMs, visibilityMs, signal }) {
      const waitSeconds = Math.min(maxWaitSeconds, Math.ceil(waitMs / 1_000));
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(maxBatch, limit),
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: wholeSeconds(visibilityMs),
        MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp", "SenderId", "MessageGroupId"],
        MessageAttributeNames: ["All"],
      });
      try {
        const answer = await client.send(command, {
          requestTimeout: waitSeconds * 1_000 + answerMarginMs,
          ...(signal ? { abortSignal: signal } : {}),
        });
        return (answer.Messages ?? []).map(receivedMessage);
      } catch (thrown) {
        if (signal?.aborted) return [];
        throw unavailable("receiving from", thrown);
      }
    },

    async acknowledge(receipts) {
      for (let start = 0; start < receipts.length; start += maxBatch) {
        const batch = receipts.slice(start, start + maxBatch);
        const entries = batch.map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt }));
        try {
          const answer = await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries }));
          const failed = (answer.Failed ?? []).filter((each) => each.Code !== "ReceiptHandleIsInvalid");
          if (failed.length > 0) throw new Error(`${failed.length} of ${batch.length} refused: ${failed[0]?.Code}`);
        } catch (thrown) {
          throw unavailable("deleting from", thrown);
        }
      }
    },

    async changeVisibility(receipt, visibilityMs) {
      try {
        await client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: url,
            ReceiptHandle: receipt,
            VisibilityTimeout: wholeSeconds(visibilityMs),
          }),
        );
      } catch (thrown) {
        if (!isNoLongerOurs(thrown)) throw unavailable("changing visibility on", thrown);
      }
    },
  };
}

/** At most ten messages and 1 MiB each. */
function batchesOf(messages: readonly Numbered[]): Numbered[][] {
  const batches: Numbered[][] = [];
  let bytes = 0;
  for (const each of messages) {
    const size = messageBytes(each.message);
    const current = batches.at(-1);
    if (current && current.length < maxBatch && bytes + size <= batchLimitBytes) {
      current.push(each);
      bytes += size;
    } else {
      batches.push([each]);
      bytes = size;
    }
  }
  return batches;
}

function entryOf({ index, message }: Numbered): SendMessageBatchRequestEntry {
  const attributes = Object.entries(message.attributes ?? {});
  return {
    Id: String(index),
    MessageBody: message.body,
    ...(message.delayMs === undefined ? {} : { DelaySeconds: Math.ceil(message.delayMs / 1_000) }),
    ...(message.group === undefined ? {} : { MessageGroupId: message.group }),
    ...(attributes.length === 0
      ? {}
      : {
          MessageAttributes: Object.fromEntries(
            attributes.map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
          ),
        }),
  };
}

interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
  readonly Failed?:
    | readonly {
        readonly Id: string | undefined;
        readonly Code: string | undefined;
        readonly SenderFault: boolean | undefined;
      }[]
    | undefined;
}

function batchResults(batch: readonly Numbered[], answer: BatchAnswer): readonly (readonly [number, SendResult])[] {
  return batch.map(({ index }) => {
    const id = String(index);
    if (answer.Successful?.some((each) => each.Id === id)) return [index, { kind: "sent" }];
    const failure = answer.Failed?.find((each) => each.Id === id);
    return [
      index,
      { kind: "failed", code: failure?.Code ?? "NoAnswer", permanent: failure?.SenderFault === true },
    ] as const;
  });
}

function receivedMessage(message: Message): ReceivedMessage {
  const attributes = Object.entries(message.MessageAttributes ?? {}).flatMap(([name, { StringValue: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const system: Partial<Record<string, string>> = message.Attributes ?? {};
  const group = system["MessageGroupId"];
  return {
    id: message.MessageId ?? "",
    receipt: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: Object.fromEntries(attributes),
    sentAt: Number(system["SentTimestamp"] ?? 0),
    receiveCount: Number(system["ApproximateReceiveCount"] ?? 1),
    senderId: system["SenderId"] ?? "",
    ...(group === undefined ? {} : { group }),
  };
}

function wholeSeconds(ms: number): number {
  return Math.min(maxVisibilitySeconds, Math.max(0, Math.ceil(ms / 1_000)));
}

/** The whole batch was refused for what stands in it. */
function blamesTheBatch(thrown: unknown): boolean {
  return ["InvalidMessageContents", "InvalidParameterValue", "BatchRequestTooLong", "MissingParameter"].includes(
    nameOf(thrown),
  );
}

/** The message is gone, visible again or in other hands: nothing to hide any more. */
function isNoLongerOurs(thrown: unknown): boolean {
  const name = nameOf(thrown);
  return (
    name === "MessageNotInflight" ||
    name === "ReceiptHandleIsInvalid" ||
    (name === "InvalidParameterValue" && describeError(thrown).includes("visibility timeout change"))
  );
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : "Unknown";
}
