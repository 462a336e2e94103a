import { expect, it } from "vitest";
import type { Lifecycle } from "../../../../shared/lifecycle/lifecycle.ts";
import { mergeLifecycles } from "../../../../shared/lifecycle/merge-lifecycles.ts";

const life: Lifecycle = { cluster: "eu-1", pod: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" } };

it("takes the first record as it is", () => {
  expect(mergeLifecycles(undefined, { ...life, readyAt: 5 })).toEqual({ ...life, readyAt: 5 });
});

it("keeps the earlier of two instants, whichever came first", () => {
  const early = { ...life, createdAt: 1, scheduledAt: 2, startedAt: 3, readyAt: 4, deletionAt: 5, goneAt: 6 };
  const late = { ...life, createdAt: 11, scheduledAt: 12, startedAt: 13, readyAt: 14, deletionAt: 15, goneAt: 16 };
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
