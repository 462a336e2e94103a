/** Values of a log line: flat, whole words, lowerCamelCase keys; never an object's body. */
export type LogFields = Record<string, string | number | boolean | undefined>;

/** Structured log. Messages are constant text; what varies is a field. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to every line. */
  with(fields: LogFields): Log;
}

/** From the most talkative to the gravest only. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

/** A log whose level people can switch while it runs (S2-05). */
export interface SwitchableLog extends Log {
  with(fields: LogFields): SwitchableLog;
  /** A log that writes lines of this level and graver ones, whatever level was deployed; this very log when absent. */
  at(level: LogLevel | undefined): Log;
}

/** Counters per healer. Dimensions are few and of low cardinality: never an object's name. */
export interface Metrics {
  /** `name` in CamelCase, counted in units unless it ends in Seconds or Milliseconds. */
  count(name: string, value?: number, dimensions?: Record<string, string>): void;
}

/** @internal Exported for its tests. */
export const silentLog: SwitchableLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLog,
  at: () => silentLog,
};
