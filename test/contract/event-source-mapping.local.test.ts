import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { polledQueue } from "../../infra/local/queue-server/polled-queue.ts";
import { queueDatabase } from "../../infra/local/queue-server/queue-database.ts";
import { manualClock } from "../fakes/manual-clock.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { eventSourceMappingContract } from "./event-source-mapping.contract.ts";

describe("on the local stack's queue, by a manual clock", () => {
  eventSourceMappingContract(async () => {
    const clock = manualClock();
    const directory = mkdtempSync(join(tmpdir(), "knitbone-queue-"));
    const database = queueDatabase(join(directory, "queues.db"), { clock, random: seededRandom(1) });
    const common = { delayMs: 0, retentionMs: 60_000, visibilityMs: 2_000 };
    database.declare([
      { name: "in", ...common, redrive: { deadLetterQueue: "dead", maxReceiveCount: 3 } },
      { name: "dead", ...common },
    ]);
    return {
      clock,
      queue: polledQueue(database, "in", clock),
      deadLetters: polledQueue(database, "dead", clock),
      send: async (messages) =>
        database.send(
          "in",
          messages.map((message) => ({
            attributes: {},
            sender: "s",
            body: message.body,
            delayMs: message.delayMs ?? 0,
          })),
        ),
      pass: async (ms) => {
        for (let left = ms; left > 0; left -= 100) await clock.advance(Math.min(100, left));
      },
      async close() {
        database.close();
        rmSync(directory, { recursive: true });
      },
    };
  });
});
