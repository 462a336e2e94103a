import { createHash } from "node:crypto";

export interface AttributeValue {
  readonly DataType: string;
  readonly StringValue?: string;
  /** Base64, as it stands in the JSON protocol. */
  readonly BinaryValue?: string;
}

export type MessageAttributes = Readonly<Record<string, AttributeValue>>;

export const md5 = (data: string | Buffer): string => createHash("md5").update(data).digest("hex");

/**
 * SQS's digest of message attributes: names sorted; of each the length-prefixed name, type, a byte for the transport (1 text,
 * 2 binary) and the value. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const parts: Buffer[] = [];
  const add = (part: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    parts.push(length, part);
  };
  for (const name of names) {
    const value = attributes[name];
    if (!value) continue;
    add(Buffer.from(name));
    add(Buffer.from(value.DataType));
    const binary = value.BinaryValue !== undefined;
    parts.push(Buffer.from([binary ? 2 : 1]));
    add(binary ? Buffer.from(value.BinaryValue ?? "", "base64") : Buffer.from(value.StringValue ?? ""));
  }
  return md5(Buffer.concat(parts));
}
