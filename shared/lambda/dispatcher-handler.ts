import type { SQSEvent } from "aws-lambda";
import type { LiveCatalogue } from "../catalogue/stored-catalogue.ts";
import type { UnknownStore } from "../catalogue/unknown-store.ts";
import type { Signal } from "../delta/delta.ts";
import { describeError } from "../errors.ts";
import type { PipelineDeps } from "../heal/pipeline-deps.ts";
import type { Log, Metrics } from "../log/log.ts";
import type { Queue } from "../queue/queue.ts";
import { systemClock } from "../time/system-clock.ts";
import { type BatchItemFailures, itemFailures } from "./batch.ts";
import { dispatcherConfig, processEnvironment } from "./config.ts";
import { functionFrame, type SqsHandler } from "./function-frame.ts";
import { type SqsMessage, sqsMessage } from "./sqs-event.ts";
import { queues, stores } from "./stores.ts";

/** What the dispatcher stands on. */
export interface DispatcherParts extends Pick<PipelineDeps, "clusters" | "lifecycles" | "leaks"> {
  readonly queues: ReadonlyMap<string, Queue>;
  readonly quarantine: Queue;
  readonly catalogue: LiveCatalogue;
  readonly unknowns: UnknownStore;
  readonly routes: Readonly<Partial<Record<Signal, readonly string[]>>>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Handles a batch; resolves with the ids of the messages that must come again. */
export type Dispatch = (messages: readonly SqsMessage[]) => Promise<readonly string[]>;

/** The dispatcher as a Lambda function. */
export function dispatcherHandler(makeDispatcher: (parts: DispatcherParts) => Dispatch): SqsHandler {
  return functionFrame(({ log, metrics }) => {
    const config = dispatcherConfig(processEnvironment());
    const { clusters, lifecycles, leaks, catalogue, unknowns } = stores(config.tablePrefix, systemClock);
    const queue = queues();
    const dispatch = makeDispatcher({
      clusters,
      lifecycles,
      leaks,
      queues: new Map(Object.entries(config.healerQueueUrls).map(([healer, url]) => [healer, queue(url)])),
      quarantine: queue(config.quarantineQueueUrl),
      catalogue,
      unknowns,
      routes: config.routes,
      log,
      metrics,
    });
    return dispatcherBatches(dispatch, log);
  });
}

/**
 * Hands the readable records of an event to the dispatcher together; those that are not, and those it names, come again.
 *
 * @internal Exported for its tests.
 */
export function dispatcherBatches(dispatch: Dispatch, log: Log): (event: SQSEvent) => Promise<BatchItemFailures> {
  return async ({ Records }) => {
    const again: string[] = [];
    const messages = Records.flatMap((record) => {
      try {
        return [sqsMessage(record)];
      } catch (error) {
        log.error("Message will come again", { messageId: record.messageId, err: describeError(error) });
        again.push(record.messageId);
        return [];
      }
    });
    again.push(...(await dispatch(messages)));
    return itemFailures(
      Records.map(({ messageId }) => messageId),
      again,
    );
  };
}
