import fc from "fast-check";
import { expect, it } from "vitest";
import type { ContainerExit, Lifecycle } from "../../../../shared/lifecycle/lifecycle.ts";
import { mergeLifecycles } from "../../../../shared/lifecycle/merge-lifecycles.ts";

const life: Lifecycle = { cluster: "eu-1", pod: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" } };

it("takes the first record as it is", () => {
  expect(mergeLifecycles(undefined, { ...life, readyAt: 5 })).toEqual({ ...life, readyAt: 5 });
});

it("keeps the earlier of two instants, whichever came first", () => {
  const instants = { createdAt: 1, scheduledAt: 2, startedAt: 3, sandboxAt: 4, firstStartedAt: 5, readyAt: 6 };
  const ends = { deletionRequestedAt: 7, deletionAt: 8, goneAt: 9 };
  const early = { ...life, ...instants, ...ends };
  const late = {
    ...life,
    ...Object.fromEntries(Object.entries({ ...instants, ...ends }).map(([m, at]) => [m, at + 10])),
  };
  expect(mergeLifecycles(early, late)).toEqual(early);
  expect(mergeLifecycles(late, early)).toEqual(early);
});

it("keeps what the newer record does not mention", () => {
  const stored = { ...life, nodeName: "n1", owner: "Job/x", goneAt: 9, restarts: 2, heals: ["a-1"] };
  expect(mergeLifecycles(stored, life)).toEqual(stored);
});

it("takes a node and an owner from the newer record", () => {
  const merged = mergeLifecycles(
    { ...life, owner: "ReplicaSet/old" },
    { ...life, nodeName: "n1", owner: "ReplicaSet/new" },
  );
  expect(merged).toEqual({ ...life, nodeName: "n1", owner: "ReplicaSet/new" });
});

it("keeps the higher restart count", () => {
  expect(mergeLifecycles({ ...life, restarts: 3 }, { ...life, restarts: 2 }).restarts).toBe(3);
  expect(mergeLifecycles({ ...life, restarts: 2 }, { ...life, restarts: 3 }).restarts).toBe(3);
  expect(mergeLifecycles(life, { ...life, restarts: 0 }).restarts).toBe(0);
});

it("adds heals at the end, each once", () => {
  expect(mergeLifecycles({ ...life, heals: ["a", "b"] }, { ...life, heals: ["b", "c"] }).heals).toEqual([
    "a",
    "b",
    "c",
  ]);
  expect(mergeLifecycles(undefined, { ...life, heals: ["a", "a"] }).heals).toEqual(["a"]);
});

const anExit = (at: number, more: Partial<ContainerExit> = {}): ContainerExit => ({
  container: "app",
  at,
  exitCode: 1,
  ...more,
});

it("keeps the newest ten ended runs, oldest first, each once", () => {
  const first = { ...life, exits: [8, 2, 4, 6, 10, 12].map((at) => anExit(at)) };
  const second = { ...life, exits: [12, 1, 3, 5, 7, 9].map((at) => anExit(at)) };
  expect(mergeLifecycles(first, second).exits?.map(({ at }) => at)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
});

it("keeps the runs of two containers apart that ended in the same second", () => {
  const exits = [anExit(5), anExit(5, { container: "proxy" }), anExit(5, { exitCode: 137, reason: "OOMKilled" })];
  expect(mergeLifecycles({ ...life, exits: exits.slice(0, 2) }, { ...life, exits: exits.slice(1) }).exits).toHaveLength(
    3,
  );
});

it("keeps the ten newest of ten thousand runs in one record", () => {
  const exits = Array.from({ length: 10_000 }, (_, at) => anExit(at, { container: `c-${at % 7}` }));
  expect(mergeLifecycles(undefined, { ...life, exits }).exits?.map(({ at }) => at)).toEqual(
    Array.from({ length: 10 }, (_, index) => 9_990 + index),
  );
});

it("keeps the end that has a reason, whichever came first", () => {
  const bare = { ...life, end: { phase: "Failed" } };
  const evicted = { ...life, end: { phase: "Failed", reason: "Evicted" } };
  expect(mergeLifecycles(bare, evicted).end).toEqual({ phase: "Failed", reason: "Evicted" });
  expect(mergeLifecycles(evicted, bare).end).toEqual({ phase: "Failed", reason: "Evicted" });
  expect(mergeLifecycles(evicted, life).end).toEqual({ phase: "Failed", reason: "Evicted" });
});

const instant = fc.integer({ min: 1, max: 40 });
const anyExit = fc.record(
  {
    container: fc.constantFrom("app", "proxy"),
    at: instant,
    exitCode: fc.constantFrom(0, 1, 137),
    reason: fc.constantFrom("Error", "OOMKilled"),
  },
  { requiredKeys: ["container", "at", "exitCode"] },
);
const anyLife: fc.Arbitrary<Lifecycle> = fc
  .record(
    {
      createdAt: instant,
      scheduledAt: instant,
      startedAt: instant,
      sandboxAt: instant,
      firstStartedAt: instant,
      readyAt: instant,
      deletionRequestedAt: instant,
      deletionAt: instant,
      goneAt: instant,
      restarts: fc.nat(5),
      exits: fc.array(anyExit, { minLength: 1, maxLength: 15 }),
      end: fc.record(
        { phase: fc.constantFrom("Failed", "Succeeded"), reason: fc.constantFrom("Evicted", "NodeLost") },
        { requiredKeys: ["phase"] },
      ),
      heals: fc.array(fc.constantFrom("a-1", "a-2", "a-3"), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  .map((members) => ({ ...life, ...members }));

/** Everything that does not depend on the order; of the heals, which ones. */
const merged = (...records: readonly Lifecycle[]) => {
  const whole = records.reduce<Lifecycle | undefined>(mergeLifecycles, undefined);
  return { ...whole, heals: whole?.heals?.toSorted() };
};

it("comes to the same life in whatever order, grouping and number records come", () => {
  fc.assert(
    fc.property(anyLife, anyLife, anyLife, (a, b, c) => {
      const whole = merged(a, b, c);
      expect(merged(c, a, b)).toEqual(whole);
      expect(merged(b, a, c)).toEqual(whole);
      expect(merged(a, mergeLifecycles(mergeLifecycles(undefined, b), c))).toEqual(whole);
      expect(merged(a, b, c, b, a)).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});
