import type { FlagStore, StoredFlag, StoredLogLevel } from "../../shared/flag/flag-store.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export type MemoryFlagStore = WithFaults<FlagStore> & {
  /** Puts a row that cannot be understood. */
  putMalformed(scope: string, healer: string, detail: string): void;
  putMalformedLevel(scope: string, healer: string, detail: string): void;
  /** Takes a row out, as a person would in a table viewer. */
  delete(scope: string, healer: string): void;
};

export function memoryFlagStore(): MemoryFlagStore {
  const rows = new Map<string, StoredFlag>();
  const levels = new Map<string, StoredLogLevel>();
  const store: FlagStore = {
    async read(wanted, options) {
      const keys = [...new Set(wanted.map(({ scope, healer }) => rowKey(scope, healer)))];
      return {
        flags: keys.flatMap((key) => rows.get(key) ?? []).map(storedCopy),
        levels: options?.levels ? keys.flatMap((key) => readable(levels.get(key))) : [],
      };
    },
    async listLevels() {
      return [...levels.values()].map(storedCopy);
    },
    async setLevel(row) {
      levels.set(rowKey(row.scope, row.healer), storedCopy({ kind: "row", row }));
    },
    async list() {
      return [...rows.values()].map(storedCopy);
    },
    async set(row) {
      rows.set(rowKey(row.scope, row.healer), storedCopy({ kind: "row", row }));
    },
    async setIfAbsent(row) {
      const key = rowKey(row.scope, row.healer);
      if (rows.has(key)) return "exists";
      rows.set(key, storedCopy({ kind: "row", row }));
      return "written";
    },
  };
  return {
    ...withFaults(store),
    putMalformed: (scope, healer, detail) =>
      void rows.set(rowKey(scope, healer), { kind: "malformed", scope, healer, detail }),
    putMalformedLevel: (scope, healer, detail) =>
      void levels.set(rowKey(scope, healer), { kind: "malformed", scope, healer, detail }),
    delete: (scope, healer) => void rows.delete(rowKey(scope, healer)),
  };
}

function readable(stored: StoredLogLevel | undefined) {
  return stored?.kind === "row" ? [storedCopy(stored.row)] : [];
}
