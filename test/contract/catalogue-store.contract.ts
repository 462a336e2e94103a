import { expect } from "vitest";
import type { CatalogueStore, StoredVersion } from "../../shared/catalogue/catalogue-store.ts";
import type { ProvenSignature } from "../../shared/catalogue/signature.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullSignature: Required<ProvenSignature> = {
  id: "disk-tired",
  requirements: ["S0-55", "S0-24"],
  version: 1,
  meaning: "The disk of the node is tired.",
  seenIn: [{ channel: "event", reasons: ["FailedSync", "Failed"] }, { channel: "kernelLine" }],
  fragments: ["disk ", " is tired"],
  cause: "NodeDiskFull",
  scope: "node",
  remedy: "hold",
  versions: { kubelet: ">=1.30", kernel: "any" },
  source: "made up",
  samples: [
    { channel: "event", reason: "FailedSync", text: "disk sda is tired", recorded: "made/up.json" },
    { channel: "kernelLine", reason: "", text: 'disk "sdb" is tired \u00e9', source: "made up" },
  ],
  nearMisses: [{ channel: "event", reason: "FailedSync", text: "disk sda is awake" }],
};

const version = (number: number, overrides: Partial<ProvenSignature> = {}): ProvenSignature => ({
  ...fullSignature,
  version: number,
  ...overrides,
});

const written = { kind: "written" };

export function catalogueStoreContract(create: () => Promise<CatalogueStore>, deviations: Deviations = {}): void {
  contract("CatalogueStore", deviations, (keeps) => {
    const write = (store: CatalogueStore, content: unknown) => store.write({ kind: "row", content }, "jo", at);

    keeps("gives back every member of a row, who wrote it and when", async () => {
      const store = await create();
      expect(await store.versions()).toEqual([]);
      expect(await write(store, fullSignature)).toEqual(written);
      expect(await store.versions()).toEqual([{ kind: "row", signature: fullSignature, by: "jo", at }]);
    });

    keeps("keeps every version, of each row the newest first", async () => {
      const store = await create();
      await write(store, version(9));
      await write(store, version(10));
      await write(store, version(1, { id: "a-row" }));
      expect((await store.versions()).map(nameAndNumber)).toEqual(["a-row 1", "disk-tired 10", "disk-tired 9"]);
    });

    keeps("writes a removal as the next version", async () => {
      const store = await create();
      await write(store, fullSignature);
      expect(await store.write({ kind: "removed", id: "disk-tired", version: 2 }, "al", at + 1)).toEqual(written);
      expect((await store.versions())[0]).toEqual({
        kind: "removed",
        id: "disk-tired",
        version: 2,
        by: "al",
        at: at + 1,
      });
      expect(await write(store, version(3))).toEqual(written);
    });

    keeps("refuses a version that does not rise, also above a removal, and writes nothing", async () => {
      const store = await create();
      await write(store, version(3));
      for (const number of [1, 3]) {
        expect(await write(store, version(number))).toEqual({
          kind: "refused",
          problems: ["row disk-tired: version: must be above 3, which the table has"],
        });
      }
      await store.write({ kind: "removed", id: "disk-tired", version: 4 }, "jo", at);
      expect(await write(store, version(4))).toMatchObject({ kind: "refused" });
      expect(await store.versions()).toHaveLength(2);
    });

    keeps("refuses a bad row with all that is wrong with it, and the version before it stays", async () => {
      const store = await create();
      await write(store, fullSignature);
      const answer = await write(store, { ...version(2, { remedy: "handOver", samples: [] }), sauce: 1 });
      expect(answer).toEqual({
        kind: "refused",
        problems: ["row disk-tired: samples: must have 1 to 12 entries", "row disk-tired: unknown field sauce"],
      });
      expect(await write(store, version(2, { remedy: "handOver" }))).toMatchObject({
        problems: [expect.stringContaining("handOver comes only with a release")],
      });
      expect((await store.versions()).map(nameAndNumber)).toEqual(["disk-tired 1"]);
    });

    keeps("lets one of twenty racing writers of a version win", async () => {
      const store = await create();
      const answers = await racing(20, (index) => store.write({ kind: "row", content: version(1) }, `p${index}`, at));
      const winners = answers.flatMap((answer, index) => (answer.kind === "written" ? [`p${index}`] : []));
      expect(winners).toHaveLength(1);
      expect(await store.versions()).toMatchObject([{ by: winners[0] }]);
    });
  });
}

function nameAndNumber(stored: StoredVersion): string {
  return stored.kind === "row"
    ? `${stored.signature.id} ${stored.signature.version}`
    : `${stored.id} ${stored.version}`;
}
