import fc from "fast-check";
import { expect } from "vitest";
import type { Case, CaseKey } from "../../shared/case/case.ts";
import type { CaseStore } from "../../shared/case/case-store.ts";
import { aRef } from "../build/object-ref.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");
const key: CaseKey = { healer: "terminating-reaper", cluster: "eu-1", uid: "uid-1" };

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullCase: Required<Case> = {
  key,
  object: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" },
  version: 1,
  state: "open",
  openedAt: at,
  updatedAt: at + 1,
  verdict: { kind: "heal", reason: "Overdue", message: "past its grace", at: at + 2, mode: "observe", times: 3 },
  nextLookAt: at + 60_000,
  clockOffsetMs: -250,
  attempts: 2,
  pending: {
    actionId: "a-1",
    sentAt: at + 3,
    inFlight: { key: "act#owner-in-flight#eu-1/uid", stamp: "uid#1" },
    effect: { see: "tainted", taint: { key: "knitbone.io/suspect", value: "", effect: "NoSchedule" } },
  },
  escalated: { reason: "HeldByFinalizer", at: at + 4, actionId: "a-2" },
  effective: 1,
  symptoms: [{ pod: aRef(), reason: "RejectionLoop", message: "14 a second", at: at + 5 }],
  handedOverAt: at,
  memory: {
    state: "ailing",
    since: at,
    seenAt: at + 5,
    readyChanges: [at],
    ours: [{ key: "knitbone.io/suspect", value: "", effect: "NoSchedule" }],
    boots: [{ id: "boot-1", at: at - 9 }],
    kubelet: { version: "v1.36.3", at: 0 },
    devices: { "nvidia.com/gpu": 4 },
    devicesLostSince: at - 8,
    movable: 12,
    tried: [{ rung: "restart-kubelet", id: "mi4-2", cause: "NotReadyPleg", at: at - 7 }],
  },
  suspects: [{ kind: "registry", key: "registry.example" }],
  shadowHeldUntil: at + 3_600_000,
  closedBecause: "Gone",
  traceId: "trace-1",
};

function aCase(overrides: Partial<Case> = {}): Case {
  return {
    key,
    object: { kind: "Node", namespace: "", name: "n1", uid: "uid-1" },
    version: 1,
    state: "open",
    openedAt: at,
    updatedAt: at,
    attempts: 0,
    traceId: "trace-1",
    ...overrides,
  };
}

export function caseStoreContract(create: () => Promise<CaseStore>, deviations: Deviations = {}): void {
  contract("CaseStore", deviations, (keeps) => {
    keeps("gives back every member of what was saved", async () => {
      const cases = await create();
      expect(await cases.save(fullCase, 0)).toBe("saved");
      expect(await cases.load(key)).toEqual(fullCase);
    });

    keeps("knows no case that was not saved", async () => {
      const cases = await create();
      expect(await cases.load(key)).toBeUndefined();
    });

    keeps("saves over the expected version only", async () => {
      const cases = await create();
      const first = aCase();
      expect(await cases.save(first, 0)).toBe("saved");
      expect(await cases.save(aCase({ attempts: 9 }), 0)).toBe("conflict");
      expect(await cases.save(aCase({ version: 3, attempts: 9 }), 2)).toBe("conflict");
      expect(await cases.load(key)).toEqual(first);
      const second = aCase({ version: 2, attempts: 1 });
      expect(await cases.save(second, 1)).toBe("saved");
      expect(await cases.load(key)).toEqual(second);
    });

    keeps("does not begin a case at a later version", async () => {
      const cases = await create();
      expect(await cases.save(aCase({ version: 2 }), 1)).toBe("conflict");
      expect(await cases.load(key)).toBeUndefined();
    });

    keeps("refuses a version that does not follow the expected one, and writes nothing", async () => {
      const cases = await create();
      await expect(cases.save(aCase({ version: 3 }), 0)).rejects.toThrow("version 3 does not follow 0");
      expect(await cases.load(key)).toBeUndefined();
    });

    keeps("forgets the members that a new version no longer has", async () => {
      const cases = await create();
      await cases.save(fullCase, 0);
      await cases.save(aCase({ version: 2 }), 1);
      expect(await cases.load(key)).toEqual(aCase({ version: 2 }));
    });

    keeps("lets one of twenty racing first saves win", async () => {
      const cases = await create();
      const answers = await racing(20, (index) => cases.save(aCase({ attempts: index }), 0));
      expect(answers.filter((each) => each === "saved")).toHaveLength(1);
      expect((await cases.load(key))?.attempts).toBe(answers.indexOf("saved"));
    });

    keeps("lets one of twenty racing next saves win", async () => {
      const cases = await create();
      await cases.save(aCase(), 0);
      const answers = await racing(20, (index) => cases.save(aCase({ version: 2, attempts: index }), 1));
      expect(answers.filter((each) => each === "saved")).toHaveLength(1);
      expect((await cases.load(key))?.attempts).toBe(answers.indexOf("saved"));
    });

    keeps("keeps healers, clusters and uids apart", async () => {
      const cases = await create();
      const keys = [
        key,
        { ...key, healer: "orphan-sweeper" },
        { ...key, cluster: "eu-2" },
        { ...key, uid: "uid-2" },
      ] as const;
      for (const [index, each] of keys.entries()) {
        expect(await cases.save(aCase({ key: each, attempts: index }), 0)).toBe("saved");
      }
      for (const [index, each] of keys.entries()) {
        expect(await cases.load(each)).toEqual(aCase({ key: each, attempts: index }));
      }
    });

    keeps("lists by cluster and healer, newest change first", async () => {
      const cases = await create();
      const save = (uid: string, cluster: string, healer: string, updatedAt: number) =>
        cases.save(aCase({ key: { uid, cluster, healer }, updatedAt }), 0);
      await save("a", "eu-1", "terminating-reaper", at + 1);
      await save("b", "eu-1", "orphan-sweeper", at + 3);
      await save("c", "eu-2", "terminating-reaper", at + 2);
      const uids = async (filter?: Parameters<CaseStore["list"]>[0]) =>
        (await cases.list(filter)).map((each) => each.key.uid);
      expect(await uids()).toEqual(["b", "c", "a"]);
      expect(await uids({ cluster: "eu-1" })).toEqual(["b", "a"]);
      expect(await uids({ healer: "terminating-reaper" })).toEqual(["c", "a"]);
      expect(await uids({ cluster: "eu-1", healer: "terminating-reaper" })).toEqual(["a"]);
    });

    keeps("follows a version counter under any saves", async () => {
      const cases = await create();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 8 }), async (expectedVersions) => {
          run += 1;
          const own = { ...key, uid: `uid-${run}` };
          let version = 0;
          for (const expected of expectedVersions) {
            const answer = await cases.save(aCase({ key: own, version: expected + 1 }), expected);
            expect(answer).toBe(expected === version ? "saved" : "conflict");
            if (answer === "saved") version += 1;
          }
          expect((await cases.load(own))?.version ?? 0).toBe(version);
        }),
        { numRuns: 25 },
      );
    });
  });
}
