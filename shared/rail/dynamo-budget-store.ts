import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { rowCodec } from "../store/dynamo-row.ts";
import { type DynamoTable, dynamoTable, expression } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import type { Budget, BudgetStore } from "./budget.ts";
import { emptySpendLog, logGiveBack, loggedSpends, logSpend, type SpendLog } from "./spend-log.ts";

/*
 * Table budgets: one row per budget.
 *   pk = the budget's key, sk = "budget"
 *   title, limit, windowMs        for people: as of the last write
 *   version                       rises with every write; each write is conditional on it
 *   stamps, counts, remembered, latestAt        `spend-log.ts`
 */
const sk = "budget";

const stampSchema = z.object({ id: z.string(), at: z.number() });
const codec = rowCodec(
  z.object({
    version: z.number(),
    stamps: z.array(stampSchema),
    counts: z.array(z.object({ from: z.number(), until: z.number(), n: z.number() })),
    remembered: z.array(stampSchema),
    latestAt: z.number(),
  }),
);

/**
 * Every lost race is somebody else's success, and successes are limited: a budget of 50 cannot lose much more often than 50 times. What
 * remains beyond is a table that refuses for another reason.
 */
const maxRaces = 100;

export function dynamoBudgetStore(client: DynamoDBDocumentClient, tableName: string): BudgetStore {
  const table = dynamoTable(client, tableName);
  return {
    spend: (budget, stamp, now) =>
      untilWon(table, budget, async (log, write) => {
        const spend = logSpend(log, budget, stamp, now);
        if (spend.kind === "exhausted") return { kind: "exhausted", nextAt: spend.nextAt };
        if (spend.kind === "already") return { kind: "already" };
        return (await write(spend.log)) === "refused" ? "lost" : { kind: "spent" };
      }),
    giveBack: (budget, stamp) =>
      untilWon(table, budget, async (log, write) => {
        const without = logGiveBack(log, stamp);
        return without && (await write(without)) === "refused" ? "lost" : undefined;
      }),
    async used(budget, now) {
      return loggedSpends((await load(table, budget)).log, budget, now);
    },
  };
}

type Write = (log: SpendLog) => Promise<"written" | "refused">;

/** Reads, decides and writes under the version that was read; again when somebody else was faster. */
async function untilWon<Answer>(
  table: DynamoTable,
  budget: Budget,
  decide: (log: SpendLog, write: Write) => Promise<Answer | "lost">,
): Promise<Answer> {
  for (let race = 0; race < maxRaces; race++) {
    const { version, log } = await load(table, budget);
    const answer = await decide(log, (next) => save(table, budget, next, version));
    if (answer !== "lost") return answer;
  }
  throw new KnitboneError(
    "StoreUnavailable",
    `writing table ${table.name}: budget ${budget.key} lost ${maxRaces} races`,
    {
      retryable: true,
    },
  );
}

async function load(table: DynamoTable, budget: Budget): Promise<{ version: number; log: SpendLog }> {
  const row = await table.read({ pk: budget.key, sk });
  if (!row) return { version: 0, log: emptySpendLog };
  const { version, ...log } = codec.read(table, row);
  return { version, log };
}

function save(table: DynamoTable, budget: Budget, log: SpendLog, version: number): Promise<"written" | "refused"> {
  const { limit, windowMs, title } = budget;
  return table.put(
    {
      pk: budget.key,
      sk,
      title,
      limit,
      windowMs,
      version: version + 1,
      ...log,
      // One window after the last stamp the row says nothing any more; a second one for clocks that disagree.
      ...expiresAt(log.latestAt, 2 * windowMs),
    },
    version === 0
      ? expression("attribute_not_exists(#pk)")
      : expression("#version = :version", { ":version": version }),
  );
}
