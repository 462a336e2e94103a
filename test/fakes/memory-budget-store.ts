import type { Budget, BudgetStore } from "../../shared/rail/budget.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

interface Stamp {
  readonly id: string;
  readonly at: Instant;
}

/** An exact sliding log for every limit: also for large ones, where the table's counters may allow less at an edge. */
export function memoryBudgetStore(): WithFaults<BudgetStore> {
  const rows = new Map<string, Stamp[]>();
  const within = (budget: Budget, now: Instant): Stamp[] =>
    (rows.get(budget.key) ?? []).filter((each) => each.at > now - budget.windowMs);
  const store: BudgetStore = {
    async spend(budget, stamp, now) {
      // A row's time never goes back: a caller with a slow clock must not make room.
      const at = Math.max(now, rows.get(budget.key)?.at(-1)?.at ?? now);
      const stamps = within(budget, at);
      if (stamps.some((each) => each.id === stamp)) return { kind: "already" };
      if (stamps.length >= budget.limit) {
        return { kind: "exhausted", nextAt: (stamps[0]?.at ?? at) + budget.windowMs };
      }
      rows.set(budget.key, [...stamps, { id: stamp, at }]);
      return { kind: "spent" };
    },
    async giveBack(budget, stamp) {
      rows.set(
        budget.key,
        (rows.get(budget.key) ?? []).filter((each) => each.id !== stamp),
      );
    },
    async used(budget, now) {
      return within(budget, now).length;
    },
  };
  return withFaults(store);
}
