import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Budget } from "../../../../shared/rail/budget.ts";
import {
  emptySpendLog,
  logGiveBack,
  loggedSpends,
  logSpend,
  type SpendLog,
} from "../../../../shared/rail/spend-log.ts";

const windowMs = 9_000;
const subWindowMs = 1_000;

function aBudget(limit: number): Budget {
  return { key: "act#cluster#eu-1", limit, windowMs, title: "" };
}

/** The log after spends that must all succeed. */
function spentAt(budget: Budget, instants: readonly number[]): SpendLog {
  return instants.reduce((log, at, index) => {
    const spend = logSpend(log, budget, `stamp-${index}`, at);
    if (spend.kind !== "spent") throw new Error(`spend ${index}: ${spend.kind}`);
    return spend.log;
  }, emptySpendLog);
}

describe("the spend log, up to a limit of 50", () => {
  it("keeps one stamp for each spend, and only those of the window", () => {
    const log = spentAt(aBudget(50), [0, 1_000, 9_000]);
    expect(log).toEqual({
      stamps: [
        { id: "stamp-1", at: 1_000 },
        { id: "stamp-2", at: 9_000 },
      ],
      counts: [],
      remembered: [],
      latestAt: 9_000,
    });
  });

  it("is exhausted until the oldest stamp leaves", () => {
    const log = spentAt(aBudget(2), [100, 200]);
    expect(logSpend(log, aBudget(2), "next", 9_099)).toEqual({ kind: "exhausted", nextAt: 9_100 });
    expect(logSpend(log, aBudget(2), "next", 9_100).kind).toBe("spent");
  });

  it("names the window's length where the limit is 0", () => {
    expect(logSpend(emptySpendLog, aBudget(0), "a", 500)).toEqual({ kind: "exhausted", nextAt: 9_500 });
  });

  it("knows a stamp again, also when exhausted, until it has left the window", () => {
    const log = spentAt(aBudget(1), [100]);
    expect(logSpend(log, aBudget(1), "stamp-0", 9_099)).toEqual({ kind: "already" });
    expect(logSpend(log, aBudget(1), "stamp-0", 9_100).kind).toBe("spent");
  });

  it("stamps a caller whose clock is behind with the row's own time", () => {
    const log = spentAt(aBudget(3), [5_000, 1_000]);
    expect(log.stamps.map((each) => each.at)).toEqual([5_000, 5_000]);
  });

  it("keeps the row's time when the newest stamp is given back", () => {
    const log = logGiveBack(spentAt(aBudget(3), [100, 5_000]), "stamp-1") ?? emptySpendLog;
    const next = logSpend(log, aBudget(3), "next", 200);
    expect(next.kind === "spent" && next.log.stamps.at(-1)).toEqual({ id: "next", at: 5_000 });
  });
});

describe("the spend log, above a limit of 50", () => {
  it("counts per ninth of the window and remembers the newest stamps", () => {
    const log = spentAt(aBudget(60), [100, 900, 1_000, 2_500, 3_100]);
    expect(log.counts).toEqual([
      { from: 0, until: 1_000, n: 2 },
      { from: 1_000, until: 2_000, n: 1 },
      { from: 2_000, until: 3_000, n: 1 },
      { from: 3_000, until: 4_000, n: 1 },
    ]);
    expect(log.remembered.map((each) => each.id)).toEqual(["stamp-3", "stamp-4"]);
    expect(log.stamps).toEqual([]);
  });

  it("never holds more than ten counters", () => {
    const log = spentAt(
      aBudget(1_000),
      Array.from({ length: 400 }, (_, index) => index * 97),
    );
    expect(log.counts.length).toBeLessThanOrEqual(10);
  });

  it("counts a sub-window whole until its last millisecond has left", () => {
    const log = spentAt(aBudget(51), Array(51).fill(300));
    expect(logSpend(log, aBudget(51), "next", 9_300)).toEqual({ kind: "exhausted", nextAt: 9_999 });
    expect(loggedSpends(log, aBudget(51), 9_998)).toBe(51);
    expect(loggedSpends(log, aBudget(51), 9_999)).toBe(0);
    expect(logSpend(log, aBudget(51), "next", 9_999).kind).toBe("spent");
  });

  it("recognises a repeated stamp for at least one sub-window", () => {
    const log = spentAt(aBudget(60), [999]);
    expect(logSpend(log, aBudget(60), "stamp-0", 999 + subWindowMs)).toEqual({ kind: "already" });
  });

  it("gives back what it remembers, out of the counter it stands in", () => {
    const log = spentAt(aBudget(60), [500, 1_500, 1_600]);
    const less = logGiveBack(log, "stamp-1");
    expect(less?.counts).toEqual([
      { from: 0, until: 1_000, n: 1 },
      { from: 1_000, until: 2_000, n: 1 },
    ]);
    expect(less?.remembered.map((each) => each.id)).toEqual(["stamp-0", "stamp-2"]);
  });

  it("drops a counter that is empty after a give-back", () => {
    expect(logGiveBack(spentAt(aBudget(60), [500]), "stamp-0")?.counts).toEqual([]);
  });

  it("does not give back what it no longer remembers", () => {
    const log = spentAt(aBudget(60), [0, 5_000]);
    expect(logGiveBack(log, "stamp-0")).toBeUndefined();
    expect(loggedSpends(log, aBudget(60), 5_000)).toBe(2);
  });
});

describe("a limit that crosses the border", () => {
  it("adds up what both forms hold", () => {
    const whole = spentAt(aBudget(60), Array(28).fill(100));
    expect(logSpend(whole, aBudget(28), "halved", 200).kind).toBe("exhausted");
    const one = logSpend(whole, aBudget(30), "one", 200);
    const log = one.kind === "spent" ? one.log : emptySpendLog;
    expect(log.stamps).toEqual([{ id: "one", at: 200 }]);
    expect(loggedSpends(log, aBudget(60), 200)).toBe(29);
  });
});

describe("the spend log, for any spends and give-backs", () => {
  const step = fc.record({
    pause: fc.oneof(fc.nat(30), fc.nat(2_500)),
    behind: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(200) }),
    giveBack: fc.boolean(),
  });
  const limit = fc.constantFrom(1, 2, 7, 50, 51, 60);

  interface Run {
    readonly spent: readonly { readonly id: string; readonly at: number }[];
    /** For each refusal: how many unreturned spends lay in the window, widened by a sub-window for the counters. */
    readonly fullAtRefusal: readonly number[];
  }

  /** Runs the steps; spends carry the caller's own instants, which may be behind the row's. */
  function run(budget: Budget, steps: readonly { pause: number; behind: number; giveBack: boolean }[]): Run {
    let log = emptySpendLog;
    let time = 100_000;
    let spent: { id: string; at: number }[] = [];
    const fullAtRefusal: number[] = [];
    const slackMs = budget.limit > 50 ? subWindowMs : 0;
    for (const [index, { pause, behind, giveBack }] of steps.entries()) {
      time += pause;
      const newest = spent.at(-1);
      const without = giveBack && newest ? logGiveBack(log, newest.id) : undefined;
      if (without) {
        log = without;
        spent = spent.slice(0, -1);
        continue;
      }
      const id = `stamp-${index}`;
      const answer = logSpend(log, budget, id, time - behind);
      if (answer.kind === "spent") {
        log = answer.log;
        spent.push({ id, at: time });
      } else {
        fullAtRefusal.push(spent.filter((each) => each.at > time - windowMs - slackMs - 200).length);
      }
    }
    return { spent, fullAtRefusal };
  }

  it("never holds more than the limit in any window", () => {
    fc.assert(
      fc.property(limit, fc.array(step, { maxLength: 150 }), (n, steps) => {
        const exact = steps.map((each) => ({ ...each, behind: 0 }));
        const { spent } = run(aBudget(n), exact);
        for (const { at } of spent) {
          const window = spent.filter((each) => each.at >= at && each.at < at + windowMs);
          expect(window.length).toBeLessThanOrEqual(n);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("refuses only when the window, give or take a sub-window and a clock that is behind, is full", () => {
    fc.assert(
      fc.property(limit, fc.array(step, { maxLength: 150 }), (n, steps) => {
        const { fullAtRefusal } = run(aBudget(n), steps);
        expect(fullAtRefusal.every((each) => each >= n)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("succeeds at the instant that a refusal names", () => {
    fc.assert(
      fc.property(limit, fc.array(fc.nat(600), { minLength: 1, maxLength: 120 }), (n, pauses) => {
        let log = emptySpendLog;
        let time = 0;
        for (const [index, pause] of pauses.entries()) {
          time += pause;
          const answer = logSpend(log, aBudget(n), `stamp-${index}`, time);
          if (answer.kind === "spent") log = answer.log;
          if (answer.kind !== "exhausted") continue;
          expect(answer.nextAt).toBeGreaterThan(time);
          expect(logSpend(log, aBudget(n), "later", answer.nextAt).kind).toBe("spent");
        }
      }),
      { numRuns: 200 },
    );
  });
});
