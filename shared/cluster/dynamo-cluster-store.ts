import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { KnitboneError } from "../errors.ts";
import { type DynamoTable, dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import type { ClusterState, ClusterStore } from "./cluster-state.ts";
import { markArrived, missingOf } from "./dynamo-arrivals.ts";
import {
  brakeRow,
  breakerRow,
  clusterIdOf,
  clusterPk,
  registrationOf,
  registrationRow,
  reportRow,
  senderCodec,
  senderKey,
  stateKey,
  statePart,
  statePrefix,
} from "./dynamo-cluster-rows.ts";
import type { RegisteredCluster } from "./registered-cluster.ts";

export function dynamoClusterStore(client: DynamoDBDocumentClient, tableName: string): ClusterStore {
  const table = dynamoTable(client, tableName);
  return {
    async state(id) {
      let state: ClusterState = {};
      for await (const row of table.query({ pk: clusterPk(id), skPrefix: statePrefix, consistent: true })) {
        state = { ...state, ...statePart(table, row) };
      }
      return state;
    },
    async list() {
      const states = new Map<string, ClusterState>();
      for await (const row of table.scan(expression("begins_with(#sk, :state)", { ":state": statePrefix }))) {
        const id = clusterIdOf(row);
        states.set(id, { ...states.get(id), ...statePart(table, row) });
      }
      return [...states].map(([id, state]) => ({ ...state, id })).sort((a, b) => (a.id < b.id ? -1 : 1));
    },

    async register(cluster) {
      // The sender first: alone it says nothing, because the registration must name it too.
      await claimSender(table, cluster);
      await table.put(registrationRow(cluster));
    },
    async remove(id) {
      // The registration first: without it the sender speaks for nobody and no healer connects.
      const registration = await table.read(stateKey(id, "registration"));
      await table.delete(stateKey(id, "registration"));
      await releaseSender(table, id, registration);
      for await (const { pk, sk } of table.query({ pk: clusterPk(id), consistent: true }))
        await table.delete({ pk, sk });
      return registration ? "removed" : "absent";
    },
    async clusterOfSender(sender) {
      const id = await senderRowCluster(table, sender);
      if (id === undefined) return undefined;
      return (await readRegistration(table, id))?.sender === sender ? id : undefined;
    },

    async saveReport(id, report) {
      const written = await table.put(
        reportRow(id, report),
        expression("attribute_not_exists(#pk) OR #epoch < :epoch OR (#epoch = :epoch AND #sequence < :sequence)", {
          ":epoch": report.epoch,
          ":sequence": report.sequence,
        }),
      );
      return written === "written" ? "saved" : "stale";
    },
    async replaceBrake(id, before, next) {
      const written = await table.put(
        brakeRow(id, next),
        before === undefined
          ? expression("attribute_not_exists(#pk)")
          : expression("#updatedAt = :before", { ":before": before.updatedAt }),
      );
      return written === "written" ? "replaced" : "conflict";
    },
    async saveBreaker(id, breaker) {
      if (breaker) await table.put(breakerRow(id, breaker));
      else await table.delete(stateKey(id, "breaker"));
    },

    markArrived: (id, epoch, sequences) => markArrived(table, id, epoch, sequences),
    missing: (id, epoch, from, to) => missingOf(table, id, epoch, from, to),
  };
}

async function readRegistration(table: DynamoTable, id: string): Promise<RegisteredCluster | undefined> {
  const row = await table.read(stateKey(id, "registration"));
  return row && registrationOf(table, row);
}

async function senderRowCluster(table: DynamoTable, sender: string): Promise<string | undefined> {
  const row = await table.read(senderKey(sender));
  return row && senderCodec.read(table, row).cluster;
}

/** Points the sender at this cluster, unless it speaks for another one that is registered with it. */
async function claimSender(table: DynamoTable, cluster: RegisteredCluster): Promise<void> {
  const { id, sender } = cluster;
  const owner = await senderRowCluster(table, sender);
  const ownerSender = owner === undefined || owner === id ? undefined : (await readRegistration(table, owner))?.sender;
  const written =
    ownerSender === sender
      ? "refused"
      : await table.put(
          { ...senderKey(sender), cluster: id },
          owner === undefined
            ? expression("attribute_not_exists(#pk)")
            : expression("#cluster = :owner", { ":owner": owner }),
        );
  if (written === "refused") {
    throw new KnitboneError(
      "ConfigInvalid",
      `registering cluster ${id}: sender ${sender} already speaks for cluster ${owner ?? "that was registered just now"}`,
    );
  }
}

/** From the raw row: a registration that cannot be understood must be removable too. */
async function releaseSender(table: DynamoTable, id: string, registration: Row | undefined): Promise<void> {
  const sender = registration?.["sender"];
  if (typeof sender === "string") await table.delete(senderKey(sender), expression("#cluster = :id", { ":id": id }));
}
