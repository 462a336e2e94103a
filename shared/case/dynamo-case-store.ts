import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { incidentKinds } from "../incident/incident.ts";
import { markSchema, refSchema, rowCodec, taskMembers } from "../store/dynamo-row.ts";
import { type DynamoTable, dynamoTable, expression, type Row, type RowKey } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { type Case, type CaseKey, closedCaseRetentionMs } from "./case.ts";
import type { CaseStore } from "./case-store.ts";

/*
 * Table cases, together with the claims (`dynamo-claim-store.ts`): everything about one object stands under one pk.
 *   pk = "<cluster>#<uid>", sk = "case#<healer>"
 *   healer, cluster, uid, version, state, …      the members of a case
 *   objectKind, verdictKind, pendingActionId …   the members of its parts
 *   symptoms, suspects                           lists
 *   expiresAt                                    closed cases only
 * A cluster's id has no "#", so that no uid can reach into another cluster's rows.
 */
const skPrefix = "case#";

const codec = rowCodec(
  z.object({
    healer: z.string(),
    cluster: z.string(),
    uid: z.string(),
    object: refSchema,
    version: z.number(),
    state: z.enum(["open", "closed"]),
    openedAt: z.number(),
    updatedAt: z.number(),
    verdict: z.exactOptional(
      z.object({
        kind: z.enum(["heal", "wait", "leave", "handOver", "escalate"]),
        reason: z.string(),
        message: z.string(),
        at: z.number(),
        mode: z.enum(["act", "observe"]),
        times: z.exactOptional(z.number()),
      }),
    ),
    nextLookAt: z.exactOptional(z.number()),
    clockOffsetMs: z.exactOptional(z.number()),
    attempts: z.number(),
    effective: z.exactOptional(z.number()),
    pending: z.exactOptional(
      z.object({
        actionId: z.string(),
        sentAt: z.number(),
        inFlight: z.exactOptional(z.object({ key: z.string(), stamp: z.string() })),
        effect: z.exactOptional(
          z.discriminatedUnion("see", [
            z.object({ see: z.literal("deleting") }),
            z.object({ see: z.enum(["tainted", "untainted"]), taint: markSchema }),
            z.object({ see: z.literal("asked"), ...taskMembers }),
            z.object({ see: z.literal("spilled"), replicas: z.number() }),
            z.object({ see: z.literal("unspilled") }),
          ]),
        ),
      }),
    ),
    escalated: z.exactOptional(z.object({ reason: z.string(), at: z.number(), actionId: z.string() })),
    symptoms: z.exactOptional(
      z.array(z.object({ pod: refSchema, reason: z.string(), message: z.string(), at: z.number() })),
    ),
    handedOverAt: z.exactOptional(z.number()),
    memory: z.exactOptional(
      z.object({
        state: z.enum(["well", "ailing", "notReady", "silent"]),
        since: z.number(),
        seenAt: z.number(),
        readyChanges: z.array(z.number()),
        ours: z.array(markSchema),
        boots: z.exactOptional(z.array(z.object({ id: z.string(), at: z.number() }))),
        kubelet: z.exactOptional(z.object({ version: z.string(), at: z.number() })),
        devices: z.exactOptional(z.record(z.string(), z.number())),
        devicesLostSince: z.exactOptional(z.number()),
        movable: z.exactOptional(z.number()),
        tried: z.exactOptional(
          z.array(z.object({ ...taskMembers, at: z.number(), helped: z.exactOptional(z.boolean()) })),
        ),
      }),
    ),
    suspects: z.exactOptional(z.array(z.object({ kind: z.enum(incidentKinds), key: z.string() }))),
    shadowHeldUntil: z.exactOptional(z.number()),
    closedBecause: z.exactOptional(z.string()),
    traceId: z.string(),
  }),
  ["object", "verdict", "pending", "escalated", "memory"],
);

export function dynamoCaseStore(client: DynamoDBDocumentClient, tableName: string): CaseStore {
  const table = dynamoTable(client, tableName);
  return {
    async load(key) {
      const row = await table.read(rowKeyOf(key));
      return row && caseOf(table, row);
    },
    async save(next, expectedVersion) {
      if (next.version !== expectedVersion + 1) {
        throw new RangeError(`saving a case: version ${next.version} does not follow ${expectedVersion}`);
      }
      const written = await table.put(
        rowOf(next),
        expectedVersion === 0
          ? expression("attribute_not_exists(#pk)")
          : expression("#version = :expected", { ":expected": expectedVersion }),
      );
      return written === "written" ? "saved" : "conflict";
    },
    async list(filter = {}) {
      const cases: Case[] = [];
      for await (const row of table.scan(listFilter(filter))) cases.push(caseOf(table, row));
      return cases.sort((a, b) => b.updatedAt - a.updatedAt);
    },
  };
}

function listFilter(filter: NonNullable<Parameters<CaseStore["list"]>[0]>) {
  const { cluster, healer } = filter;
  const texts = ["begins_with(#sk, :skPrefix)"];
  if (cluster !== undefined) texts.push("#cluster = :cluster");
  if (healer !== undefined) texts.push("#healer = :healer");
  return expression(texts.join(" AND "), {
    ":skPrefix": skPrefix,
    ...(cluster === undefined ? {} : { ":cluster": cluster }),
    ...(healer === undefined ? {} : { ":healer": healer }),
  });
}

function rowKeyOf(key: CaseKey): RowKey {
  return { pk: `${key.cluster}#${key.uid}`, sk: `${skPrefix}${key.healer}` };
}

function rowOf(openCase: Case): Row {
  const { key, ...rest } = openCase;
  return {
    ...rowKeyOf(key),
    ...codec.attributes({ ...key, ...rest }),
    ...(openCase.state === "closed" ? expiresAt(openCase.updatedAt, closedCaseRetentionMs) : {}),
  };
}

function caseOf(table: DynamoTable, row: Row): Case {
  const { healer, cluster, uid, ...rest } = codec.read(table, row);
  return { key: { healer, cluster, uid }, ...rest };
}
