import { queueDatabase } from "../../infra/local/queue-server/queue-database.ts";
import { startQueueServer } from "../../infra/local/queue-server/queue-server.ts";
import { startTables } from "../../infra/local/tables.ts";
import { systemRandom } from "../../shared/random/system-random.ts";
import { systemClock } from "../../shared/time/system-clock.ts";

/** Tables and queues in a process of their own, so that a test can kill it: `node local-emulators-process.ts DIR`. Prints where they are. */
const [directory] = process.argv.slice(2);
const onFailure = (error: unknown) => {
  throw error;
};
const tables = await startTables({
  directory: `${directory}/tables`,
  region: "local",
  tables: [
    {
      name: "kill-test",
      keySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      attributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    },
  ],
  onFailure,
});
const database = queueDatabase(`${directory}/queues.db`, { clock: systemClock, random: systemRandom });
database.declare([{ name: "q", visibilityMs: 1_000, delayMs: 0, retentionMs: 3_600_000 }]);
const queues = await startQueueServer({
  database,
  accountId: "000000000000",
  clock: systemClock,
  random: systemRandom,
  onFailure,
});
process.stdout.write(
  `${JSON.stringify({ dynamodb: tables.endpoint, sqs: queues.endpoint, queueUrl: queues.queueUrl("q") })}\n`,
);
