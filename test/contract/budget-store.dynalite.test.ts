import { afterAll } from "vitest";
import { dynamoBudgetStore } from "../../shared/rail/dynamo-budget-store.ts";
import { budgetStoreContract } from "./budget-store.contract.ts";
import { startDynalite } from "./emulators.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

budgetStoreContract(async () => dynamoBudgetStore(dynamo.client, await dynamo.createTable()));
