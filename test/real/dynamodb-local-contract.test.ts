import { afterAll, describe } from "vitest";
import { dynamoReservationStore } from "../../shared/capacity/dynamo-reservation-store.ts";
import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import { dynamoClaimStore } from "../../shared/case/dynamo-claim-store.ts";
import { dynamoCatalogueStore } from "../../shared/catalogue/dynamo-catalogue-store.ts";
import { dynamoUnknownStore } from "../../shared/catalogue/dynamo-unknown-store.ts";
import { dynamoClusterStore } from "../../shared/cluster/dynamo-cluster-store.ts";
import { dynamoFlagStore } from "../../shared/flag/dynamo-flag-store.ts";
import { dynamoIncidentStore } from "../../shared/incident/dynamo-incident-store.ts";
import { dynamoLeakStore } from "../../shared/ledger/dynamo-leak-store.ts";
import { dynamoLedger } from "../../shared/ledger/dynamo-ledger.ts";
import { dynamoLifecycleStore } from "../../shared/lifecycle/dynamo-lifecycle-store.ts";
import { dynamoBudgetStore } from "../../shared/rail/dynamo-budget-store.ts";
import { budgetStoreContract } from "../contract/budget-store.contract.ts";
import { caseStoreContract } from "../contract/case-store.contract.ts";
import { catalogueStoreContract } from "../contract/catalogue-store.contract.ts";
import { claimStoreContract } from "../contract/claim-store.contract.ts";
import { clusterStoreContract } from "../contract/cluster-store.contract.ts";
import { dynamoRowsContract } from "../contract/dynamo-rows.contract.ts";
import { flagStoreContract } from "../contract/flag-store.contract.ts";
import { incidentStoreContract } from "../contract/incident-store.contract.ts";
import { leakStoreContract } from "../contract/leak-store.contract.ts";
import { ledgerContract } from "../contract/ledger.contract.ts";
import { lifecycleStoreContract } from "../contract/lifecycle-store.contract.ts";
import { reservationStoreContract } from "../contract/reservation-store.contract.ts";
import { unknownStoreContract } from "../contract/unknown-store.contract.ts";
import { startDynamoDbLocal } from "./aws/dynamodb-local.ts";

const dynamo = await startDynamoDbLocal();
afterAll(() => dynamo.stop());
const { client, createTable } = dynamo;

// dynalite is trusted only while DynamoDB Local keeps the same promises.
describe("on DynamoDB Local", () => {
  budgetStoreContract(async () => dynamoBudgetStore(client, await createTable()));
  caseStoreContract(async () => dynamoCaseStore(client, await createTable()));
  catalogueStoreContract(async () => dynamoCatalogueStore(client, await createTable()));
  claimStoreContract(async () => dynamoClaimStore(client, await createTable()));
  clusterStoreContract(async () => dynamoClusterStore(client, await createTable()));
  flagStoreContract(async () => dynamoFlagStore(client, await createTable()));
  incidentStoreContract(async () => dynamoIncidentStore(client, await createTable()));
  leakStoreContract(async () => dynamoLeakStore(client, await createTable()));
  ledgerContract(async () => dynamoLedger(client, await createTable()));
  lifecycleStoreContract(async () => dynamoLifecycleStore(client, await createTable()));
  reservationStoreContract(async () => dynamoReservationStore(client, await createTable()));
  unknownStoreContract(async () => dynamoUnknownStore(client, await createTable()));
  dynamoRowsContract(dynamo);
});
