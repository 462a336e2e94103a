import type { SQSEvent } from "aws-lambda";
import { sqsEvent } from "../../infra/local/sqs-event.ts";
import type { BatchItemFailures } from "../../shared/lambda/batch.ts";
import type { Queue, ReceivedMessage } from "../../shared/queue/queue.ts";
import { seconds } from "../../shared/time/duration.ts";
import { type ProcessLife, processLife } from "./process-life.ts";
import type { Weather } from "./weather.ts";

/** Lambda ends a function after this (function.yml: timeoutSeconds). */
export const timeLimitMs = seconds(30);
/** Six time limits, as the template says: what its process took along comes again then. */
const visibilityMs = 6 * timeLimitMs;

/** Handles one batch in one process, as Lambda calls it. What it throws brings the whole batch back. */
export type Container = (event: SQSEvent) => Promise<BatchItemFailures>;

const source = { arn: "arn:aws:sqs:eu-central-1:000000000000:queue", region: "eu-central-1" };

export interface EventSource {
  /** Takes what is due, as far as concurrency allows. Nothing is awaited here: functions run beside each other. */
  poll(): void;
  readonly running: () => number;
}

/** Lambda's event-source mapping: batches, concurrency, time limit, and a new container after a crash. */
export function eventSource(options: {
  readonly name: string;
  readonly queue: Queue;
  readonly maximumConcurrency: number;
  /** What the next container of this function does with a batch. Kept until its process dies: its caches are warm. */
  readonly start: () => (life: ProcessLife) => Container;
  readonly weather: Weather;
}): EventSource {
  const { name, queue, weather } = options;
  const idle: ((life: ProcessLife) => Container)[] = [];
  let running = 0;
  let count = 0;

  const invoke = async (messages: readonly ReceivedMessage[]): Promise<void> => {
    const container = idle.pop() ?? options.start();
    count += 1;
    const life = processLife(`${name}#${count}`, weather);
    const over = new AbortController();
    const limit = weather.clock.sleep(timeLimitMs, over.signal).then(() => {
      if (over.signal.aborted) return;
      weather.note(`${name}#${count} is over its time limit`);
      life.end();
    });
    const answer = await Promise.race([container(life)(sqsEvent(messages, source)), life.gone, limit]).catch(
      () => undefined,
    );
    over.abort();
    if (life.ended()) return;
    idle.push(container);
    life.end();
    if (typeof answer !== "object") return;
    // What failed comes back when its visibility is over, as with SQS and Lambda.
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = messages.filter(({ id }) => !failed.has(id)).map(({ receipt }) => receipt);
    if (done.length > 0) await queue.acknowledge(done);
  };

  const take = async (): Promise<void> => {
    const messages = await queue.receive({ limit: 10, waitMs: 0, visibilityMs });
    if (messages.length > 0) await invoke(messages);
  };

  return {
    running: () => running,
    poll() {
      if (running >= options.maximumConcurrency) return;
      running += 1;
      void take()
        .catch(() => {})
        .finally(() => {
          running -= 1;
        });
    },
  };
}
