import type { Case, CaseKey } from "../../shared/case/case.ts";
import type { CaseStore } from "../../shared/case/case-store.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryCaseStore(): WithFaults<CaseStore> {
  const rows = new Map<string, Case>();
  const keyOf = (key: CaseKey) => rowKey(key.healer, key.cluster, key.uid);
  const store: CaseStore = {
    async load(key) {
      const row = rows.get(keyOf(key));
      return row && storedCopy(row);
    },
    async save(next, expectedVersion) {
      if (next.version !== expectedVersion + 1) {
        throw new RangeError(`saving a case: version ${next.version} does not follow ${expectedVersion}`);
      }
      const key = keyOf(next.key);
      if ((rows.get(key)?.version ?? 0) !== expectedVersion) return "conflict";
      rows.set(key, storedCopy(next));
      return "saved";
    },
    async list(filter = {}) {
      return [...rows.values()]
        .filter((each) => filter.cluster === undefined || each.key.cluster === filter.cluster)
        .filter((each) => filter.healer === undefined || each.key.healer === filter.healer)
        .sort((a, b) => b.updatedAt - a.updatedAt)
        .map(storedCopy);
    },
  };
  return withFaults(store);
}
