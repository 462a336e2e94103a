import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { refSchema, rowCodec } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import {
  closings,
  type Incident,
  type IncidentCause,
  type IncidentStore,
  idStem,
  incidentKinds,
  type Member,
} from "./incident.ts";

/*
 * Table incidents.
 *   pk = cluster (or "*"), sk = id; the members of an incident; expiresAt once it is closed
 *   pk = "member#<kind>#<key>", sk = "<cluster>#<uid>"; the members of a Member; objectKind, endedHow … of its parts; expiresAt
 * A cluster's id has no "#".
 */

/** How long a closed incident stays readable. */
const retentionMs = days(30);
/** How long a member stays readable that nobody has looked at: longer than anything waits for it. */
const memberRetentionMs = days(1);

const codec = rowCodec(
  z.object({
    id: z.string(),
    cluster: z.string(),
    kind: z.enum(incidentKinds),
    key: z.string(),
    reason: z.string(),
    message: z.string(),
    openedAt: z.number(),
    mode: z.exactOptional(z.literal("observe")),
    members: z.exactOptional(z.number()),
    closedAt: z.exactOptional(z.number()),
    closedBecause: z.exactOptional(z.enum(closings)),
  }),
);

const memberCodec = rowCodec(
  z.object({
    kind: z.enum(incidentKinds),
    key: z.string(),
    place: z.string(),
    zone: z.exactOptional(z.string()),
    part: z.string(),
    said: z.string(),
    cluster: z.string(),
    object: refSchema,
    mode: z.enum(["act", "observe"]),
    at: z.number(),
    ended: z.exactOptional(z.object({ how: z.enum(["well", "gone", "changed"]), at: z.number() })),
  }),
  ["object", "ended"],
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
    async ofCause(cluster, cause) {
      return gather(table.query({ pk: cluster, skPrefix: idStem(cause), consistent: true }));
    },
    async open(incident) {
      const written = await table.put(
        { pk: incident.cluster, sk: incident.id, ...codec.attributes(incident) },
        expression("attribute_not_exists(#pk)"),
      );
      return written === "written" ? "opened" : "exists";
    },
    async close(incident, at, because) {
      const closed = await table.update(
        { pk: incident.cluster, sk: incident.id },
        expression("SET #closedAt = :at, #closedBecause = :because, #expiresAt = :expiresAt", {
          ":at": at,
          ":because": because,
          ":expiresAt": expiresAt(at, retentionMs).expiresAt,
        }),
        ifOpen,
      );
      return closed === undefined ? "notOpen" : "closed";
    },
    async count(incident, members) {
      const count = expression("SET #members = :members", { ":members": members });
      await table.update({ pk: incident.cluster, sk: incident.id }, count, ifOpen);
    },
    async list() {
      return (await gather(table.scan(expression("attribute_exists(#openedAt)")))).sort(
        (a, b) => b.openedAt - a.openedAt,
      );
    },
    async saveMember(member) {
      await table.put({
        pk: shelf(member),
        sk: `${member.cluster}#${member.object.uid}`,
        ...memberCodec.attributes(member),
        ...expiresAt(member.at, memberRetentionMs),
      });
    },
    async endMember(cause, cluster, uid, { how, at }) {
      await table.update(
        { pk: shelf(cause), sk: `${cluster}#${uid}` },
        expression("SET #endedHow = :how, #endedAt = :at", { ":how": how, ":at": at }),
        expression("attribute_exists(#pk) AND attribute_not_exists(#endedAt)"),
      );
    },
    async membersOf(cause) {
      const members: Member[] = [];
      for await (const row of table.query({ pk: shelf(cause), consistent: true })) {
        members.push(memberCodec.read(table, row));
      }
      return members;
    },
  };
}

const ifOpen = expression("attribute_exists(#pk) AND attribute_not_exists(#closedAt)");

function shelf({ kind, key }: IncidentCause): string {
  return `member#${kind}#${key}`;
}
