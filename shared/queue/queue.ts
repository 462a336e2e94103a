import type { Instant } from "../time/clock.ts";

export interface OutgoingMessage {
  /** ASCII, at most 64 KiB. */
  readonly body: string;
  /** 0 to 900,000 (SQS: 15 min). */
  readonly delayMs?: number;
  /** SQS MessageGroupId: the cluster, for fair queues. */
  readonly group?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export type SendResult =
  | { readonly kind: "sent" }
  /** `permanent`: the message itself is refused; sending it again cannot help. */
  | { readonly kind: "failed"; readonly code: string; readonly permanent: boolean };

export interface ReceivedMessage {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: Instant;
  readonly receiveCount: number;
  readonly senderId: string;
  readonly group?: string;
}

/** One queue with SQS's promises: at least once, any order, a message hidden while somebody works on it. */
export interface Queue {
  /** One result per message, in order. Throws QueueUnavailable when nothing was accepted for certain. */
  send(messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]>;
  /** At most 10; waits up to `waitMs` for the first. */
  receive(options: {
    readonly limit: number;
    readonly waitMs: number;
    readonly visibilityMs: number;
    readonly signal?: AbortSignal;
  }): Promise<readonly ReceivedMessage[]>;
  acknowledge(receipts: readonly string[]): Promise<void>;
  /** 0 makes it visible at once. */
  changeVisibility(receipt: string, visibilityMs: number): Promise<void>;
}
