import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { clientNodeClusters } from "../cluster/client-node-clusters.ts";
import { describeError, KnitboneError } from "../errors.ts";
import type { Healer, HealerFacts } from "../heal/healer.ts";
import { parseHealerMessage } from "../heal/parse-healer-message.ts";
import { type Pipeline, pipeline } from "../heal/pipeline.ts";
import type { PipelineDeps } from "../heal/pipeline-deps.ts";
import type { ParsePolicy } from "../heal/policy.ts";
import type { Log } from "../log/log.ts";
import { systemRandom } from "../random/system-random.ts";
import { systemClock } from "../time/system-clock.ts";
import { type BatchItemFailures, itemFailures, workOff } from "./batch.ts";
import { type HealerConfig, healerConfig, processEnvironment } from "./config.ts";
import { type Frame, functionFrame, type SqsHandler } from "./function-frame.ts";
import { sqsMessage } from "./sqs-event.ts";
import { queues, stores } from "./stores.ts";

/** Objects that one container looks at side by side. */
const objectsAtOnce = 5;
/** A look with its time-outs fits into this; what cannot begin before comes again, rather than being cut off in the middle. */
const timeForOneLookMs = 8_000;

/** A healer as a Lambda function: environment → tables, queues and clusters, once per cold start → pipeline → partial batch answer. */
export function lambdaHandler<Policy, Facts extends HealerFacts, Reason extends string>(
  makeHealer: (policy: Policy) => Healer<Facts, Reason>,
  parsePolicy: ParsePolicy<Policy>,
): SqsHandler {
  return functionFrame((frame) => {
    const config = healerConfig(processEnvironment(), parsePolicy);
    const healer = makeHealer(config.policy);
    const deps = pipelineDeps(config, healer.name, frame);
    return healerBatches(pipeline(healer, deps), deps.log);
  });
}

function pipelineDeps(config: HealerConfig<unknown>, healer: string, frame: Frame): PipelineDeps {
  const { metrics, timeLimitMs } = frame;
  const log = frame.log.with({ healer });
  const queue = queues();
  return {
    ...stores(config.tablePrefix, systemClock),
    connections: clientNodeClusters({
      healer,
      version: config.version,
      lab: config.lab,
      clock: systemClock,
      random: systemRandom,
      log,
    }),
    queue: queue(config.queueUrl),
    nodeQueue: queue(config.nodeQueueUrl),
    quarantine: queue(config.quarantineQueueUrl),
    clock: systemClock,
    random: systemRandom,
    log,
    metrics,
    timeLimitMs,
  };
}

/**
 * Feeds the records of an event through a pipeline; exactly those that it threw for come again.
 *
 * @internal Exported for its tests.
 */
export function healerBatches(
  handle: Pipeline,
  log: Log,
): (event: SQSEvent, context: Pick<Context, "getRemainingTimeInMillis">) => Promise<BatchItemFailures> {
  return async ({ Records }, context) => {
    const again = await workOff(Records, {
      idOf: ({ messageId }) => messageId,
      objectOf,
      limit: objectsAtOnce,
      mayStart: () => context.getRemainingTimeInMillis() > timeForOneLookMs,
      async work(record) {
        const { body, messageId, sentAt, receiveCount } = sqsMessage(record);
        const handled = await handle(body, { messageId, sentAt, receiveCount });
        log.debug("Message handled", { messageId, result: handled.kind, reason: handled.reason });
      },
      failed(record, error) {
        log.error("Message will come again", {
          messageId: record.messageId,
          receiveCount: record.attributes.ApproximateReceiveCount,
          code: error instanceof KnitboneError ? error.code : "Unexpected",
          err: describeError(error),
        });
      },
    });
    return itemFailures(
      Records.map(({ messageId }) => messageId),
      again,
    );
  };
}

/** What cannot be read is nobody's: the pipeline sets it aside. */
function objectOf({ body, messageId }: SQSRecord): string {
  const parsed = parseHealerMessage(body);
  if (parsed.kind !== "parsed") return messageId;
  const { message } = parsed;
  switch (message.kind) {
    case "rounds":
      return message.kind;
    case "round":
      return message.cluster;
    case "word":
      return message.actionId;
    default:
      return `${message.cluster}#${message.object.uid}`;
  }
}
