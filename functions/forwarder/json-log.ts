import type { Log, LogFields } from "../../shared/log/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { encodeAscii } from "./encode.ts";

/** One JSON object per line, in ASCII: what a cluster's objects are called reaches no terminal as it is. Debug lines only when asked for. */
export function jsonLog(clock: Clock, write: (line: string) => void, debug = false, always: LogFields = {}): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const time = new Date(clock.now()).toISOString();
      write(`${encodeAscii({ time, level, message, ...always, ...fields })}\n`);
    };
  return {
    debug: debug ? at("debug") : () => {},
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => jsonLog(clock, write, debug, { ...always, ...fields }),
  };
}
