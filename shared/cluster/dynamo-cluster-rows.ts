import * as z from "zod/mini";
import type { Brake } from "../rail/brake.ts";
import { rowCodec } from "../store/dynamo-row.ts";
import type { DynamoTable, Row, RowKey } from "../store/dynamo-table.ts";
import type { Breaker, ClusterState, StoredReport } from "./cluster-state.ts";
import type { RegisteredCluster } from "./registered-cluster.ts";

/*
 * Table clusters. All about one cluster stands under one pk, its state under one prefix: read in one consistent query.
 *   pk = "cluster#<id>"
 *     sk = "state#registration"    the members of a registration; authenticationKind … of its part
 *     sk = "state#report"          epoch, sequence, sentAt; report as a map
 *     sk = "state#brake"           the members of a brake; zones as a list
 *     sk = "state#breaker"         the members of a breaker
 *     sk = "arrived#<epoch, 15 digits>#<block, 12 digits>"     `dynamo-arrivals.ts`
 *   pk = "sender#<sender>", sk = "sender"
 *     cluster: who the sender speaks for, if that cluster's registration still names it
 */
export const statePrefix = "state#";
export type StateKind = "registration" | "report" | "brake" | "breaker";

const zoneSchema = z.object({ zone: z.string(), ready: z.number(), notReady: z.number(), unknown: z.number() });
const amountsSchema = z.record(z.string(), z.number());

const registrationCodec = rowCodec(
  z.object({
    id: z.string(),
    sender: z.string(),
    endpoint: z.string(),
    certificateAuthority: z.exactOptional(z.string()),
    authentication: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("kubeconfig"), file: z.string(), context: z.string() }),
      z.object({ kind: z.literal("serviceAccountToken"), secretArn: z.string() }),
      z.object({
        kind: z.literal("eks"),
        eksName: z.string(),
        region: z.string(),
        roleArn: z.exactOptional(z.string()),
      }),
    ]),
    ring: z.number(),
    poolLabel: z.exactOptional(z.string()),
    readsPerSecond: z.exactOptional(z.number()),
    registeredAt: z.number(),
  }),
  ["authentication"],
);

const reportCodec = rowCodec(
  z.object({
    epoch: z.number(),
    sequence: z.number(),
    sentAt: z.number(),
    report: z.object({
      sent: z.exactOptional(z.object({ from: z.number(), to: z.number() })),
      serverVersion: z.string(),
      forwarderVersion: z.string(),
      incarnation: z.string(),
      zones: z.array(zoneSchema),
      pools: z.array(
        z.object({
          pool: z.string(),
          nodes: z.number(),
          notReady: z.exactOptional(z.number()),
          free: amountsSchema,
          largestFree: amountsSchema,
        }),
      ),
      coalesced: z.number(),
      suspects: z.number(),
    }),
  }),
);

const brakeCodec = rowCodec(
  z.object({
    state: z.enum(["released", "halved", "frozen"]),
    reason: z.string(),
    nodes: z.number(),
    notReady: z.number(),
    zones: z.array(zoneSchema),
    betterSince: z.exactOptional(z.number()),
    releasedAt: z.exactOptional(z.number()),
    updatedAt: z.number(),
  }),
);

const breakerCodec = rowCodec(z.object({ consecutiveFailures: z.number(), openUntil: z.number(), reason: z.string() }));

export const senderCodec = rowCodec(z.object({ cluster: z.string() }));

export function clusterPk(id: string): string {
  return `cluster#${id}`;
}

export function stateKey(id: string, kind: StateKind): RowKey {
  return { pk: clusterPk(id), sk: `${statePrefix}${kind}` };
}

export function senderKey(sender: string): RowKey {
  return { pk: `sender#${sender}`, sk: "sender" };
}

export function clusterIdOf(row: Row): string {
  return row.pk.slice(clusterPk("").length);
}

export function registrationRow(cluster: RegisteredCluster): Row {
  return { ...stateKey(cluster.id, "registration"), ...registrationCodec.attributes(cluster) };
}

export function registrationOf(table: DynamoTable, row: Row): RegisteredCluster {
  return registrationCodec.read(table, row);
}

export function reportRow(id: string, report: StoredReport): Row {
  return { ...stateKey(id, "report"), ...reportCodec.attributes(report) };
}

export function brakeRow(id: string, brake: Brake): Row {
  return { ...stateKey(id, "brake"), ...brakeCodec.attributes(brake) };
}

export function breakerRow(id: string, breaker: Breaker): Row {
  return { ...stateKey(id, "breaker"), ...breakerCodec.attributes(breaker) };
}

/** What one row says of its cluster. A row of a kind that this version does not know says nothing. */
export function statePart(table: DynamoTable, row: Row): ClusterState {
  switch (row.sk.slice(statePrefix.length)) {
    case "registration":
      return { registered: registrationCodec.read(table, row) };
    case "report":
      return { report: reportCodec.read(table, row) };
    case "brake":
      return { brake: brakeCodec.read(table, row) };
    case "breaker":
      return { breaker: breakerCodec.read(table, row) };
    default:
      return {};
  }
}
