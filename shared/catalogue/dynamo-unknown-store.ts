import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { rowCodec } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type RowKey } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import { channels } from "./signature.ts";
import {
  dayOf,
  keptSample,
  mostFrequentFirst,
  newFingerprintsADay,
  overflowFingerprint,
  type UnknownMessage,
  type UnknownSighting,
  type UnknownStore,
} from "./unknown-store.ts";

/*
 * Table unknowns.
 *   pk = cluster, sk = "unknown#<channel>#<reason>#<fingerprint>": the members of an unknown message
 *   pk = cluster, sk = "day#<YYYY-MM-DD>": taken, the new fingerprints of that day
 *   expiresAt   both
 */

/** How long a message that is not seen any more stays readable. */
const retentionMs = days(30);

const codec = rowCodec(
  z.object({
    cluster: z.string(),
    channel: z.enum(channels),
    reason: z.string(),
    fingerprint: z.string(),
    count: z.number(),
    firstSeenAt: z.number(),
    lastSeenAt: z.number(),
    sample: z.string(),
  }),
);

export function dynamoUnknownStore(client: DynamoDBDocumentClient, tableName: string): UnknownStore {
  const table = dynamoTable(client, tableName);

  /** Whether there was such a row to count on. */
  const countOn = async ({ cluster, channel, reason, fingerprint, at }: UnknownSighting): Promise<boolean> => {
    const row = await table.update(
      keyOf(cluster, channel, reason, fingerprint),
      expression("SET #lastSeenAt = :at, #expiresAt = :expiresAt ADD #count :one", {
        ":at": at,
        ":expiresAt": expiresAt(at, retentionMs).expiresAt,
        ":one": 1,
      }),
      expression("attribute_exists(#pk)"),
    );
    return row !== undefined;
  };

  const takePlace = async (cluster: string, at: number): Promise<boolean> => {
    const row = await table.update(
      { pk: cluster, sk: `day#${dayOf(at)}` },
      expression("SET #expiresAt = :expiresAt ADD #taken :one", {
        ":expiresAt": expiresAt(at, retentionMs).expiresAt,
        ":one": 1,
      }),
      expression("attribute_not_exists(#taken) OR #taken < :most", { ":most": newFingerprintsADay }),
    );
    return row !== undefined;
  };

  const countOrBegin = async (sighting: UnknownSighting): Promise<void> => {
    const { text, at, ...rest } = sighting;
    const message: UnknownMessage = { ...rest, count: 1, firstSeenAt: at, lastSeenAt: at, sample: keptSample(text) };
    const begun = await table.put(
      {
        ...keyOf(rest.cluster, rest.channel, rest.reason, rest.fingerprint),
        ...codec.attributes(message),
        ...expiresAt(at, retentionMs),
      },
      expression("attribute_not_exists(#pk)"),
    );
    if (begun === "refused") await countOn(sighting);
  };

  return {
    async count(sighting) {
      if (await countOn(sighting)) return "counted";
      if (await takePlace(sighting.cluster, sighting.at)) {
        await countOrBegin(sighting);
        return "counted";
      }
      await countOrBegin({ ...sighting, reason: "", fingerprint: overflowFingerprint });
      return "overflow";
    },
    async list() {
      const found: UnknownMessage[] = [];
      for await (const row of table.scan(expression("begins_with(#sk, :prefix)", { ":prefix": "unknown#" }))) {
        found.push(codec.read(table, row));
      }
      return found.sort(mostFrequentFirst);
    },
  };
}

function keyOf(cluster: string, channel: string, reason: string, fingerprint: string): RowKey {
  return { pk: cluster, sk: `unknown#${channel}#${reason}#${fingerprint}` };
}
