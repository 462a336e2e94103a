import { Logger } from "@aws-lambda-powertools/logger";
import { type LogFields, type LogLevel, logLevels, type SwitchableLog } from "../log/log.ts";

/** What writes lines: a Powertools Logger. */
type Lines = Pick<Logger, LogLevel>;

/** The logger of the deployed level, sampled as deployed, and one of each level that a row of the flags table may switch to. */
export interface LambdaLoggers<Each extends Lines = Lines> {
  readonly deployed: Each;
  readonly at: Readonly<Record<LogLevel, Each>>;
}

/** Level and sampling are Powertools' own: POWERTOOLS_LOG_LEVEL, POWERTOOLS_LOGGER_SAMPLE_RATE. What was switched by hand is not sampled beside. */
export function powertoolsLoggers(deployed = new Logger()): LambdaLoggers<Logger> {
  const at = (logLevel: LogLevel) => deployed.createChild({ logLevel, sampleRateValue: 0 });
  return { deployed, at: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

export function allOf({ deployed, at }: LambdaLoggers<Logger>): Logger[] {
  return [deployed, ...logLevels.map((level) => at[level])];
}

/** One JSON line each, through Powertools: service, function, request id and our fields. */
export function lambdaLog(loggers: LambdaLoggers, fields: LogFields = {}, logger = loggers.deployed): SwitchableLog {
  const line = (more: LogFields | undefined) => ({ ...fields, ...more });
  return {
    debug: (message, more) => logger.debug(message, line(more)),
    info: (message, more) => logger.info(message, line(more)),
    warn: (message, more) => logger.warn(message, line(more)),
    error: (message, more) => logger.error(message, line(more)),
    with: (more) => lambdaLog(loggers, { ...fields, ...more }, logger),
    at: (level) => lambdaLog(loggers, fields, level === undefined ? logger : loggers.at[level]),
  };
}
