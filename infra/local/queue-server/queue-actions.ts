import type { Clock } from "../../../shared/time/clock.ts";
import { batchAnswer, entriesOf, judge } from "./batch-entries.ts";
import { receiveWithin } from "./long-poll.ts";
import type { QueueDatabase } from "./queue-database.ts";
import { noSuchQueue, QueueFailure } from "./queue-failure.ts";
import { integer, limits, names, type QueueInput, receiptOf } from "./queue-input.ts";
import { newMessage, presented, sent, systemAttributesWanted } from "./queue-message.ts";

/** One request of the SQS JSON protocol, after HTTP. */
export interface QueueRequest {
  readonly input: QueueInput;
  /** Access key id that signed it: becomes SenderId, as SQS stamps the caller's identity. */
  readonly sender: string;
  /** Aborts when the caller hangs up: no message is handed to nobody. */
  readonly signal: AbortSignal;
}

export type QueueAction = (request: QueueRequest) => Promise<Readonly<Record<string, unknown>>>;

export function queueActions(
  database: QueueDatabase,
  options: { readonly clock: Clock; readonly accountId: string; readonly queueUrl: (name: string) => string },
): Readonly<Record<string, QueueAction>> {
  const { clock, accountId, queueUrl } = options;

  const queueOf = ({ input }: QueueRequest): string => {
    const url = input["QueueUrl"];
    if (typeof url !== "string") throw new QueueFailure("MissingParameter", "The request must contain a QueueUrl.");
    const name = url.split("/").at(-1) ?? "";
    if (!database.spec(name)) throw noSuchQueue();
    return name;
  };

  const sendMessage: QueueAction = async (request) => {
    const queue = queueOf(request);
    const message = newMessage(request.input, request.sender);
    const [id] = database.send(queue, [message]);
    return sent(message, id);
  };

  const sendMessageBatch: QueueAction = async (request) => {
    const queue = queueOf(request);
    const entries = entriesOf(request.input);
    const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(String(entry["MessageBody"] ?? "")), 0);
    if (bytes > limits.bytes) {
      const words = `Batch requests cannot be longer than ${limits.bytes} bytes.`;
      throw new QueueFailure("BatchRequestTooLong", words, "AWS.SimpleQueueService.BatchRequestTooLong");
    }
    const judged = entries.map((entry) => judge(entry["Id"], () => newMessage(entry, request.sender)));
    const ids = database.send(
      queue,
      judged.flatMap((each) => (each.kind === "fine" ? [each.value] : [])),
    );
    const remaining = ids[Symbol.iterator]();
    return batchAnswer(
      judged.map((each) =>
        each.kind === "refused" ? each : { ...each, answer: sent(each.value, remaining.next().value) },
      ),
    );
  };

  const receiveMessage: QueueAction = async (request) => {
    const queue = queueOf(request);
    const { input, signal } = request;
    const limit = integer(input, "MaxNumberOfMessages", 1, 10, 1);
    const visibility = integer(input, "VisibilityTimeout", 0, limits.visibility);
    const waitMs = integer(input, "WaitTimeSeconds", 0, limits.wait, 0) * 1_000;
    const visibilityMs = visibility === undefined ? (database.spec(queue)?.visibilityMs ?? 0) : visibility * 1_000;
    const messages = await receiveWithin(database, { queue, limit, visibilityMs, waitMs, clock, signal });
    const wanted = systemAttributesWanted(input);
    const wantedAttributes = names(input["MessageAttributeNames"]);
    return messages.length === 0
      ? {}
      : { Messages: messages.map((message) => presented(message, wanted, wantedAttributes)) };
  };

  const changeVisibility = (queue: string, input: QueueInput) => {
    const visibility = integer(input, "VisibilityTimeout", 0, limits.visibility);
    if (visibility === undefined) throw new QueueFailure("MissingParameter", "VisibilityTimeout is required.");
    if (database.changeVisibility(queue, receiptOf(input), visibility * 1_000) === "notInFlight") {
      throw new QueueFailure(
        "MessageNotInflight",
        "The message is not in flight.",
        "AWS.SimpleQueueService.MessageNotInflight",
      );
    }
    return {};
  };

  return {
    SendMessage: sendMessage,
    SendMessageBatch: sendMessageBatch,
    ReceiveMessage: receiveMessage,
    DeleteMessage: async (request) => {
      database.delete(queueOf(request), [receiptOf(request.input)]);
      return {};
    },
    DeleteMessageBatch: async (request) => {
      const queue = queueOf(request);
      const judged = entriesOf(request.input).map((entry) => judge(entry["Id"], () => receiptOf(entry)));
      database.delete(
        queue,
        judged.flatMap((each) => (each.kind === "fine" ? [each.value] : [])),
      );
      return batchAnswer(judged.map((each) => (each.kind === "fine" ? { ...each, answer: {} } : each)));
    },
    ChangeMessageVisibility: async (request) => changeVisibility(queueOf(request), request.input),
    ChangeMessageVisibilityBatch: async (request) => {
      const queue = queueOf(request);
      const judged = entriesOf(request.input).map((entry) => judge(entry["Id"], () => changeVisibility(queue, entry)));
      return batchAnswer(judged.map((each) => (each.kind === "fine" ? { ...each, answer: {} } : each)));
    },
    GetQueueUrl: async ({ input }) => {
      const name = String(input["QueueName"]);
      if (!database.spec(name)) throw noSuchQueue();
      return { QueueUrl: queueUrl(name) };
    },
    ListQueues: async ({ input }) => {
      const prefix = String(input["QueueNamePrefix"] ?? "");
      return {
        QueueUrls: database
          .names()
          .filter((name) => name.startsWith(prefix))
          .map(queueUrl),
      };
    },
    GetQueueAttributes: async (request) => {
      const queue = queueOf(request);
      const spec = database.spec(queue);
      const counts = database.counts(queue);
      const arn = (name: string) => `arn:aws:sqs:local:${accountId}:${name}`;
      const all: Record<string, string> = {
        QueueArn: arn(queue),
        ApproximateNumberOfMessages: String(counts.visible),
        ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
        ApproximateNumberOfMessagesDelayed: String(counts.delayed),
        VisibilityTimeout: String((spec?.visibilityMs ?? 0) / 1_000),
        DelaySeconds: String((spec?.delayMs ?? 0) / 1_000),
        MessageRetentionPeriod: String((spec?.retentionMs ?? 0) / 1_000),
        MaximumMessageSize: String(limits.bytes),
        ...(spec?.redrive
          ? {
              RedrivePolicy: JSON.stringify({
                deadLetterTargetArn: arn(spec.redrive.deadLetterQueue),
                maxReceiveCount: spec.redrive.maxReceiveCount,
              }),
            }
          : {}),
      };
      const wanted = names(request.input["AttributeNames"]);
      return {
        Attributes: Object.fromEntries(
          Object.entries(all).filter(([name]) => wanted.includes("All") || wanted.includes(name)),
        ),
      };
    },
    PurgeQueue: async (request) => {
      database.purge(queueOf(request));
      return {};
    },
  };
}
