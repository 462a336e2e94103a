import type { Action } from "../../shared/ledger/action.ts";
import type { Ledger } from "../../shared/ledger/ledger.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryLedger(): WithFaults<Ledger> {
  const rows = new Map<string, Action>();
  const ledger: Ledger = {
    async plan(action) {
      const key = rowKey(action.cluster, action.id);
      if (rows.has(key)) return "exists";
      rows.set(key, storedCopy(action));
      return "planned";
    },
    async settle(cluster, id, outcome) {
      const key = rowKey(cluster, id);
      const row = rows.get(key);
      if (!row) return "absent";
      if (row.outcome) return "already";
      rows.set(key, { ...row, outcome: storedCopy(outcome) });
      return "settled";
    },
    async verify(cluster, id, at) {
      const key = rowKey(cluster, id);
      const row = rows.get(key);
      if (row && row.verifiedAt === undefined) rows.set(key, { ...row, verifiedAt: at });
    },
    async read(cluster, id) {
      const row = rows.get(rowKey(cluster, id));
      return row && storedCopy(row);
    },
    async list(filter = {}) {
      return [...rows.values()]
        .filter((each) => filter.cluster === undefined || each.cluster === filter.cluster)
        .filter((each) => filter.healer === undefined || each.healer === filter.healer)
        .sort((a, b) => b.plannedAt - a.plannedAt)
        .slice(0, filter.limit)
        .map(storedCopy);
    },
  };
  return withFaults(ledger);
}
