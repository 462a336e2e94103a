import type { Instant } from "../time/clock.ts";

/** How many actions of one kind may fall into a sliding window. */
export interface Budget {
  /** What is limited: `<mode>#<class>#<scope>#…`; a shadow budget (observe mode) has a key of its own. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** For people: "node n1: 2 force-deletes in 10m". */
  readonly title: string;
}

export type Spend =
  | { readonly kind: "spent" }
  /** The same stamp lies in the window: it counts once, and whoever spent it may have acted. Not to be given back by who did not spend it. */
  | { readonly kind: "already" }
  /** `nextAt`: when the oldest stamp leaves the window. */
  | { readonly kind: "exhausted"; readonly nextAt: Instant };

/**
 * Counts our own actions. Up to a limit of 50 a budget is one row with its last stamps (exact sliding log); above, one row of ten
 * sub-window counters, which never allows more than the limit in any window (it may allow less at a sub-window's edge).
 */
export interface BudgetStore {
  /** One conditional write. Safe to repeat with the same stamp: it counts once. */
  spend(budget: Budget, stamp: string, now: Instant): Promise<Spend>;
  /** Takes back a stamp of an attempt that certainly did nothing. Unknown stamps are ignored. */
  giveBack(budget: Budget, stamp: string, spentAt: Instant): Promise<void>;
  /** How many stamps lie in the window now. */
  used(budget: Budget, now: Instant): Promise<number>;
}
