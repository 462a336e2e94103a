import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { type QueueDatabase, queueDatabase } from "./queue-server/queue-database.ts";
import { startQueueServer } from "./queue-server/queue-server.ts";

export interface Queues {
  readonly endpoint: string;
  readonly database: QueueDatabase;
  readonly queueUrl: (name: string) => string;
  close(): Promise<void>;
}

/** The stack's queues in `file`, served on loopback. They are declared afterwards, as their URLs stand in the template's environment. */
export async function startQueues(options: {
  readonly file: string;
  readonly accountId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFailure: (error: unknown) => void;
}): Promise<Queues> {
  const { file, accountId, clock, random, onFailure } = options;
  const database = queueDatabase(file, { clock, random });
  const server = await startQueueServer({ database, accountId, clock, random, onFailure });
  return {
    endpoint: server.endpoint,
    database,
    queueUrl: server.queueUrl,
    async close() {
      await server.close();
      database.close();
    },
  };
}
