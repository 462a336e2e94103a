import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { rowCodec } from "../store/dynamo-row.ts";
import { type DynamoTable, dynamoTable, expression, type Row, type RowKey } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import type { Instant } from "../time/clock.ts";
import { days } from "../time/duration.ts";
import type { Claim, ClaimAnswer, ClaimStore } from "./claim.ts";

/*
 * Table cases, beside the cases of the same object.
 *   pk = "<cluster>#<uid>", sk = "claim"
 *   cluster, uid, holder, healer, actionId, attempt
 *   leaseUntil      the claim's expiresAt in ms; conditions compare this, never the TTL attribute
 *   unfinished      the action that the holder before this one left behind; "" for none
 *   expiresAt       TTL
 */
const sk = "claim";

/** What an expired holder left is worth settling for as long as its ledger row is likely to be looked at. */
const retentionMs = days(30);

/** Between a refusal and the look at who refused, the holder may let go: then the claim is taken after all. */
const maxRounds = 5;

const codec = rowCodec(
  z.object({
    cluster: z.string(),
    uid: z.string(),
    holder: z.string(),
    healer: z.string(),
    actionId: z.string(),
    attempt: z.number(),
    leaseUntil: z.number(),
    unfinished: z.string(),
  }),
);

export function dynamoClaimStore(client: DynamoDBDocumentClient, tableName: string): ClaimStore {
  const table = dynamoTable(client, tableName);
  return {
    async take(claim, now) {
      for (let round = 0; round < maxRounds; round++) {
        const answer = (await takeFree(table, claim, now)) ?? (await holderAnswer(table, claim, now));
        if (answer) return answer;
      }
      throw new KnitboneError(
        "StoreUnavailable",
        `writing table ${tableName}: claim on ${claim.uid} changed hands ${maxRounds} times`,
        {
          retryable: true,
        },
      );
    },
    async release(cluster, uid, holder) {
      await table.delete({ ...keyOf(cluster, uid) }, expression("#holder = :holder", { ":holder": holder }));
    },
    async read(cluster, uid) {
      const row = await table.read(keyOf(cluster, uid));
      if (!row) return undefined;
      const { leaseUntil, unfinished: _, ...claim } = codec.read(table, row);
      return { ...claim, expiresAt: leaseUntil };
    },
  };
}

/** One conditional write for the usual case. The action that stood there becomes `unfinished` in the same write. */
async function takeFree(table: DynamoTable, claim: Claim, now: Instant): Promise<ClaimAnswer | undefined> {
  const row = await table.update(
    keyOf(claim.cluster, claim.uid),
    setClaim(claim, "#unfinished = if_not_exists(#actionId, :none), ", { ":none": "" }),
    expression("attribute_not_exists(#pk) OR (#leaseUntil <= :now AND #holder <> :holder)", {
      ":now": now,
      ":holder": claim.holder,
    }),
  );
  return row && taken(table, row);
}

/** Why it was refused: our own row (an answer that was lost; it is given again), somebody else's, or by now nobody's. */
async function holderAnswer(table: DynamoTable, claim: Claim, now: Instant): Promise<ClaimAnswer | undefined> {
  const row = await table.read(keyOf(claim.cluster, claim.uid));
  if (!row) return undefined;
  const held = codec.read(table, row);
  if (held.holder === claim.holder) {
    const own = await table.update(
      keyOf(claim.cluster, claim.uid),
      setClaim(claim, "", {}),
      expression("#holder = :holder", { ":holder": claim.holder }),
    );
    return own && taken(table, own);
  }
  return held.leaseUntil > now ? { kind: "held", until: held.leaseUntil, healer: held.healer } : undefined;
}

function setClaim(claim: Claim, before: string, values: Record<string, unknown>) {
  const { expiresAt: leaseUntil, ...rest } = claim;
  const attributes = { ...rest, leaseUntil, ...expiresAt(leaseUntil, retentionMs) };
  const names = Object.keys(attributes);
  return expression(`SET ${before}${names.map((name) => `#${name} = :${name}`).join(", ")}`, {
    ...values,
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
  });
}

function taken(table: DynamoTable, row: Row): ClaimAnswer {
  const { unfinished } = codec.read(table, row);
  return unfinished === "" ? { kind: "taken" } : { kind: "taken", unfinished };
}

function keyOf(cluster: string, uid: string): RowKey {
  return { pk: `${cluster}#${uid}`, sk };
}
