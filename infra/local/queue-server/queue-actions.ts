import type { Clock } from "../../../shared/time/clock.ts";
import { type MessageAttributes, md5, md5OfAttributes } from "./message-digest.ts";
import type { NewMessage, QueueDatabase, StoredMessage } from "./queue-database.ts";
import { invalidParameter, noSuchQueue, QueueFailure } from "./queue-failure.ts";

/** One request of the SQS JSON protocol, after HTTP. */
export interface QueueRequest {
  readonly input: Readonly<Record<string, unknown>>;
  /** Access key id that signed it: becomes SenderId, as SQS stamps the caller's identity. */
  readonly sender: string;
  /** Aborts when the caller hangs up: no message is handed to nobody. */
  readonly signal: AbortSignal;
}

export type QueueAction = (request: QueueRequest) => Promise<Readonly<Record<string, unknown>>>;

/** SQS quotas: message and batch size in bytes, entries per batch, longest delay and visibility in seconds. */
const limits = { bytes: 1_048_576, entries: 10, delay: 900, visibility: 43_200, wait: 20 };

/** XML 1.0 characters only, as SQS says. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: naming the forbidden ones is the point
const forbiddenCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

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

  const changeVisibility = (queue: string, input: Readonly<Record<string, unknown>>) => {
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

/** Long polling: what is there at once, else what arrives until the wait is over or the caller hangs up. */
export async function receiveWithin(
  database: QueueDatabase,
  options: {
    readonly queue: string;
    readonly limit: number;
    readonly visibilityMs: number;
    readonly waitMs: number;
    readonly clock: Clock;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly StoredMessage[]> {
  const { queue, limit, visibilityMs, waitMs, clock, signal } = options;
  const deadline = clock.monotonic() + waitMs;
  for (;;) {
    if (signal?.aborted) return [];
    const messages = database.receive(queue, limit, visibilityMs);
    const leftMs = deadline - clock.monotonic();
    if (messages.length > 0 || leftMs <= 0) return messages;
    await database.arrival(queue, leftMs, signal);
  }
}

type Judged<T> =
  | { readonly kind: "fine"; readonly id: string; readonly value: T }
  | { readonly kind: "refused"; readonly id: string; readonly failure: QueueFailure };

function judge<T>(id: unknown, work: () => T): Judged<T> {
  try {
    return { kind: "fine", id: String(id), value: work() };
  } catch (error) {
    if (error instanceof QueueFailure) return { kind: "refused", id: String(id), failure: error };
    throw error;
  }
}

function batchAnswer(
  judged: readonly (
    | { readonly kind: "fine"; readonly id: string; readonly answer: object }
    | Extract<Judged<never>, { kind: "refused" }>
  )[],
) {
  return {
    Successful: judged.flatMap((each) => (each.kind === "fine" ? [{ Id: each.id, ...each.answer }] : [])),
    Failed: judged.flatMap((each) =>
      each.kind === "refused"
        ? [{ Id: each.id, SenderFault: true, Code: each.failure.code, Message: each.failure.message }]
        : [],
    ),
  };
}

function newMessage(entry: Readonly<Record<string, unknown>>, sender: string): NewMessage {
  const body = entry["MessageBody"];
  if (typeof body !== "string" || body === "") {
    throw new QueueFailure("MissingParameter", "The request must contain the parameter MessageBody.");
  }
  if (Buffer.byteLength(body) > limits.bytes) {
    throw invalidParameter(`One or more parameters are invalid. Message must be shorter than ${limits.bytes} bytes.`);
  }
  if (forbiddenCharacter.test(body) || !body.isWellFormed()) {
    throw new QueueFailure("InvalidMessageContents", "Invalid characters found in the message.");
  }
  const delay = integer(entry, "DelaySeconds", 0, limits.delay);
  const group = entry["MessageGroupId"];
  return {
    body,
    sender,
    attributes: (entry["MessageAttributes"] ?? {}) as MessageAttributes,
    ...(delay === undefined ? {} : { delayMs: delay * 1_000 }),
    ...(typeof group === "string" ? { group } : {}),
  };
}

function sent(message: NewMessage, id: string | undefined) {
  const digest = md5OfAttributes(message.attributes);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(message.body),
    ...(digest === undefined ? {} : { MD5OfMessageAttributes: digest }),
  };
}

function presented(message: StoredMessage, wanted: readonly string[], wantedAttributes: readonly string[]) {
  const system: Record<string, string> = {
    SenderId: message.sender,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.group === undefined ? {} : { MessageGroupId: message.group }),
  };
  const all = wanted.includes("All");
  const allOwn = wantedAttributes.includes("All") || wantedAttributes.includes(".*");
  const own = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => allOwn || wantedAttributes.includes(name)),
  );
  const digest = md5OfAttributes(own);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: message.md5,
    ...(wanted.length === 0
      ? {}
      : { Attributes: Object.fromEntries(Object.entries(system).filter(([name]) => all || wanted.includes(name))) }),
    ...(digest === undefined ? {} : { MessageAttributes: own, MD5OfMessageAttributes: digest }),
  };
}

const names = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const systemAttributesWanted = (input: Readonly<Record<string, unknown>>): readonly string[] => [
  ...names(input["AttributeNames"]),
  ...names(input["MessageSystemAttributeNames"]),
];

function receiptOf(input: Readonly<Record<string, unknown>>): string {
  const receipt = input["ReceiptHandle"];
  if (typeof receipt === "string" && receipt !== "") return receipt;
  throw new QueueFailure("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
}

function entriesOf(input: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const entries = input["Entries"];
  const prefix = "AWS.SimpleQueueService.";
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new QueueFailure("EmptyBatchRequest", "The batch request has no entries.", `${prefix}EmptyBatchRequest`);
  }
  if (entries.length > limits.entries) {
    const words = `Maximum number of entries per request are ${limits.entries}. You have sent ${entries.length}.`;
    throw new QueueFailure("TooManyEntriesInBatchRequest", words, `${prefix}TooManyEntriesInBatchRequest`);
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    const words = "Two or more batch entries in the request have the same Id.";
    throw new QueueFailure("BatchEntryIdsNotDistinct", words, `${prefix}BatchEntryIdsNotDistinct`);
  }
  return entries;
}

type Bound = Readonly<Record<string, unknown>>;
function integer(input: Bound, name: string, min: number, max: number): number | undefined;
function integer(input: Bound, name: string, min: number, max: number, fallback: number): number;
function integer(input: Bound, name: string, min: number, max: number, fallback?: number): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: Must be ${min} to ${max}.`);
}
