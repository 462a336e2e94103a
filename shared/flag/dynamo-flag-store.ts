import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { logLevels } from "../log/log.ts";
import { describeIssues } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import type { FlagRow } from "./flag.ts";
import type { FlagStore, StoredFlag, StoredLogLevel } from "./flag-store.ts";

/*
 * Table flags: the one that people may edit by hand in a table viewer.
 *   pk = scope ("*", "<cluster>", "<cluster>/<namespace>"), sk = healer (or "*")
 *   mode, reason, by, updatedAt, until (ms)
 *   schemaVersion   1; a row of another version is malformed, so that its healer does not act
 *
 *   pk = scope, sk = "log-level#<healer>": the level of a healer's log in that scope
 *   level, reason, by, updatedAt, until (ms), schemaVersion; one that is malformed has no say
 *
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

const levelSchema = z.object({
  pk: z.string(),
  sk: z.string(),
  level: z.enum(logLevels),
  until: z.number(),
  reason: z.string(),
  by: z.string(),
  updatedAt: z.number(),
  schemaVersion: z._default(z.literal(schemaVersion), schemaVersion),
});

const levelPrefix = "log-level#";

export function dynamoFlagStore(client: DynamoDBDocumentClient, tableName: string): FlagStore {
  const table = dynamoTable(client, tableName);
  return {
    async read(wanted, { levels } = { levels: false }) {
      const asked = wanted.flatMap(({ scope: pk, healer }) => [
        { pk, sk: healer },
        ...(levels ? [{ pk, sk: `${levelPrefix}${healer}` }] : []),
      ]);
      const keys = new Map(asked.map((key) => [JSON.stringify([key.pk, key.sk]), key]));
      const rows = await table.readMany([...keys.values()]);
      return {
        flags: rows.filter((each) => !isLevel(each)).map(storedFlag),
        levels: rows.filter(isLevel).flatMap((each) => {
          const stored = storedLevel(each);
          return stored.kind === "row" ? [stored.row] : [];
        }),
      };
    },
    async list() {
      const flags: StoredFlag[] = [];
      for await (const row of table.scan()) if (!isLevel(row)) flags.push(storedFlag(row));
      return flags;
    },
    async listLevels() {
      const levels: StoredLogLevel[] = [];
      for await (const row of table.scan()) if (isLevel(row)) levels.push(storedLevel(row));
      return levels;
    },
    async setLevel({ scope, healer, ...rest }) {
      await table.put({ pk: scope, sk: `${levelPrefix}${healer}`, ...rest, schemaVersion });
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

function isLevel({ sk }: Row): boolean {
  return sk.startsWith(levelPrefix);
}

function storedLevel(row: Row): StoredLogLevel {
  const healer = row.sk.slice(levelPrefix.length);
  const result = z.safeParse(levelSchema, row);
  if (!result.success) return { kind: "malformed", scope: row.pk, healer, detail: describeIssues(result.error) };
  const { pk: scope, sk: _, schemaVersion: __, ...rest } = result.data;
  return { kind: "row", row: { scope, healer, ...rest } };
}
