import { expect } from "vitest";
import type { UnknownMessage, UnknownSighting, UnknownStore } from "../../shared/catalogue/unknown-store.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");
const day = 86_400_000;

const fullSighting: Required<UnknownSighting> = {
  cluster: "eu-1",
  channel: "event",
  reason: "FailedSync",
  fingerprint: "disk * is tired",
  text: "disk sda1 is tired",
  at,
};

const fullMessage: Required<UnknownMessage> = {
  cluster: "eu-1",
  channel: "event",
  reason: "FailedSync",
  fingerprint: "disk * is tired",
  count: 1,
  firstSeenAt: at,
  lastSeenAt: at,
  sample: "disk sda1 is tired",
};

const seen = (overrides: Partial<UnknownSighting> = {}): UnknownSighting => ({ ...fullSighting, ...overrides });

export function unknownStoreContract(create: () => Promise<UnknownStore>, deviations: Deviations = {}): void {
  contract("UnknownStore", deviations, (keeps) => {
    keeps("gives back every member of what was counted", async () => {
      const store = await create();
      expect(await store.count(fullSighting)).toBe("counted");
      expect(await store.list()).toEqual([fullMessage]);
    });

    keeps("has one row for a fingerprint, with the first text and the last time", async () => {
      const store = await create();
      await store.count(seen());
      await store.count(seen({ text: "disk sdb is tired", at: at + 5 }));
      await store.count(seen({ text: "disk sdc is tired", at: at + 9 }));
      expect(await store.list()).toEqual([{ ...fullMessage, count: 3, lastSeenAt: at + 9 }]);
    });

    keeps("counts clusters, channels, reasons and fingerprints apart, the most frequent first", async () => {
      const store = await create();
      const apart = [
        seen({ cluster: "eu-2" }),
        seen({ channel: "podStatus" }),
        seen({ reason: "" }),
        seen({ fingerprint: "else * happens" }),
      ];
      for (const [index, each] of apart.entries()) {
        for (let time = 0; time <= index; time++) await store.count(each);
      }
      expect((await store.list()).map(({ count, fingerprint }) => `${count} ${fingerprint}`)).toEqual([
        "4 else * happens",
        "3 disk * is tired",
        "2 disk * is tired",
        "1 disk * is tired",
      ]);
    });

    keeps("counts each of twenty at once", async () => {
      const store = await create();
      await racing(20, (index) => store.count(seen({ text: `disk sd${index} is tired` })));
      expect(await store.list()).toMatchObject([{ count: 20 }]);
    });

    keeps("keeps of a text one KiB of plain words, and nothing that gives access", async () => {
      const store = await create();
      const secret =
        "pull https://me:hunter2@r.example/v2/?X-Amz-Signature=beef with Bearer abc.def said\u001b[31m no\n";
      await store.count(seen({ text: secret + "n".repeat(100_000) }));
      const [message] = await store.list();
      expect(message?.sample).toHaveLength(1_024);
      expect(message?.sample).toMatch(/^pull https:\/\/\*@r\.example\/v2\/\?\* with Bearer \* said \[31m no n+$/);
    });

    keeps(
      "takes 100 new fingerprints a day and cluster, counts further ones together, and the known ones still",
      async () => {
        const store = await create();
        const nth = (index: number, overrides: Partial<UnknownSighting> = {}) =>
          store.count(seen({ fingerprint: `number ${index}`, ...overrides }));
        for (let tens = 0; tens < 10; tens++) await racing(10, (index) => nth(10 * tens + index));
        expect(await nth(100)).toBe("overflow");
        expect(await nth(101)).toBe("overflow");
        expect(await nth(7)).toBe("counted");
        expect(await nth(102, { cluster: "eu-2" })).toBe("counted");
        expect(await nth(103, { at: at + day })).toBe("counted");
        const list = await store.list();
        expect(list).toHaveLength(103);
        expect(list.slice(0, 2).map(({ count, fingerprint, reason }) => [count, fingerprint, reason])).toEqual(
          expect.arrayContaining([
            [2, "number 7", "FailedSync"],
            [2, "(more than can be told apart)", ""],
          ]),
        );
      },
    );
  });
}
