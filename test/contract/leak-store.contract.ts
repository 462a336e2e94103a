import { expect } from "vitest";
import type { Leak, LeakStore } from "../../shared/ledger/leak.ts";
import { contract, type Deviations } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullLeak: Required<Leak> = {
  cluster: "eu-1",
  pod: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" },
  node: { kind: "Node", namespace: "", name: "n1", uid: "uid-n1" },
  bootId: "boot-1",
  actionId: "a-1",
  openedAt: at,
  state: "closed",
  closedAt: at + 1,
  closedBecause: "Rebooted",
};

function anOpenLeak(overrides: Partial<Leak> = {}): Leak {
  const { closedAt: _closedAt, closedBecause: _closedBecause, ...leak } = fullLeak;
  return { ...leak, state: "open", ...overrides };
}

function aPodOf(uid: string): Leak["pod"] {
  return { ...fullLeak.pod, uid };
}

export function leakStoreContract(create: () => Promise<LeakStore>, deviations: Deviations = {}): void {
  contract("LeakStore", deviations, (keeps) => {
    keeps("gives back every member of what was written", async () => {
      const leaks = await create();
      await leaks.open(fullLeak);
      expect(await leaks.list()).toEqual([fullLeak]);
    });

    keeps("finds the open leaks of one node of one cluster", async () => {
      const leaks = await create();
      const first = anOpenLeak();
      const second = anOpenLeak({ pod: aPodOf("uid-2") });
      await leaks.open(first);
      await leaks.open(second);
      await leaks.open(anOpenLeak({ node: { ...fullLeak.node, uid: "uid-n10" } }));
      await leaks.open(anOpenLeak({ cluster: "eu-2" }));
      const found = await leaks.openOn("eu-1", "uid-n1");
      expect(found.toSorted((a, b) => (a.pod.uid < b.pod.uid ? -1 : 1))).toEqual([first, second]);
    });

    keeps("ends a leak, which is then listed but no longer open", async () => {
      const leaks = await create();
      const leak = anOpenLeak();
      await leaks.open(leak);
      await leaks.end(leak, "voided", "Conflict", at + 5);
      expect(await leaks.openOn("eu-1", "uid-n1")).toEqual([]);
      expect(await leaks.list()).toEqual([{ ...leak, state: "voided", closedBecause: "Conflict", closedAt: at + 5 }]);
    });

    keeps("keeps the first end", async () => {
      const leaks = await create();
      const leak = anOpenLeak();
      await leaks.open(leak);
      await leaks.end(leak, "voided", "Gone", at + 5);
      await leaks.end(leak, "closed", "Rebooted", at + 6);
      expect((await leaks.list())[0]).toMatchObject({ state: "voided", closedBecause: "Gone", closedAt: at + 5 });
    });

    keeps("writes nothing when it ends a leak that is not there", async () => {
      const leaks = await create();
      await leaks.end(anOpenLeak(), "closed", "Rebooted", at);
      expect(await leaks.list()).toEqual([]);
    });

    keeps("opens again for a later action, and an end of the older one does not touch it", async () => {
      const leaks = await create();
      const older = anOpenLeak();
      const newer = anOpenLeak({ actionId: "a-2", openedAt: at + 10 });
      await leaks.open(older);
      await leaks.end(older, "voided", "Conflict", at + 5);
      await leaks.open(newer);
      await leaks.end(older, "closed", "Rebooted", at + 11);
      expect(await leaks.openOn("eu-1", "uid-n1")).toEqual([newer]);
    });

    keeps("lists by cluster, newest first", async () => {
      const leaks = await create();
      await leaks.open(anOpenLeak({ pod: aPodOf("a"), openedAt: at + 1 }));
      await leaks.open(anOpenLeak({ pod: aPodOf("b"), openedAt: at + 3 }));
      await leaks.open(anOpenLeak({ pod: aPodOf("c"), openedAt: at + 2, cluster: "eu-10" }));
      const uids = async (filter?: Parameters<LeakStore["list"]>[0]) =>
        (await leaks.list(filter)).map((each) => each.pod.uid);
      expect(await uids()).toEqual(["b", "c", "a"]);
      expect(await uids({ cluster: "eu-1" })).toEqual(["b", "a"]);
    });
  });
}
