import type { Breaker, ClusterState, ClusterStore, StoredReport } from "../../shared/cluster/cluster-state.ts";
import type { RegisteredCluster } from "../../shared/cluster/registered-cluster.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { Brake } from "../../shared/rail/brake.ts";
import { storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

interface Row {
  registered?: RegisteredCluster;
  report?: StoredReport;
  brake?: Brake;
  breaker?: Breaker;
  arrived: Map<number, Set<number>>;
}

export function memoryClusterStore(): WithFaults<ClusterStore> {
  const rows = new Map<string, Row>();
  const rowOf = (id: string): Row => {
    const row = rows.get(id) ?? { arrived: new Map() };
    rows.set(id, row);
    return row;
  };
  const stateOf = (row: Row | undefined): ClusterState => {
    const { arrived: _, ...state } = row ?? { arrived: undefined };
    return storedCopy(state);
  };
  const clusterOf = (sender: string): string | undefined =>
    [...rows].find(([, row]) => row.registered?.sender === sender)?.[0];

  const store: ClusterStore = {
    async state(id) {
      return stateOf(rows.get(id));
    },
    async list() {
      return [...rows]
        .map(([id, row]) => ({ ...stateOf(row), id }))
        .filter((each) => each.registered || each.report || each.brake || each.breaker)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async register(cluster) {
      const speaksFor = clusterOf(cluster.sender);
      if (speaksFor !== undefined && speaksFor !== cluster.id) {
        throw new KnitboneError(
          "ConfigInvalid",
          `registering cluster ${cluster.id}: sender ${cluster.sender} already speaks for cluster ${speaksFor}`,
        );
      }
      rowOf(cluster.id).registered = storedCopy(cluster);
    },
    async remove(id) {
      const known = rows.get(id)?.registered !== undefined;
      rows.delete(id);
      return known ? "removed" : "absent";
    },
    async clusterOfSender(sender) {
      return clusterOf(sender);
    },
    async saveReport(id, report) {
      const row = rowOf(id);
      if (row.report && !follows(report, row.report)) return "stale";
      row.report = storedCopy(report);
      return "saved";
    },
    async replaceBrake(id, before, next) {
      const row = rowOf(id);
      if (row.brake?.updatedAt !== before?.updatedAt) return "conflict";
      row.brake = storedCopy(next);
      return "replaced";
    },
    async saveBreaker(id, breaker) {
      const row = rowOf(id);
      if (breaker) row.breaker = storedCopy(breaker);
      else delete row.breaker;
    },
    async markArrived(id, epoch, sequences) {
      const { arrived } = rowOf(id);
      arrived.set(epoch, new Set([...(arrived.get(epoch) ?? []), ...sequences]));
    },
    async missing(id, epoch, from, to) {
      const { arrived } = rowOf(id);
      const seen = arrived.get(epoch) ?? new Set();
      arrived.set(epoch, new Set([...seen].filter((each) => each >= from)));
      for (const older of [...arrived.keys()].filter((each) => each < epoch)) arrived.delete(older);
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i).filter((each) => !seen.has(each));
    },
  };
  return withFaults(store);
}

function follows(next: StoredReport, last: StoredReport): boolean {
  return next.epoch > last.epoch || (next.epoch === last.epoch && next.sequence > last.sequence);
}
