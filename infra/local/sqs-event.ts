import type { SQSEvent, SQSRecord } from "aws-lambda";
import type { ReceivedMessage } from "../../shared/queue/queue.ts";
import { md5 } from "./queue-server/message-digest.ts";

/** The event that Lambda hands to a function for a batch of one queue. */
export function sqsEvent(
  messages: readonly ReceivedMessage[],
  source: { readonly arn: string; readonly region: string },
): SQSEvent {
  return { Records: messages.map((message) => sqsRecord(message, source)) };
}

function sqsRecord(message: ReceivedMessage, source: { readonly arn: string; readonly region: string }): SQSRecord {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: message.senderId,
      // The queue interface does not carry it; nothing reads it, and no earlier instant than this one is certain.
      ApproximateFirstReceiveTimestamp: String(message.sentAt),
      ...(message.group === undefined ? {} : { MessageGroupId: message.group }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, stringValue]) => [
        name,
        { stringValue, stringListValues: [], binaryListValues: [], dataType: "String" },
      ]),
    ),
    md5OfBody: md5(message.body),
    eventSource: "aws:sqs",
    eventSourceARN: source.arn,
    awsRegion: source.region,
  };
}
