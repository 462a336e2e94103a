import { KnitboneError } from "../../shared/errors.ts";
import { messageRefusal } from "../../shared/queue/message-refusal.ts";
import type { OutgoingMessage, Queue, ReceivedMessage, SendResult } from "../../shared/queue/queue.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock, Instant } from "../../shared/time/clock.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: Instant;
  readonly senderId: string;
  readonly group?: string;
  receiveCount: number;
  visibleAt: Instant;
  /** Of the latest receive: an older one acknowledges nothing. */
  receipt?: string;
}

interface MemoryQueueExtras {
  /** The same queue, for a sender of another identity. */
  as(senderId: string): Queue;
  /** Every message that is there, hidden and delayed ones included, oldest first. */
  messages(): readonly (Omit<ReceivedMessage, "receipt"> & { readonly visibleAt: Instant })[];
  /** Puts a message as redrive does: with its id, age and sender. */
  adopt(message: Omit<ReceivedMessage, "receipt">): void;
}

export type MemoryQueue = WithFaults<Queue> & MemoryQueueExtras;

export interface MemoryQueueOptions {
  /** "nobody" when absent. */
  readonly senderId?: string;
  /** Where a message goes that was received `maxReceiveCount` times and is due again. */
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: MemoryQueue };
}

const maxBatch = 10;

/** A queue with SQS's promises on a passed-in clock: delay, visibility, receive counts, redrive. */
export function memoryQueue(clock: Clock, random: Random, options: MemoryQueueOptions = {}): MemoryQueue {
  let stored: StoredMessage[] = [];
  let wake = new AbortController();

  const send = async (
    messages: readonly OutgoingMessage[],
    senderId = options.senderId ?? "nobody",
  ): Promise<readonly SendResult[]> => {
    const results = messages.map((message): SendResult => {
      const code = messageRefusal(message);
      if (code) return { kind: "failed", code, permanent: true };
      stored.push({
        id: random.id(),
        body: message.body,
        attributes: { ...message.attributes },
        sentAt: clock.now(),
        senderId,
        ...(message.group === undefined ? {} : { group: message.group }),
        receiveCount: 0,
        visibleAt: clock.now() + Math.ceil((message.delayMs ?? 0) / 1_000) * 1_000,
      });
      return { kind: "sent" };
    });
    wake.abort();
    return results;
  };

  const redriven = (message: StoredMessage): boolean => {
    const { redrive } = options;
    if (!redrive || message.receiveCount < redrive.maxReceiveCount) return false;
    stored = stored.filter((each) => each !== message);
    redrive.to.adopt({ ...message, receiveCount: 0 });
    return true;
  };

  const take = (limit: number, visibilityMs: number): ReceivedMessage[] => {
    const now = clock.now();
    const due = stored.filter((each) => each.visibleAt <= now && !redriven(each)).slice(0, Math.min(limit, maxBatch));
    return due.map((message) => {
      message.receiveCount += 1;
      message.visibleAt = now + visibilityMs;
      message.receipt = random.id();
      const { visibleAt: _, receipt, ...rest } = message;
      return { ...rest, attributes: { ...rest.attributes }, receipt };
    });
  };

  const queue: Queue & { send: typeof send } = {
    send,
    async receive({ limit, waitMs, visibilityMs, signal }) {
      const deadline = clock.now() + waitMs;
      for (;;) {
        const messages = take(limit, visibilityMs);
        const now = clock.now();
        if (messages.length > 0 || now >= deadline || signal?.aborted) return messages;
        if (wake.signal.aborted) wake = new AbortController();
        const nextDue = Math.min(deadline, ...stored.map((each) => each.visibleAt).filter((each) => each > now));
        await clock.sleep(nextDue - now, signal ? AbortSignal.any([signal, wake.signal]) : wake.signal);
      }
    },
    async acknowledge(receipts) {
      stored = stored.filter((each) => each.receipt === undefined || !receipts.includes(each.receipt));
    },
    async changeVisibility(receipt, visibilityMs) {
      const message = stored.find((each) => each.receipt === receipt && each.visibleAt > clock.now());
      if (!message) return;
      message.visibleAt = clock.now() + visibilityMs;
      wake.abort();
    },
  };

  const faulty = withFaults(queue);
  return {
    ...faulty,
    // Through the faults of `send`: a queue that is down is down for every sender.
    as: (senderId) => ({ ...faulty, send: (messages) => faulty.send(messages, senderId) }),
    messages: () => stored.map(({ receipt: _, ...rest }) => ({ ...rest })),
    adopt(message) {
      stored.push({ ...message, attributes: { ...message.attributes }, visibleAt: clock.now() });
      wake.abort();
    },
  };
}

/** What a queue that does not answer throws. */
export function queueDown(): KnitboneError {
  return new KnitboneError("QueueUnavailable", "sending to the queue: no answer", { retryable: true });
}
