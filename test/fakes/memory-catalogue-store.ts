import {
  type CatalogueStore,
  idOf,
  inOrder,
  type StoredVersion,
  versionOf,
} from "../../shared/catalogue/catalogue-store.ts";
import { storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export type MemoryCatalogueStore = WithFaults<CatalogueStore> & {
  /** Puts a version that cannot be understood, as a person would in a table viewer; it takes the place of one with the same number. */
  putMalformed(id: string, version: number, problem: string): void;
};

export function memoryCatalogueStore(): MemoryCatalogueStore {
  let stored: readonly StoredVersion[] = [];
  const store: CatalogueStore = {
    async versions() {
      return [...stored].sort(inOrder).map(storedCopy);
    },
    async write(change, by, at) {
      const version = versionOf(change, stored, by, at);
      if (version.kind === "refused") return version;
      stored = [...stored, storedCopy(version)];
      return { kind: "written" };
    },
  };
  return {
    ...withFaults(store),
    putMalformed(id, version, problem) {
      const others = stored.filter(
        (each) => idOf(each) !== id || (each.kind === "row" ? each.signature.version : each.version) !== version,
      );
      stored = [...others, { kind: "malformed", id, version, problems: [`row ${id}: ${problem}`] }];
    },
  };
}
