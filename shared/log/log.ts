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

/** Counters per healer. Dimensions are few and of low cardinality: never an object's name. */
export interface Metrics {
  /** `name` in CamelCase, counted in units unless it ends in Seconds or Milliseconds. */
  count(name: string, value?: number, dimensions?: Record<string, string>): void;
}

/** @internal Exported for its tests. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLog,
};
