import { createWriteStream } from "node:fs";
import type { Log, LogFields } from "../../shared/log/log.ts";
import type { Clock } from "../../shared/time/clock.ts";

export interface FileLog {
  readonly log: Log;
  close(): Promise<void>;
}

/** JSON lines in a file: what the stack's own parts have to say is not for the screen. */
export function fileLog(file: string, clock: Clock): FileLog {
  const stream = createWriteStream(file, { flags: "a" });
  // A full disk must not end the stack through its log: what is lost here are only lines.
  stream.on("error", () => {});
  const logWith = (bound: LogFields): Log => {
    const write = (level: string) => (message: string, fields?: LogFields) => {
      const time = new Date(clock.now()).toISOString();
      stream.write(`${JSON.stringify({ level, message, time, ...bound, ...fields })}\n`);
    };
    return {
      debug: () => {},
      info: write("INFO"),
      warn: write("WARN"),
      error: write("ERROR"),
      with: (fields) => logWith({ ...bound, ...fields }),
    };
  };
  return { log: logWith({}), close: () => new Promise((resolve) => stream.end(() => resolve())) };
}
