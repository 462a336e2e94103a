import { memoryBudgetStore } from "./memory-budget-store.ts";
import { memoryCaseStore } from "./memory-case-store.ts";
import { memoryClaimStore } from "./memory-claim-store.ts";
import { memoryIncidentStore } from "./memory-incident-store.ts";
import { memoryLeakStore } from "./memory-leak-store.ts";
import { memoryLedger } from "./memory-ledger.ts";
import { memoryLifecycleStore } from "./memory-lifecycle-store.ts";
import { memoryReservationStore } from "./memory-reservation-store.ts";
import { memoryRungRecordStore } from "./memory-rung-record-store.ts";

/** Empty tables of all that a pipeline keeps, as its dependencies name them. */
export function memoryStores() {
  return {
    cases: memoryCaseStore(),
    claims: memoryClaimStore(),
    budgets: memoryBudgetStore(),
    reservations: memoryReservationStore(),
    rungs: memoryRungRecordStore(),
    ledger: memoryLedger(),
    leaks: memoryLeakStore(),
    lifecycles: memoryLifecycleStore(),
    incidents: memoryIncidentStore(),
  };
}
