import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { rowCodec } from "../store/dynamo-row.ts";
import { type DynamoTable, dynamoTable, expression } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { outcomesKeptMs, type RungRecord, type RungRecordStore, withOutcome } from "./rung-record.ts";

/*
 * Table budgets: one row per cluster in which a rung was tried. Nodes of one cluster are asked for three rungs an hour at most.
 *   pk = "rungs#<cluster>", sk = "rungs"
 *   version   rises with every write; each write is conditional on it
 *   record    cause#rung → id, helped, at
 */
const sk = "rungs";

const codec = rowCodec(
  z.object({
    version: z.number(),
    record: z.record(z.string(), z.array(z.object({ id: z.string(), helped: z.boolean(), at: z.number() }))),
  }),
);

const maxRaces = 20;

export function dynamoRungRecordStore(client: DynamoDBDocumentClient, tableName: string): RungRecordStore {
  const table = dynamoTable(client, tableName);
  return {
    read: async (cluster) => (await load(table, cluster)).record,
    async add(cluster, tried, outcome) {
      for (let race = 0; race < maxRaces; race++) {
        const { version, record } = await load(table, cluster);
        const next = withOutcome(record, tried, outcome);
        if (next === undefined) return;
        const written = await table.put(
          {
            pk: `rungs#${cluster}`,
            sk,
            version: version + 1,
            record: next,
            ...expiresAt(outcome.at, outcomesKeptMs),
          },
          version === 0
            ? expression("attribute_not_exists(#pk)")
            : expression("#version = :version", { ":version": version }),
        );
        if (written === "written") return;
      }
      const what = `writing table ${table.name}: rungs of ${cluster} lost ${maxRaces} races`;
      throw new KnitboneError("StoreUnavailable", what, { retryable: true });
    },
  };
}

async function load(
  table: DynamoTable,
  cluster: string,
): Promise<{ readonly version: number; readonly record: RungRecord }> {
  const row = await table.read({ pk: `rungs#${cluster}`, sk });
  return row === undefined ? { version: 0, record: {} } : codec.read(table, row);
}
