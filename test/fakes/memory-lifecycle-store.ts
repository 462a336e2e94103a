import { newestLifeFirst } from "../../shared/lifecycle/began-at.ts";
import { type Lifecycle, type LifecycleStore, livesOfOneName } from "../../shared/lifecycle/lifecycle.ts";
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
    async ofName(cluster, namespace, name) {
      return [...rows.values()]
        .filter((life) => life.cluster === cluster && life.pod.namespace === namespace && life.pod.name === name)
        .sort(newestLifeFirst)
        .slice(0, livesOfOneName)
        .map(storedCopy);
    },
  };
  return withFaults(store);
}
