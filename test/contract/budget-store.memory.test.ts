import { memoryBudgetStore } from "../fakes/memory-budget-store.ts";
import { budgetStoreContract } from "./budget-store.contract.ts";

budgetStoreContract(async () => memoryBudgetStore());
