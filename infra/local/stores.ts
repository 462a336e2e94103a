import type { CaseStore } from "../../shared/case/case-store.ts";
import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import type { ClusterStore } from "../../shared/cluster/cluster-state.ts";
import { dynamoClusterStore } from "../../shared/cluster/dynamo-cluster-store.ts";
import { dynamoFlagStore } from "../../shared/flag/dynamo-flag-store.ts";
import type { FlagStore } from "../../shared/flag/flag-store.ts";
import { dynamoIncidentStore } from "../../shared/incident/dynamo-incident-store.ts";
import type { IncidentStore } from "../../shared/incident/incident.ts";
import { dynamoClient } from "../../shared/lambda/dynamo-client.ts";
import { sqsClient } from "../../shared/lambda/sqs-client.ts";
import { dynamoLedger } from "../../shared/ledger/dynamo-ledger.ts";
import type { Ledger } from "../../shared/ledger/ledger.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { tableNames } from "../../shared/store/table-names.ts";
import type { LocalStack } from "./stack.ts";

/** The stack's tables, as the deployed functions see them. */
export interface LocalStores {
  readonly cases: CaseStore;
  readonly clusters: ClusterStore;
  readonly flags: FlagStore;
  readonly incidents: IncidentStore;
  readonly ledger: Ledger;
}

/** A machine that starts several stacks at once has a table server that answers late; who starts one cannot be asked again. */
const patienceMs = 15_000;

export function storesOf(stack: LocalStack): LocalStores {
  const client = dynamoClient({
    endpoint: stack.endpoints.dynamodb,
    region: stack.region,
    credentials: credentials("local-stack"),
    requestTimeoutMs: patienceMs,
  });
  const tables = tableNames(stack.prefix);
  return {
    cases: dynamoCaseStore(client, tables.cases),
    clusters: dynamoClusterStore(client, tables.clusters),
    flags: dynamoFlagStore(client, tables.flags),
    incidents: dynamoIncidentStore(client, tables.incidents),
    ledger: dynamoLedger(client, tables.actions),
  };
}

/** The queue `deltas` as one cluster's forwarder sees it: signed with a key id of its own, by which the dispatcher knows it. */
export function deltasQueue(stack: LocalStack, sender: string): Queue {
  const client = sqsClient({
    endpoint: stack.endpoints.sqs,
    region: stack.region,
    credentials: credentials(sender),
  });
  return sqsQueue(client, stack.queueUrl(`${stack.prefix}-deltas`));
}

const credentials = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: "local" });
