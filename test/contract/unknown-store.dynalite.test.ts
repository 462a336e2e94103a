import { afterAll } from "vitest";
import { dynamoUnknownStore } from "../../shared/catalogue/dynamo-unknown-store.ts";
import { startDynalite } from "./emulators.ts";
import { unknownStoreContract } from "./unknown-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

unknownStoreContract(async () => dynamoUnknownStore(dynamo.client, await dynamo.createTable()));
