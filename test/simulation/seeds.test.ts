import { describe, expect, it } from "vitest";
import { knobsOf } from "./knobs.ts";
import { simulate } from "./simulate.ts";

const groups = [1, 11, 21];

describe("the whole product in one process, under faults of every kind", () => {
  it.each(groups)(
    "does nothing wrong, and heals what can be healed once they stop: ten seeds from %i (S2-11)",
    async (first) => {
      const seeds = Array.from({ length: 10 }, (_, index) => first + index);
      const wrong: Record<number, readonly string[]> = {};
      let changes = 0;
      for (const seed of seeds) {
        const run = await simulate(seed, { knobs: knobsOf(seed) });
        changes += run.changes;
        if (run.wrongs.length > 0) wrong[seed] = run.wrongs;
      }
      expect(wrong).toEqual({});
      // Ten runs in which nothing is ever healed would show nothing.
      expect(changes).toBeGreaterThan(5);
    },
  );

  it("happens in the same way whenever a seed is run again", async () => {
    const seed = 6;
    const first = await simulate(seed, { knobs: knobsOf(seed) });
    const second = await simulate(seed, { knobs: knobsOf(seed) });
    expect(first.trace.length).toBeGreaterThan(500);
    expect(second.trace).toEqual(first.trace);
  });
});
