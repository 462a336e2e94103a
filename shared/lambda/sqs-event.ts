import type { SQSRecord } from "aws-lambda";
import { KnitboneError } from "../errors.ts";
import type { Instant } from "../time/clock.ts";

/** What we take from a record of an SQS event. */
export interface SqsMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentAt: Instant;
  readonly receiveCount: number;
  readonly senderId: string;
}

/** Throws for a record without a readable SentTimestamp: freshness is judged by it, and an unknown age must not pass for a young one. */
export function sqsMessage(record: SQSRecord): SqsMessage {
  const { messageId, body, attributes } = record;
  const sentAt = Number(attributes.SentTimestamp);
  if (!(Number.isFinite(sentAt) && sentAt > 0)) {
    throw new KnitboneError("MessageMalformed", `reading message ${messageId}: it has no SentTimestamp`);
  }
  return {
    messageId,
    body,
    sentAt,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    senderId: attributes.SenderId,
  };
}
