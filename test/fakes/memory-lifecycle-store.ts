import type { Lifecycle, LifecycleStore } from "../../shared/lifecycle/lifecycle.ts";
import { mergeLifecycles } from "../../shared/lifecycle/merge-lifecycles.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryLifecycleStore(): WithFaults<LifecycleStore> {
  const rows = new Map<string, Lifecycle>();
  const merge = (given: Lifecycle) => {
    const key = rowKey(given.cluster, given.pod.uid);
    rows.set(key, storedCopy(mergeLifecycles(rows.get(key), given)));
  };
  const store: LifecycleStore = {
    async record(lifecycle) {
      merge(lifecycle);
    },
    async recordHeal(cluster, pod, actionId) {
      merge({ cluster, pod, heals: [actionId] });
    },
    async read(cluster, podUid) {
      const row = rows.get(rowKey(cluster, podUid));
      return row && storedCopy(row);
    },
  };
  return withFaults(store);
}
