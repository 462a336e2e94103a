import type { Clock } from "../../../shared/time/clock.ts";
import type { PolledQueue } from "../batch-gathering.ts";
import { receiveWithin } from "./long-poll.ts";
import type { MessageAttributes } from "./message-digest.ts";
import type { QueueDatabase } from "./queue-database.ts";

/** The queue as Lambda's own pollers use it, without HTTP in between. */
export function polledQueue(database: QueueDatabase, name: string, clock: Clock): PolledQueue {
  return {
    async receive({ limit, waitMs, visibilityMs, signal }) {
      const received = await receiveWithin(database, { queue: name, limit, visibilityMs, waitMs, clock, signal });
      return received.map((message) => ({
        id: message.id,
        receipt: message.receipt,
        body: message.body,
        attributes: textAttributes(message.attributes),
        sentAt: message.sentAt,
        receiveCount: message.receiveCount,
        senderId: message.sender,
        ...(message.group === undefined ? {} : { group: message.group }),
      }));
    },
    async acknowledge(receipts) {
      database.delete(name, receipts);
    },
    async changeVisibility(receipt, visibilityMs) {
      database.changeVisibility(name, receipt, visibilityMs);
    },
  };
}

const textAttributes = (attributes: MessageAttributes): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue ?? ""]));
