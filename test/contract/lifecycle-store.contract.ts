import fc from "fast-check";
import { expect } from "vitest";
import { type Lifecycle, type LifecycleStore, livesOfOneName } from "../../shared/lifecycle/lifecycle.ts";
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
  sandboxAt: at + 3,
  firstStartedAt: at + 4,
  readyAt: at + 5,
  deletionRequestedAt: at + 6,
  deletionAt: at + 7,
  goneAt: at + 8,
  restarts: 6,
  exits: [
    { container: "app", at: at + 6, exitCode: 137, reason: "OOMKilled" },
    { container: "proxy", at: at + 7, exitCode: 0 },
  ],
  end: { phase: "Failed", reason: "Evicted" },
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

    keeps("finds the lives of a name, newest first, with all that was recorded of them", async () => {
      const lives = await create();
      expect(await lives.ofName("eu-1", "shop", "web-1")).toEqual([]);
      await lives.record({ cluster: "eu-1", pod: { ...pod, uid: "uid-b" }, createdAt: at + 20_000 });
      await lives.record({ cluster: "eu-1", pod: { ...pod, uid: "uid-c" }, createdAt: at + 3_000 });
      await lives.record(fullLife);
      await lives.record({ cluster: "eu-1", pod: { ...pod, uid: "uid-c" }, goneAt: at + 9_000 });
      const found = await lives.ofName("eu-1", "shop", "web-1");
      expect(found.map((life) => life.pod.uid)).toEqual(["uid-b", "uid-c", "uid-1"]);
      expect(found[1]).toMatchObject({ createdAt: at + 3_000, goneAt: at + 9_000 });
      expect(found[2]).toEqual(fullLife);
    });

    keeps("finds a life by name before its creation is known, and once after", async () => {
      const lives = await create();
      await lives.recordHeal("eu-1", pod, "a-1");
      expect(await lives.ofName("eu-1", "shop", "web-1")).toEqual([{ cluster: "eu-1", pod, heals: ["a-1"] }]);
      await lives.record({ cluster: "eu-1", pod, goneAt: at + 9 });
      await lives.record({ cluster: "eu-1", pod, createdAt: at });
      expect(await lives.ofName("eu-1", "shop", "web-1")).toEqual([
        { cluster: "eu-1", pod, createdAt: at, goneAt: at + 9, heals: ["a-1"] },
      ]);
    });

    keeps("keeps names, namespaces and clusters apart, also where one name begins like another", async () => {
      const lives = await create();
      const record = (cluster: string, namespace: string, name: string, uid: string) =>
        lives.record({ cluster, pod: { kind: "Pod", namespace, name, uid }, createdAt: at });
      await record("eu-1", "shop", "web-1", "uid-1");
      await record("eu-1", "shop", "web-10", "uid-2");
      await record("eu-1", "shop-2", "web-1", "uid-3");
      await record("eu-2", "shop", "web-1", "uid-1");
      const uids = async (cluster: string, namespace: string, name: string) =>
        (await lives.ofName(cluster, namespace, name)).map((life) => `${life.cluster} ${life.pod.uid}`);
      expect(await uids("eu-1", "shop", "web-1")).toEqual(["eu-1 uid-1"]);
      expect(await uids("eu-1", "shop", "web-10")).toEqual(["eu-1 uid-2"]);
      expect(await uids("eu-1", "shop-2", "web-1")).toEqual(["eu-1 uid-3"]);
      expect(await uids("eu-2", "shop", "web-1")).toEqual(["eu-2 uid-1"]);
      expect(await uids("eu-1", "shop", "web")).toEqual([]);
    });

    keeps("tells only the newest lives of a name that had more", async () => {
      const lives = await create();
      for (let n = 0; n < livesOfOneName + 3; n++) {
        await lives.record({ cluster: "eu-1", pod: { ...pod, uid: `uid-${n}` }, createdAt: at + n });
      }
      const found = await lives.ofName("eu-1", "shop", "web-1");
      expect(found.map((life) => life.pod.uid)).toEqual(
        Array.from({ length: livesOfOneName }, (_, index) => `uid-${livesOfOneName + 2 - index}`),
      );
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
const anyExit = fc.record(
  { container: fc.constantFrom("app", "proxy"), at: anyInstant, exitCode: fc.constantFrom(0, 137) },
  { requiredKeys: ["container", "at", "exitCode"] },
);
const anyRecord = fc.record(
  {
    createdAt: anyInstant,
    readyAt: anyInstant,
    goneAt: anyInstant,
    exits: fc.array(anyExit, { minLength: 1, maxLength: 6 }),
  },
  { requiredKeys: [] },
);

/** What a fresh uid's row says after these records. */
async function recorded(
  lives: LifecycleStore,
  uid: string,
  records: readonly Partial<Pick<Lifecycle, "createdAt" | "readyAt" | "goneAt" | "exits">>[],
): Promise<Partial<Lifecycle>> {
  for (const record of records) await lives.record({ cluster: "eu-1", pod: { ...pod, uid }, ...record });
  const { pod: _, ...life } = (await lives.read("eu-1", uid)) ?? { pod };
  return life;
}
