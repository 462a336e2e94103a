import { afterAll } from "vitest";
import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import { caseStoreContract } from "./case-store.contract.ts";
import { startDynalite } from "./emulators.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

caseStoreContract(async () => dynamoCaseStore(dynamo.client, await dynamo.createTable()));
