import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { markSchema, refSchema, rowCodec, taskMembers } from "../store/dynamo-row.ts";
import { type DynamoTable, dynamoTable, expression, type RowKey } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import type { Action } from "./action.ts";
import type { Ledger } from "./ledger.ts";

/*
 * Table actions, together with the leaks (`dynamo-leak-store.ts`).
 *   pk = "action#<cluster>#<id>", sk = "action"
 *     the members of an action; objectKind, outcomeKind … of its parts; heal as a map
 *   pk = "recent", sk = "<plannedAt, 15 digits>#<cluster>#<id>"
 *     cluster, healer, id: lists the newest first without reading every evidence; written before the action, and an entry without an
 *     action (a process that died between the two) is passed over
 */
const sk = "action";
const recent = "recent";

/** How long an action stays readable. */
const retentionMs = days(90);

/** Actions of a list that are read at once: the most that one batch read takes is 100, and 16 MB. */
const listBatch = 50;

const roomSchema = z.object({ pool: z.string(), amounts: z.record(z.string(), z.number()) });

const healSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ForceDeletePod"), pod: refSchema, resourceVersion: z.string(), node: refSchema }),
  z.object({
    kind: z.enum(["EvictTerminalPod", "EvictOrphan", "EvictStuckPod", "DrainPod"]),
    pod: refSchema,
    resourceVersion: z.string(),
  }),
  z.object({
    kind: z.enum(["TaintNode", "UntaintNode"]),
    node: refSchema,
    resourceVersion: z.string(),
    taint: markSchema,
  }),
  z.object({ kind: z.literal("AskNodeTask"), node: refSchema, resourceVersion: z.string(), ...taskMembers }),
  z.object({
    kind: z.literal("CreateSpill"),
    workload: refSchema,
    resourceVersion: z.string(),
    name: z.string(),
    replicas: z.number(),
    pool: z.object({ label: z.string(), value: z.string() }),
    room: roomSchema,
  }),
  z.object({
    kind: z.literal("ScaleSpill"),
    workload: refSchema,
    spill: refSchema,
    resourceVersion: z.string(),
    generation: z.number(),
    replicas: z.number(),
    room: z.exactOptional(roomSchema),
  }),
  z.object({ kind: z.literal("RemoveSpill"), workload: refSchema, spill: refSchema, resourceVersion: z.string() }),
  z.object({ kind: z.literal("Escalate"), about: refSchema }),
]);

const outcomeKinds = [
  "Done",
  "Gone",
  "Conflict",
  "BlockedByBudget",
  "Denied",
  "Unknown",
  "Withdrawn",
  "Observed",
] as const;

const codec = rowCodec(
  z.object({
    id: z.string(),
    cluster: z.string(),
    healer: z.string(),
    object: refSchema,
    heal: healSchema,
    reason: z.string(),
    message: z.string(),
    mode: z.enum(["act", "observe"]),
    attempt: z.number(),
    traceId: z.string(),
    plannedAt: z.number(),
    allowedBy: z.string(),
    budgets: z.array(z.string()),
    evidence: z.exactOptional(z.string()),
    outcome: z.exactOptional(z.object({ kind: z.enum(outcomeKinds), message: z.string(), at: z.number() })),
    verifiedAt: z.exactOptional(z.number()),
  }),
  ["object", "outcome"],
);

const entryCodec = rowCodec(z.object({ cluster: z.string(), healer: z.string(), id: z.string() }));

export function dynamoLedger(client: DynamoDBDocumentClient, tableName: string): Ledger {
  const table = dynamoTable(client, tableName);
  return {
    async plan(action) {
      const { id, cluster, healer, plannedAt } = action;
      const garbage = expiresAt(plannedAt, retentionMs);
      await table.put({ pk: recent, sk: recentKey(action), id, cluster, healer, ...garbage });
      const written = await table.put(
        { ...keyOf(cluster, id), ...codec.attributes(action), ...garbage },
        expression("attribute_not_exists(#pk)"),
      );
      return written === "written" ? "planned" : "exists";
    },
    async settle(cluster, id, outcome) {
      const row = await table.update(
        keyOf(cluster, id),
        expression("SET #outcomeKind = :kind, #outcomeMessage = :message, #outcomeAt = :at", {
          ":kind": outcome.kind,
          ":message": outcome.message,
          ":at": outcome.at,
        }),
        expression("attribute_exists(#pk) AND attribute_not_exists(#outcomeKind)"),
      );
      if (row) return "settled";
      return (await table.read(keyOf(cluster, id))) ? "already" : "absent";
    },
    async verify(cluster, id, at) {
      await table.update(
        keyOf(cluster, id),
        expression("SET #verifiedAt = :at", { ":at": at }),
        expression("attribute_exists(#pk) AND attribute_not_exists(#verifiedAt)"),
      );
    },
    async read(cluster, id) {
      const row = await table.read(keyOf(cluster, id));
      return row && codec.read(table, row);
    },
    async list(filter = {}) {
      const limit = filter.limit ?? Number.POSITIVE_INFINITY;
      const actions: Action[] = [];
      let wanted: Entry[] = [];
      const readWanted = async () => {
        actions.push(...(await actionsOf(table, wanted)));
        wanted = [];
      };
      for await (const entry of entries(table, filter)) {
        wanted.push(entry);
        if (wanted.length >= Math.min(listBatch, limit - actions.length)) await readWanted();
        if (actions.length >= limit) break;
      }
      await readWanted();
      return actions;
    },
  };
}

interface Entry {
  readonly sk: string;
  readonly cluster: string;
  readonly id: string;
}

async function* entries(
  table: DynamoTable,
  filter: { readonly cluster?: string; readonly healer?: string },
): AsyncGenerator<Entry> {
  for await (const row of table.query({ pk: recent, consistent: false, newestFirst: true })) {
    const entry = entryCodec.read(table, row);
    if (filter.cluster !== undefined && entry.cluster !== filter.cluster) continue;
    if (filter.healer !== undefined && entry.healer !== filter.healer) continue;
    yield { sk: row.sk, cluster: entry.cluster, id: entry.id };
  }
}

/** The actions that these entries stand for: not one that was refused because its id was planned before, at another time. */
async function actionsOf(table: DynamoTable, wanted: readonly Entry[]): Promise<readonly Action[]> {
  const keys = new Map(wanted.map(({ cluster, id }) => [JSON.stringify([cluster, id]), keyOf(cluster, id)]));
  const listed = new Set(wanted.map((each) => each.sk));
  const actions = (await table.readMany([...keys.values()])).map((row) => codec.read(table, row));
  return actions.filter((each) => listed.has(recentKey(each))).sort(newestFirst);
}

function newestFirst(a: Action, b: Action): number {
  return b.plannedAt - a.plannedAt;
}

function recentKey(action: Action): string {
  return `${String(action.plannedAt).padStart(15, "0")}#${action.cluster}#${action.id}`;
}

function keyOf(cluster: string, id: string): RowKey {
  return { pk: `action#${cluster}#${id}`, sk };
}
