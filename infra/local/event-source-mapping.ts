import type { SQSEvent } from "aws-lambda";
import { describeError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log/log.ts";
import type { ReceivedMessage } from "../../shared/queue/queue.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { type BatchSettings, gatherBatch, type PolledQueue, receiveLimit } from "./batch-gathering.ts";
import { type InvocationResult, judgeBatch } from "./batch-response.ts";
import { sqsEvent } from "./sqs-event.ts";

export interface MappingSettings extends BatchSettings {
  readonly partialFailures: boolean;
  /** Invocations at the same time. */
  readonly concurrency: number;
  readonly sourceArn: string;
  readonly region: string;
}

export interface EventSourceMapping {
  /** Takes no new messages, waits for the invocations that run. Messages of a batch that was not begun become visible again at once. */
  stop(): Promise<void>;
}

/** After the queue itself failed. */
const retryMs = 1_000;

/**
 * Lambda's event-source mapping for one queue and one function. A poller per invocation that may run at the same time:
 *
 *   long poll ──► gather (batch size, window, payload) ──► invoke ──► acknowledge what succeeded
 *
 * What failed is left alone: it comes back when its visibility is over, and after the queue's maxReceiveCount the queue itself moves
 * it to its dead-letter queue. A poller holds no messages while all invocations are busy, so that nothing is received in vain
 * (the overpulling that pushes good messages to the dead letters).
 */
export function startEventSourceMapping(options: {
  readonly queue: PolledQueue;
  readonly settings: MappingSettings;
  readonly invoke: (event: SQSEvent) => Promise<InvocationResult>;
  readonly clock: Clock;
  readonly log: Log;
}): EventSourceMapping {
  const { queue, settings, invoke, clock, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  const giveBack = (batch: readonly ReceivedMessage[]) =>
    Promise.all(batch.map(({ receipt }) => queue.changeVisibility(receipt, 0)));

  const settle = async (batch: readonly ReceivedMessage[], result: InvocationResult) => {
    const judgement = judgeBatch(result, new Set(batch.map(({ id }) => id)), settings.partialFailures);
    switch (judgement.kind) {
      case "succeeded":
        return acknowledge(queue, batch);
      case "partly":
        log.warn("batch failed in part", { failed: judgement.failedIds.size, messages: batch.length });
        return acknowledge(
          queue,
          batch.filter(({ id }) => !judgement.failedIds.has(id)),
        );
      case "failed":
        log.error("batch failed", { because: judgement.because, messages: batch.length });
        return;
    }
  };

  const poll = async () => {
    while (!signal.aborted) {
      try {
        const batch = await gatherBatch(queue, settings, clock, signal);
        if (signal.aborted) {
          await giveBack(batch);
          return;
        }
        const source = { arn: settings.sourceArn, region: settings.region };
        await settle(batch, await invoke(sqsEvent(batch, source)));
      } catch (error) {
        log.error("event-source mapping failed", { err: describeError(error) });
        await clock.sleep(retryMs, signal);
      }
    }
  };

  const pollers = Array.from({ length: settings.concurrency }, poll);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}

async function acknowledge(queue: PolledQueue, messages: readonly ReceivedMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += receiveLimit) {
    await queue.acknowledge(messages.slice(from, from + receiveLimit).map(({ receipt }) => receipt));
  }
}
