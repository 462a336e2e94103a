import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchWork, itemFailures, workOff } from "../../../../shared/lambda/batch.ts";

interface Item {
  readonly id: string;
  readonly object: string;
}

const settings = (more: Partial<BatchWork<Item>>): BatchWork<Item> => ({
  idOf: ({ id }) => id,
  objectOf: ({ object }) => object,
  limit: 5,
  mayStart: () => true,
  work: async () => {},
  failed: () => {},
  ...more,
});

describe("the answer to Lambda", () => {
  it("names exactly the failed ids that were received, each once, in their order (X-01)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<string[]>("", "a", "b", "c")),
        fc.array(fc.constantFrom<string[]>("", "a", "b", "c", "d")),
        (received, failed) => {
          const ids = itemFailures(received, failed).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
          const expected = ["a", "b", "c"].filter((each) => received.includes(each) && failed.includes(each));
          expect(ids.toSorted()).toEqual(expected);
          expect(ids).toEqual(ids.toSorted((x, y) => received.indexOf(x) - received.indexOf(y)));
        },
      ),
    );
  });
});

describe("a batch", () => {
  it("is worked off whole, whatever fails, and tells what comes again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1 }), object: fc.constantFrom("a", "b", "c") }), {
          selector: ({ id }) => id,
        }),
        fc.func(fc.boolean()),
        fc.integer({ min: 1, max: 4 }),
        async (items, fails, limit) => {
          const worked: string[] = [];
          const told: string[] = [];
          const again = await workOff(
            items,
            settings({
              limit,
              async work({ id }) {
                worked.push(id);
                if (fails(id)) throw new Error("no");
              },
              failed: ({ id }) => told.push(id),
            }),
          );
          const bad = items.map(({ id }) => id).filter((id) => fails(id));
          expect(worked.toSorted()).toEqual(items.map(({ id }) => id).toSorted());
          expect([...again].toSorted()).toEqual(bad.toSorted());
          expect(told.toSorted()).toEqual(bad.toSorted());
        },
      ),
    );
  });

  it("takes one object's items in their order, one after the other, and different objects side by side up to the limit", async () => {
    const under = new Map<string, number>();
    let most = 0;
    const order: string[] = [];
    const items = ["a1", "b1", "a2", "c1", "a3", "b2", "d1"].map((id) => ({ id, object: id.slice(0, 1) }));
    await workOff(
      items,
      settings({
        limit: 2,
        async work({ id, object }) {
          expect(under.get(object) ?? 0).toBe(0);
          under.set(object, 1);
          most = Math.max(
            most,
            [...under.values()].reduce((sum, each) => sum + each, 0),
          );
          await Promise.resolve();
          await Promise.resolve();
          order.push(id);
          under.set(object, 0);
        },
      }),
    );
    expect(most).toBe(2);
    for (const object of ["a", "b", "c", "d"]) {
      const own = order.filter((id) => id.startsWith(object));
      expect(own).toEqual(own.toSorted());
    }
    expect(order).toHaveLength(7);
  });

  it("begins nothing that may not end in time: it comes again untouched", async () => {
    let left = 2;
    const worked: string[] = [];
    const items = ["1", "2", "3", "4"].map((id) => ({ id, object: id }));
    const again = await workOff(
      items,
      settings({ limit: 1, mayStart: () => left-- > 0, work: async ({ id }) => void worked.push(id) }),
    );
    expect(worked).toEqual(["1", "2"]);
    expect([...again]).toEqual(["3", "4"]);
  });
});
