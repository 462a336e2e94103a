import type { Leak, LeakStore } from "../../shared/ledger/leak.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryLeakStore(): WithFaults<LeakStore> {
  const rows = new Map<string, Leak>();
  const keyOf = (leak: Leak) => rowKey(leak.cluster, leak.node.uid, leak.pod.uid);
  const store: LeakStore = {
    async open(leak) {
      rows.set(keyOf(leak), storedCopy(leak));
    },
    async end(leak, state, because, at) {
      const row = rows.get(keyOf(leak));
      // The end of an older action never ends the leak of a newer one; the first end stands.
      if (row?.state !== "open" || row.actionId !== leak.actionId) return;
      rows.set(keyOf(leak), { ...row, state, closedBecause: because, closedAt: at });
    },
    async openOn(cluster, nodeUid) {
      return [...rows.values()]
        .filter((each) => each.cluster === cluster && each.node.uid === nodeUid && each.state === "open")
        .map(storedCopy);
    },
    async list(filter = {}) {
      return [...rows.values()]
        .filter((each) => filter.cluster === undefined || each.cluster === filter.cluster)
        .sort((a, b) => b.openedAt - a.openedAt)
        .map(storedCopy);
    },
  };
  return withFaults(store);
}
