import fc from "fast-check";
import { expect } from "vitest";
import type { Budget, BudgetStore } from "../../shared/rail/budget.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const windowMs = 600_000;
/** Above a limit of 50 a spend may count for up to this much longer (`budget.ts`). */
const edgeMs = Math.ceil(windowMs / 9);

function aBudget(limit: number, key = "act#node#eu-1/n1"): Budget {
  return { key, limit, windowMs, title: `${limit} in 10m` };
}

export function budgetStoreContract(create: () => Promise<BudgetStore>, deviations: Deviations = {}): void {
  contract("BudgetStore", deviations, (keeps) => {
    keeps("spends up to the limit, then says when the oldest stamp leaves the window", async () => {
      const budgets = await create();
      const budget = aBudget(2);
      expect(await budgets.spend(budget, "a", now)).toEqual({ kind: "spent" });
      expect(await budgets.spend(budget, "b", now + 1_000)).toEqual({ kind: "spent" });
      expect(await budgets.spend(budget, "c", now + 2_000)).toEqual({ kind: "exhausted", nextAt: now + windowMs });
      expect(await budgets.used(budget, now + 2_000)).toBe(2);
    });

    keeps("has room at the millisecond at which the oldest stamp leaves, not before", async () => {
      const budgets = await create();
      const budget = aBudget(1);
      await budgets.spend(budget, "a", now);
      expect((await budgets.spend(budget, "b", now + windowMs - 1)).kind).toBe("exhausted");
      expect(await budgets.used(budget, now + windowMs - 1)).toBe(1);
      expect(await budgets.used(budget, now + windowMs)).toBe(0);
      expect(await budgets.spend(budget, "b", now + windowMs)).toEqual({ kind: "spent" });
    });

    keeps("counts a repeated stamp once, also when the budget is exhausted", async () => {
      const budgets = await create();
      for (const limit of [2, 51]) {
        const budget = aBudget(limit, `repeat-${limit}`);
        for (let i = 0; i < limit; i++) await budgets.spend(budget, `stamp-${i}`, now);
        expect(await budgets.spend(budget, `stamp-${limit - 1}`, now + 5)).toEqual({ kind: "already" });
        expect(await budgets.spend(budget, "stamp-0", now + 5)).toEqual({ kind: "already" });
        expect(await budgets.used(budget, now + 5)).toBe(limit);
      }
    });

    keeps("gives a stamp back, once, and ignores one it does not know", async () => {
      const budgets = await create();
      for (const limit of [2, 51]) {
        const budget = aBudget(limit, `back-${limit}`);
        for (let i = 0; i < limit; i++) await budgets.spend(budget, `stamp-${i}`, now);
        await budgets.giveBack(budget, "unknown", now);
        expect(await budgets.used(budget, now)).toBe(limit);
        await budgets.giveBack(budget, "stamp-1", now);
        await budgets.giveBack(budget, "stamp-1", now);
        expect(await budgets.used(budget, now)).toBe(limit - 1);
        expect((await budgets.spend(budget, "next", now)).kind).toBe("spent");
        expect((await budgets.spend(budget, "one more", now)).kind).toBe("exhausted");
      }
    });

    keeps("ignores a give-back to a budget that was never spent", async () => {
      const budgets = await create();
      await budgets.giveBack(aBudget(2), "a", now);
      expect(await budgets.used(aBudget(2), now)).toBe(0);
    });

    keeps("lets exactly 20 of 50 parallel spends through a limit of 20", async () => {
      const budgets = await create();
      const budget = aBudget(20);
      const answers = await racing(50, (index) => budgets.spend(budget, `stamp-${index}`, now));
      expect(answers.filter((each) => each.kind === "spent")).toHaveLength(20);
      expect(answers.filter((each) => each.kind === "exhausted")).toHaveLength(30);
      expect(await budgets.used(budget, now)).toBe(20);
    });

    keeps("lets exactly the last 10 of a limit of 51 go to 20 parallel spends", async () => {
      const budgets = await create();
      const budget = aBudget(51);
      for (let i = 0; i < 41; i++) await budgets.spend(budget, `before-${i}`, now);
      const answers = await racing(20, (index) => budgets.spend(budget, `stamp-${index}`, now));
      expect(answers.filter((each) => each.kind === "spent")).toHaveLength(10);
      expect(await budgets.used(budget, now)).toBe(51);
    });

    keeps("counts parallel spends of one stamp once", async () => {
      const budgets = await create();
      const budget = aBudget(20);
      await racing(10, () => budgets.spend(budget, "same", now));
      expect(await budgets.used(budget, now)).toBe(1);
    });

    keeps("has room for a large limit again at the instant it named", async () => {
      const budgets = await create();
      const budget = aBudget(60);
      for (let i = 0; i < 60; i++) await budgets.spend(budget, `stamp-${i}`, now + i);
      const refused = await budgets.spend(budget, "late", now + 1_000);
      expect(refused.kind).toBe("exhausted");
      const nextAt = refused.kind === "exhausted" ? refused.nextAt : 0;
      expect(nextAt).toBeGreaterThanOrEqual(now + windowMs);
      expect(nextAt).toBeLessThanOrEqual(now + windowMs + edgeMs);
      expect(await budgets.spend(budget, "late", nextAt)).toEqual({ kind: "spent" });
    });

    keeps("remembers what was spent when the limit is halved and raised again", async () => {
      const budgets = await create();
      for (let i = 0; i < 30; i++) await budgets.spend(aBudget(60), `whole-${i}`, now);
      expect((await budgets.spend(aBudget(30), "halved", now)).kind).toBe("exhausted");
      expect((await budgets.spend(aBudget(31), "one", now)).kind).toBe("spent");
      expect((await budgets.spend(aBudget(31), "two", now)).kind).toBe("exhausted");
      expect(await budgets.used(aBudget(60), now)).toBe(31);
    });

    keeps("makes no room for a caller whose clock is behind", async () => {
      const budgets = await create();
      const budget = aBudget(1);
      await budgets.spend(budget, "a", now);
      expect((await budgets.spend(budget, "b", now - 2 * windowMs)).kind).toBe("exhausted");
    });

    keeps("keeps budgets of different keys apart", async () => {
      const budgets = await create();
      await budgets.spend(aBudget(1, "act#x"), "a", now);
      expect(await budgets.spend(aBudget(1, "observe#x"), "a", now)).toEqual({ kind: "spent" });
    });

    keeps("never allows more than the limit in any window, and less only at the edge of a large limit", async () => {
      const budgets = await create();
      let run = 0;
      const limits = fc.constantFrom(1, 3, 8, 52);
      const pauses = fc.array(fc.oneof(fc.nat(5_000), fc.nat(windowMs / 4)), { minLength: 1, maxLength: 90 });
      await fc.assert(
        fc.asyncProperty(limits, pauses, async (limit, steps) => {
          run += 1;
          const budget = aBudget(limit, `window-${run}`);
          const slackMs = limit > 50 ? edgeMs : 0;
          const spent: number[] = [];
          let time = now;
          for (const [index, pause] of steps.entries()) {
            time += pause;
            const answer = await budgets.spend(budget, `stamp-${index}`, time);
            const inWindow = (reach: number) => spent.filter((each) => each > time - reach).length;
            if (answer.kind === "spent") {
              spent.push(time);
              expect(inWindow(windowMs)).toBeLessThanOrEqual(limit);
            } else {
              expect(inWindow(windowMs + slackMs)).toBeGreaterThanOrEqual(limit);
            }
          }
        }),
        { numRuns: 12 },
      );
    });
  });
}
