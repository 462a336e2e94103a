import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { describeIssues } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import type { FlagRow } from "./flag.ts";
import type { FlagStore, StoredFlag } from "./flag-store.ts";

/*
 * Table flags: the one that people may edit by hand in a table viewer.
 *   pk = scope ("*", "<cluster>", "<cluster>/<namespace>"), sk = healer (or "*")
 *   mode, reason, by, updatedAt, until (ms)
 *   schemaVersion   1; a row of another version is malformed, so that its healer does not act
 * No TTL: an expired row counts as absent, and people still see what it said.
 */
const schemaVersion = 1;

const rowSchema = z.object({
  pk: z.string(),
  sk: z.string(),
  mode: z.enum(["off", "observe", "act"]),
  until: z.exactOptional(z.number()),
  reason: z.string(),
  by: z.string(),
  updatedAt: z.number(),
  schemaVersion: z._default(z.literal(schemaVersion), schemaVersion),
});

export function dynamoFlagStore(client: DynamoDBDocumentClient, tableName: string): FlagStore {
  const table = dynamoTable(client, tableName);
  return {
    async read(wanted) {
      const keys = new Map(
        wanted.map(({ scope, healer }) => [JSON.stringify([scope, healer]), { pk: scope, sk: healer }]),
      );
      return (await table.readMany([...keys.values()])).map(storedFlag);
    },
    async list() {
      const flags: StoredFlag[] = [];
      for await (const row of table.scan()) flags.push(storedFlag(row));
      return flags;
    },
    async set(row) {
      await table.put(rowOf(row));
    },
    async setIfAbsent(row) {
      return (await table.put(rowOf(row), expression("attribute_not_exists(#pk)"))) === "written"
        ? "written"
        : "exists";
    },
  };
}

function rowOf(flag: FlagRow): Row {
  const { scope, healer, ...rest } = flag;
  return { pk: scope, sk: healer, ...rest, schemaVersion };
}

function storedFlag(row: Row): StoredFlag {
  const result = z.safeParse(rowSchema, row);
  if (!result.success)
    return { kind: "malformed", scope: row.pk, healer: row.sk, detail: describeIssues(result.error) };
  const { pk: scope, sk: healer, schemaVersion: _, ...rest } = result.data;
  return { kind: "row", row: { scope, healer, ...rest } };
}
