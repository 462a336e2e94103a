import fc from "fast-check";
import { expect, it } from "vitest";
import { forEachBounded } from "../../../../shared/concurrency/for-each-bounded.ts";

it("runs every item once, never more than the limit at a time, starting them in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (turns, limit) => {
        let under = 0;
        let most = 0;
        const started: number[] = [];
        const items = turns.map((turn, index) => ({ turn, index }));
        await forEachBounded(items, limit, async ({ turn, index }) => {
          started.push(index);
          under++;
          most = Math.max(most, under);
          for (let each = 0; each < turn; each++) await Promise.resolve();
          under--;
        });
        expect(started).toEqual(items.map(({ index }) => index));
        expect(under).toBe(0);
        expect(most).toBeLessThanOrEqual(limit);
        if (items.length >= limit) expect(most).toBe(limit);
      },
    ),
  );
});
