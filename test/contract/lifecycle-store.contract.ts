import fc from "fast-check";
import { expect } from "vitest";
import type { Lifecycle, LifecycleStore } from "../../shared/lifecycle/lifecycle.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");
const pod = { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" };

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullLife: Required<Lifecycle> = {
  cluster: "eu-1",
  pod,
  nodeName: "n1",
  owner: "ReplicaSet/web-5d",
  createdAt: at,
  scheduledAt: at + 1,
  startedAt: at + 2,
  readyAt: at + 3,
  deletionAt: at + 4,
  goneAt: at + 5,
  restarts: 6,
  heals: ["a-1", "a-2"],
};

export function lifecycleStoreContract(create: () => Promise<LifecycleStore>, deviations: Deviations = {}): void {
  contract("LifecycleStore", deviations, (keeps) => {
    keeps("gives back every member of what was recorded", async () => {
      const lives = await create();
      expect(await lives.read("eu-1", "uid-1")).toBeUndefined();
      await lives.record(fullLife);
      expect(await lives.read("eu-1", "uid-1")).toEqual(fullLife);
    });

    keeps("merges what comes later", async () => {
      const lives = await create();
      await lives.record({ cluster: "eu-1", pod, createdAt: at, owner: "Job/x" });
      await lives.record({ cluster: "eu-1", pod, nodeName: "n1", readyAt: at + 3, restarts: 1 });
      await lives.record({ cluster: "eu-1", pod, goneAt: at + 9, restarts: 4 });
      expect(await lives.read("eu-1", "uid-1")).toEqual({
        cluster: "eu-1",
        pod,
        createdAt: at,
        owner: "Job/x",
        nodeName: "n1",
        readyAt: at + 3,
        goneAt: at + 9,
        restarts: 4,
      });
    });

    keeps("keeps the earlier of two instants and the higher of two restart counts, in any order", async () => {
      const lives = await create();
      await lives.record({ cluster: "eu-1", pod, readyAt: at + 3, deletionAt: at + 50, restarts: 2 });
      await lives.record({ cluster: "eu-1", pod, readyAt: at + 8, deletionAt: at + 20, restarts: 1 });
      expect(await lives.read("eu-1", "uid-1")).toEqual({
        cluster: "eu-1",
        pod,
        readyAt: at + 3,
        deletionAt: at + 20,
        restarts: 2,
      });
    });

    keeps("adds heals in their order, each once, also to a pod that nobody recorded", async () => {
      const lives = await create();
      await lives.recordHeal("eu-1", pod, "a-1");
      await lives.record({ cluster: "eu-1", pod, createdAt: at });
      await lives.recordHeal("eu-1", pod, "a-2");
      await lives.recordHeal("eu-1", pod, "a-1");
      expect(await lives.read("eu-1", "uid-1")).toEqual({ cluster: "eu-1", pod, createdAt: at, heals: ["a-1", "a-2"] });
    });

    keeps("loses none of ten racing heals", async () => {
      const lives = await create();
      await racing(10, (index) => lives.recordHeal("eu-1", pod, `a-${index}`));
      const heals = (await lives.read("eu-1", "uid-1"))?.heals ?? [];
      expect(heals.toSorted()).toEqual(Array.from({ length: 10 }, (_, index) => `a-${index}`));
    });

    keeps("keeps clusters and uids apart", async () => {
      const lives = await create();
      await lives.record({ cluster: "eu-1", pod, createdAt: at });
      await lives.record({ cluster: "eu-2", pod, createdAt: at + 1 });
      await lives.record({ cluster: "eu-1", pod: { ...pod, uid: "uid-2" }, createdAt: at + 2 });
      expect((await lives.read("eu-1", "uid-1"))?.createdAt).toBe(at);
      expect((await lives.read("eu-2", "uid-1"))?.createdAt).toBe(at + 1);
      expect((await lives.read("eu-1", "uid-2"))?.createdAt).toBe(at + 2);
    });

    keeps("ends with the same row whatever order records come in, and however often", async () => {
      const lives = await create();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), async (records) => {
          run += 1;
          const inOrder = await recorded(lives, `a-${run}`, records);
          expect(await recorded(lives, `b-${run}`, records.toReversed())).toEqual(inOrder);
          expect(await recorded(lives, `c-${run}`, [...records, ...records])).toEqual(inOrder);
        }),
        { numRuns: 10 },
      );
    });
  });
}

const anyInstant = fc.integer({ min: at, max: at + 100 });
const anyRecord = fc.record({ createdAt: anyInstant, readyAt: anyInstant, goneAt: anyInstant }, { requiredKeys: [] });

/** What a fresh uid's row says after these records. */
async function recorded(
  lives: LifecycleStore,
  uid: string,
  records: readonly Partial<Pick<Lifecycle, "createdAt" | "readyAt" | "goneAt">>[],
): Promise<Partial<Lifecycle>> {
  for (const record of records) await lives.record({ cluster: "eu-1", pod: { ...pod, uid }, ...record });
  const { pod: _, ...life } = (await lives.read("eu-1", uid)) ?? { pod };
  return life;
}
