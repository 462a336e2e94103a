import type { Instant } from "../time/clock.ts";
import type { Budget } from "./budget.ts";

interface SpendStamp {
  readonly id: string;
  readonly at: Instant;
}

/** `n` spends somewhere in [from, until). */
interface SpendCount {
  readonly from: Instant;
  readonly until: Instant;
  readonly n: number;
}

/**
 * What one budget's row remembers. Up to `exactLimit` every spend is a stamp of its own (a sliding log):
 *
 *       ├──────── window ────────┤ now        a stamp counts while   now - window < at
 *   ·   ·  ·      ··        ·    ·
 *
 * Above, spends are counted per ninth of the window, so that a window never touches more than ten counters. A counter counts whole while its
 * latest possible instant does: never more than the limit in any window, sometimes less.
 *
 *     ├─3─┼─7─┼─0─┼─2─┼─ … ─┤
 *       ├──────── window ────────┤ now
 *
 * A row may hold both (a limit that is halved crosses the border): they add up. Its time never goes back (`latestAt`), so that a caller with
 * a slow clock makes no room.
 */
export interface SpendLog {
  /** Oldest first. */
  readonly stamps: readonly SpendStamp[];
  /** Oldest first. */
  readonly counts: readonly SpendCount[];
  /** The stamps behind the newest counters: a repeat or a give-back is recognised for at least one sub-window. Oldest first. */
  readonly remembered: readonly SpendStamp[];
  readonly latestAt: Instant;
}

export const emptySpendLog: SpendLog = { stamps: [], counts: [], remembered: [], latestAt: 0 };

/** Up to this limit a budget is exact: 50 stamps of a UUID make a row of about 3 KB. */
const exactLimit = 50;
/** Ten counters of a ninth each cover a whole window wherever it begins. */
const subWindows = 9;

export type LoggedSpend =
  | { readonly kind: "spent"; readonly log: SpendLog }
  /** This stamp is there already: nothing to write. */
  | { readonly kind: "already" }
  | { readonly kind: "exhausted"; readonly nextAt: Instant };

export function logSpend(stored: SpendLog, budget: Budget, stamp: string, now: Instant): LoggedSpend {
  const at = Math.max(now, stored.latestAt);
  const log = pruned(stored, budget, at);
  if ([...log.stamps, ...log.remembered].some((each) => each.id === stamp)) return { kind: "already" };
  if (total(log) >= budget.limit) return { kind: "exhausted", nextAt: roomAt(log, budget, at) };
  return {
    kind: "spent",
    log: budget.limit <= exactLimit ? withStamp(log, stamp, at) : withCount(log, budget, stamp, at),
  };
}

/** The log without the stamp; undefined when it does not know it. */
export function logGiveBack(log: SpendLog, stamp: string): SpendLog | undefined {
  if (log.stamps.some((each) => each.id === stamp)) {
    return { ...log, stamps: log.stamps.filter((each) => each.id !== stamp) };
  }
  const counted = log.remembered.find((each) => each.id === stamp);
  if (!counted) return undefined;
  return {
    ...log,
    counts: log.counts
      .map((each) => (each.from <= counted.at && counted.at < each.until ? { ...each, n: each.n - 1 } : each))
      .filter((each) => each.n > 0),
    remembered: log.remembered.filter((each) => each.id !== stamp),
  };
}

export function loggedSpends(log: SpendLog, budget: Budget, now: Instant): number {
  return total(pruned(log, budget, now));
}

function withStamp(log: SpendLog, id: string, at: Instant): SpendLog {
  return { ...log, stamps: [...log.stamps, { id, at }], latestAt: at };
}

function withCount(log: SpendLog, budget: Budget, id: string, at: Instant): SpendLog {
  const width = subWindowMs(budget);
  const from = Math.floor(at / width) * width;
  const newest = log.counts.at(-1);
  const counts =
    newest?.from === from && newest.until === from + width
      ? [...log.counts.slice(0, -1), { ...newest, n: newest.n + 1 }]
      : [...log.counts, { from, until: from + width, n: 1 }];
  return { ...log, counts, remembered: [...log.remembered, { id, at }], latestAt: at };
}

function pruned(log: SpendLog, budget: Budget, at: Instant): SpendLog {
  const start = at - budget.windowMs;
  const rememberedFrom = Math.max(start, at - 2 * subWindowMs(budget));
  return {
    ...log,
    stamps: log.stamps.filter((each) => each.at > start),
    counts: log.counts.filter((each) => each.until - 1 > start),
    remembered: log.remembered.filter((each) => each.at > rememberedFrom),
  };
}

function total(log: SpendLog): number {
  return log.stamps.length + log.counts.reduce((sum, each) => sum + each.n, 0);
}

/** When the oldest spend leaves the window. */
function roomAt(log: SpendLog, budget: Budget, at: Instant): Instant {
  const latestOfOldest = [log.stamps[0]?.at, log.counts[0] && log.counts[0].until - 1].filter(
    (each) => each !== undefined,
  );
  return (latestOfOldest.length === 0 ? at : Math.min(...latestOfOldest)) + budget.windowMs;
}

function subWindowMs(budget: Budget): number {
  return Math.max(1, Math.ceil(budget.windowMs / subWindows));
}
