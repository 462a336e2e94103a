import { afterAll } from "vitest";
import { dynamoFlagStore } from "../../shared/flag/dynamo-flag-store.ts";
import { startDynalite } from "./emulators.ts";
import { flagStoreContract } from "./flag-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

flagStoreContract(async () => dynamoFlagStore(dynamo.client, await dynamo.createTable()));
