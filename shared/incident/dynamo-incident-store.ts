import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { rowCodec } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import type { Incident, IncidentStore } from "./incident.ts";

/*
 * Table incidents.
 *   pk = cluster (or "*"), sk = id; the members of an incident; expiresAt once it is closed
 */

/** How long a closed incident stays readable. */
const retentionMs = days(30);

const codec = rowCodec(
  z.object({
    id: z.string(),
    cluster: z.string(),
    kind: z.enum(["registry", "image", "storageClass", "csiDriver", "zone", "controlPlane"]),
    key: z.string(),
    reason: z.string(),
    message: z.string(),
    openedAt: z.number(),
    closedAt: z.exactOptional(z.number()),
  }),
);

export function dynamoIncidentStore(client: DynamoDBDocumentClient, tableName: string): IncidentStore {
  const table = dynamoTable(client, tableName);
  const gather = async (rows: AsyncIterable<Row>): Promise<Incident[]> => {
    const incidents: Incident[] = [];
    for await (const row of rows) incidents.push(codec.read(table, row));
    return incidents;
  };
  const openOf = (cluster: string) =>
    gather(table.query({ pk: cluster, consistent: true, filter: expression("attribute_not_exists(#closedAt)") }));
  return {
    async openFor(cluster) {
      const found = await Promise.all([...new Set([cluster, "*"])].map(openOf));
      return found.flat().sort((a, b) => a.openedAt - b.openedAt);
    },
    async open(incident) {
      const written = await table.put(
        { pk: incident.cluster, sk: incident.id, ...codec.attributes(incident) },
        expression("attribute_not_exists(#pk)"),
      );
      return written === "written" ? "opened" : "exists";
    },
    async close(incident, at) {
      await table.update(
        { pk: incident.cluster, sk: incident.id },
        expression("SET #closedAt = :at, #expiresAt = :expiresAt", {
          ":at": at,
          ":expiresAt": expiresAt(at, retentionMs).expiresAt,
        }),
        expression("attribute_exists(#pk) AND attribute_not_exists(#closedAt)"),
      );
    },
    async list() {
      return (await gather(table.scan())).sort((a, b) => b.openedAt - a.openedAt);
    },
  };
}
