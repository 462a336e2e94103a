import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { refSchema, rowCodec } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type RowRange } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import type { Leak, LeakStore } from "./leak.ts";

/*
 * Table lifecycle, beside the lives of pods: the dispatcher, which closes leaks, has no right to the ledger.
 *   pk = "leaks", sk = "<cluster>#<node uid>#<pod uid>"
 *   the members of a leak; podName, nodeUid … of its parts; expiresAt once it ended
 */
const pk = "leaks";

/** How long an ended leak stays readable. */
const retentionMs = days(30);

const codec = rowCodec(
  z.object({
    cluster: z.string(),
    pod: refSchema,
    node: refSchema,
    bootId: z.string(),
    actionId: z.string(),
    openedAt: z.number(),
    state: z.enum(["open", "voided", "closed"]),
    closedAt: z.exactOptional(z.number()),
    closedBecause: z.exactOptional(z.string()),
  }),
  ["pod", "node"],
);

export function dynamoLeakStore(client: DynamoDBDocumentClient, tableName: string): LeakStore {
  const table = dynamoTable(client, tableName);
  const gather = async (range: Omit<RowRange, "pk">): Promise<Leak[]> => {
    const leaks: Leak[] = [];
    for await (const row of table.query({ pk, ...range })) leaks.push(codec.read(table, row));
    return leaks;
  };
  return {
    async open(leak) {
      await table.put({ pk, sk: skOf(leak), ...codec.attributes(leak) });
    },
    async end(leak, state, because, at) {
      // The end of an older action never ends the leak of a newer one; the first end stands.
      await table.update(
        { pk, sk: skOf(leak) },
        expression("SET #state = :state, #closedBecause = :because, #closedAt = :at, #expiresAt = :expiresAt", {
          ":state": state,
          ":because": because,
          ":at": at,
          ":expiresAt": expiresAt(at, retentionMs).expiresAt,
        }),
        expression("#state = :open AND #actionId = :actionId", { ":open": "open", ":actionId": leak.actionId }),
      );
    },
    async openOn(cluster, nodeUid) {
      const leaks = await gather({
        skPrefix: `${cluster}#${nodeUid}#`,
        consistent: true,
        filter: expression("#state = :open", { ":open": "open" }),
      });
      return leaks;
    },
    async list(filter = {}) {
      const leaks = await gather({
        ...(filter.cluster === undefined ? {} : { skPrefix: `${filter.cluster}#` }),
        consistent: false,
      });
      return leaks.sort((a, b) => b.openedAt - a.openedAt);
    },
  };
}

function skOf(leak: Leak): string {
  return `${leak.cluster}#${leak.node.uid}#${leak.pod.uid}`;
}
