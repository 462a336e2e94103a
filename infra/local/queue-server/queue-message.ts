import { type MessageAttributes, md5, md5OfAttributes } from "./message-digest.ts";
import type { NewMessage, StoredMessage } from "./queue-database.ts";
import { invalidParameter, QueueFailure } from "./queue-failure.ts";
import { integer, limits, names, type QueueInput } from "./queue-input.ts";

/** XML 1.0 characters only, as SQS says. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: naming the forbidden ones is the point
const forbiddenCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export function newMessage(entry: QueueInput, sender: string): NewMessage {
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

export function sent(message: NewMessage, id: string | undefined) {
  const digest = md5OfAttributes(message.attributes);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(message.body),
    ...(digest === undefined ? {} : { MD5OfMessageAttributes: digest }),
  };
}

export function presented(message: StoredMessage, wanted: readonly string[], wantedAttributes: readonly string[]) {
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

export const systemAttributesWanted = (input: QueueInput): readonly string[] => [
  ...names(input["AttributeNames"]),
  ...names(input["MessageSystemAttributeNames"]),
];
