import type { Writable } from "node:stream";
import type { Clock } from "../../../../shared/time/clock.ts";

/** Writes in small pieces with pauses: a network that drips. */
export async function sendPaced(
  out: Writable,
  bytes: Buffer,
  { bytes: size, everyMs }: { bytes: number; everyMs: number },
  clock: Clock,
): Promise<void> {
  for (let at = 0; at < bytes.length && !out.destroyed; at += size) {
    out.write(bytes.subarray(at, at + size));
    await clock.sleep(everyMs);
  }
}
