import { dynamoReservationStore } from "../capacity/dynamo-reservation-store.ts";
import { dynamoCaseStore } from "../case/dynamo-case-store.ts";
import { dynamoClaimStore } from "../case/dynamo-claim-store.ts";
import { dynamoCatalogueStore } from "../catalogue/dynamo-catalogue-store.ts";
import { dynamoUnknownStore } from "../catalogue/dynamo-unknown-store.ts";
import { releasedSignatures } from "../catalogue/release.ts";
import { storedCatalogue } from "../catalogue/stored-catalogue.ts";
import type { UnknownStore } from "../catalogue/unknown-store.ts";
import { dynamoClusterStore } from "../cluster/dynamo-cluster-store.ts";
import { dynamoFlagStore } from "../flag/dynamo-flag-store.ts";
import { storedFlags } from "../flag/stored-flags.ts";
import { dynamoRungRecordStore } from "../heal/dynamo-rung-record-store.ts";
import type { PipelineDeps } from "../heal/pipeline-deps.ts";
import { dynamoIncidentStore } from "../incident/dynamo-incident-store.ts";
import { dynamoLeakStore } from "../ledger/dynamo-leak-store.ts";
import { dynamoLedger } from "../ledger/dynamo-ledger.ts";
import { dynamoLifecycleStore } from "../lifecycle/dynamo-lifecycle-store.ts";
import type { Queue } from "../queue/queue.ts";
import { sqsQueue } from "../queue/sqs-queue.ts";
import { dynamoBudgetStore } from "../rail/dynamo-budget-store.ts";
import { tableNames } from "../store/table-names.ts";
import type { Clock } from "../time/clock.ts";
import { dynamoClient } from "./dynamo-client.ts";
import { sqsClient } from "./sqs-client.ts";

export type Stores = Pick<
  PipelineDeps,
  | "cases"
  | "claims"
  | "budgets"
  | "reservations"
  | "rungs"
  | "ledger"
  | "leaks"
  | "lifecycles"
  | "flags"
  | "incidents"
  | "clusters"
  | "catalogue"
> & { readonly unknowns: UnknownStore };

/** Every table behind its interface, over one client. Endpoints come from the SDK's standard variables. */
export function stores(prefix: string, clock: Clock): Stores {
  const client = dynamoClient();
  const names = tableNames(prefix);
  return {
    cases: dynamoCaseStore(client, names.cases),
    claims: dynamoClaimStore(client, names.cases),
    budgets: dynamoBudgetStore(client, names.budgets),
    reservations: dynamoReservationStore(client, names.budgets),
    rungs: dynamoRungRecordStore(client, names.budgets),
    ledger: dynamoLedger(client, names.actions),
    leaks: dynamoLeakStore(client, names.lifecycle),
    lifecycles: dynamoLifecycleStore(client, names.lifecycle),
    flags: storedFlags(dynamoFlagStore(client, names.flags), clock),
    incidents: dynamoIncidentStore(client, names.incidents),
    clusters: dynamoClusterStore(client, names.clusters),
    catalogue: storedCatalogue(dynamoCatalogueStore(client, names.catalogue), releasedSignatures, clock),
    unknowns: dynamoUnknownStore(client, names.unknowns),
  };
}

/** Queues by URL, over one client. */
export function queues(): (url: string) => Queue {
  const client = sqsClient();
  return (url) => sqsQueue(client, url);
}
