import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import type { SwitchableLog } from "../log/log.ts";
import type { BatchItemFailures } from "./batch.ts";
import { allOf, lambdaLog, powertoolsLoggers } from "./logger.ts";
import { type InvocationMetrics, invocationMetrics, powertoolsMetricLine } from "./metrics.ts";

export type SqsHandler = (event: SQSEvent, context: Context) => Promise<BatchItemFailures>;

/** What is made once per cold start, at the first invocation. */
export interface Frame {
  readonly log: SwitchableLog;
  readonly metrics: InvocationMetrics;
  /** What the function may take, in ms: read from the first invocation's context, which begins with all of it. */
  readonly timeLimitMs: number;
}

/**
 * Middy around a batch function: Powertools' log context, metrics written at the end of every invocation, whatever came of it.
 *
 * No early answer shortly before the time limit: a function that answers is frozen, not ended, and what it left under way would go on in the next
 * invocation, minutes after its last look. At the limit Lambda ends the process, which is what a claim's lease counts on.
 */
export function functionFrame(
  start: (frame: Frame) => (event: SQSEvent, context: Context) => Promise<BatchItemFailures>,
): SqsHandler {
  const loggers = powertoolsLoggers();
  const log = lambdaLog(loggers);
  const metrics = invocationMetrics(powertoolsMetricLine);
  let handle: ReturnType<typeof start> | undefined;
  const flush = (): void => metrics.flush();
  return middy(
    async (event: SQSEvent, context: Context): Promise<BatchItemFailures> => {
      handle ??= start({ log, metrics, timeLimitMs: Math.ceil(context.getRemainingTimeInMillis() / 1_000) * 1_000 });
      return handle(event, context);
    },
    { timeoutEarlyInMillis: 0 },
  )
    .use(injectLambdaContext(allOf(loggers)))
    .use({ after: flush, onError: flush });
}
