import type { OutgoingMessage } from "./queue.ts";

/** SQS's limit for a message and for all messages of one batch together: bodies and attributes, in bytes of UTF-8. */
export const batchLimitBytes = 1_048_576;
/** SQS's DelaySeconds goes up to 15 min. */
const maxDelayMs = 900_000;
const maxAttributes = 10;

/** #x9 | #xA | #xD | #x20–#xD7FF | #xE000–#xFFFD and what lies beyond the BMP (SQS API reference, SendMessage): anything else is refused. */
const allowedText = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/**
 * Why SQS would refuse this message for what it is, in SQS's own codes; undefined when it would not. Known before it is sent, so that one bad
 * message does not spoil the nine it travels with.
 */
export function messageRefusal(message: OutgoingMessage): string | undefined {
  const { body, delayMs = 0, attributes = {} } = message;
  const values = Object.values(attributes);
  if (body === "") return "MissingParameter";
  if (![body, ...values].every((text) => allowedText.test(text))) return "InvalidMessageContents";
  if (!(delayMs >= 0 && delayMs <= maxDelayMs)) return "InvalidParameterValue";
  if (values.length > maxAttributes || values.includes("")) return "InvalidParameterValue";
  if (messageBytes(message) > batchLimitBytes) return "InvalidParameterValue";
  return undefined;
}

/** As SQS counts: the body, and each attribute's name, type ("String") and value. */
export function messageBytes(message: OutgoingMessage): number {
  return Object.entries(message.attributes ?? {}).reduce(
    (sum, [name, value]) => sum + bytes(name) + bytes("String") + bytes(value),
    bytes(message.body),
  );
}

function bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
