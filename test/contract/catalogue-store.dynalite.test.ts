import { afterAll } from "vitest";
import { dynamoCatalogueStore } from "../../shared/catalogue/dynamo-catalogue-store.ts";
import { catalogueStoreContract } from "./catalogue-store.contract.ts";
import { startDynalite } from "./emulators.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

catalogueStoreContract(async () => dynamoCatalogueStore(dynamo.client, await dynamo.createTable()));
