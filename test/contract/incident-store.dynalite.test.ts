import { afterAll } from "vitest";
import { dynamoIncidentStore } from "../../shared/incident/dynamo-incident-store.ts";
import { startDynalite } from "./emulators.ts";
import { incidentStoreContract } from "./incident-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

incidentStoreContract(async () => dynamoIncidentStore(dynamo.client, await dynamo.createTable()));
