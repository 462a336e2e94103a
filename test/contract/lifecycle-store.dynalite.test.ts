import { afterAll } from "vitest";
import { dynamoLifecycleStore } from "../../shared/lifecycle/dynamo-lifecycle-store.ts";
import { startDynalite } from "./emulators.ts";
import { lifecycleStoreContract } from "./lifecycle-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

lifecycleStoreContract(async () => dynamoLifecycleStore(dynamo.client, await dynamo.createTable()));
