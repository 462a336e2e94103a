import type { Clock } from "../../../shared/time/clock.ts";
import type { QueueDatabase, StoredMessage } from "./queue-database.ts";

/** Long polling: what is there at once, else what arrives until the wait is over or the caller hangs up. */
export async function receiveWithin(
  database: QueueDatabase,
  options: {
    readonly queue: string;
    readonly limit: number;
    readonly visibilityMs: number;
    readonly waitMs: number;
    readonly clock: Clock;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly StoredMessage[]> {
  const { queue, limit, visibilityMs, waitMs, clock, signal } = options;
  const deadline = clock.monotonic() + waitMs;
  for (;;) {
    if (signal?.aborted) return [];
    const messages = database.receive(queue, limit, visibilityMs);
    const leftMs = deadline - clock.monotonic();
    if (messages.length > 0 || leftMs <= 0) return messages;
    await database.arrival(queue, leftMs, signal);
  }
}
