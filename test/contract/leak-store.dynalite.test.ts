import { afterAll } from "vitest";
import { dynamoLeakStore } from "../../shared/ledger/dynamo-leak-store.ts";
import { startDynalite } from "./emulators.ts";
import { leakStoreContract } from "./leak-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

leakStoreContract(async () => dynamoLeakStore(dynamo.client, await dynamo.createTable()));
