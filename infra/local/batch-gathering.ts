import type { Queue, ReceivedMessage } from "../../shared/queue/queue.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** SQS hands out ten messages a call at most, and waits 20 s at most. */
export const receiveLimit = 10;
const longPollMs = 20_000;

/** Lambda's invocation payload limit is 6 MB; room is left for the records' own words. */
const payloadLimitBytes = 5 * 1_048_576;
/** What one more call may bring: ten messages of 64 KiB. */
const nextCallBytes = receiveLimit * 65_536;

/** All that a poller does with a queue. */
export type PolledQueue = Pick<Queue, "receive" | "acknowledge" | "changeVisibility">;

export interface BatchSettings {
  readonly batchSize: number;
  /** How long a batch that is not full waits for more, from its first message on. */
  readonly windowMs: number;
  /** The queue's own visibility time-out, which Lambda's pollers use. */
  readonly visibilityMs: number;
}

/** The next batch: waits for its first message as long as it takes; empty only when `signal` aborts before that. */
export async function gatherBatch(
  queue: PolledQueue,
  settings: BatchSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly ReceivedMessage[]> {
  const { batchSize, windowMs, visibilityMs } = settings;
  const receive = (limit: number, waitMs: number) =>
    queue.receive({ limit: Math.min(receiveLimit, limit), waitMs, visibilityMs, signal });

  const batch: ReceivedMessage[] = [];
  while (batch.length === 0 && !signal.aborted) batch.push(...(await receive(batchSize, longPollMs)));

  const deadline = clock.monotonic() + windowMs;
  let bytes = bytesOf(batch);
  while (batch.length < batchSize && bytes + nextCallBytes <= payloadLimitBytes && !signal.aborted) {
    const leftMs = deadline - clock.monotonic();
    // Without a window what is already there is still taken along, up to the batch size.
    const more = await receive(batchSize - batch.length, Math.max(0, leftMs));
    if (more.length === 0 && clock.monotonic() >= deadline) break;
    batch.push(...more);
    bytes += bytesOf(more);
  }
  return batch;
}

const bytesOf = (messages: readonly ReceivedMessage[]): number =>
  messages.reduce((sum, message) => sum + message.body.length, 0);
