import { Logger } from "@aws-lambda-powertools/logger";
import type { Log, LogFields } from "../log/log.ts";

/** One JSON line each, through Powertools: service, function, request id and our fields. */
export function lambdaLog(logger: Logger, fields: LogFields = {}): Log {
  const line = (more: LogFields | undefined) => ({ ...fields, ...more });
  return {
    debug: (message, more) => logger.debug(message, line(more)),
    info: (message, more) => logger.info(message, line(more)),
    warn: (message, more) => logger.warn(message, line(more)),
    error: (message, more) => logger.error(message, line(more)),
    with: (more) => lambdaLog(logger, { ...fields, ...more }),
  };
}

export function powertoolsLogger(): Logger {
  return new Logger();
}
