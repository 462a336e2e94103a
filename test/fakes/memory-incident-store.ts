import type { Incident, IncidentStore } from "../../shared/incident/incident.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryIncidentStore(): WithFaults<IncidentStore> {
  const rows = new Map<string, Incident>();
  const keyOf = (incident: Incident) => rowKey(incident.cluster, incident.id);
  const store: IncidentStore = {
    async openFor(cluster) {
      return [...rows.values()]
        .filter((each) => each.closedAt === undefined && (each.cluster === cluster || each.cluster === "*"))
        .sort((a, b) => a.openedAt - b.openedAt)
        .map(storedCopy);
    },
    async open(incident) {
      if (rows.has(keyOf(incident))) return "exists";
      rows.set(keyOf(incident), storedCopy(incident));
      return "opened";
    },
    async close(incident, at) {
      const row = rows.get(keyOf(incident));
      if (row && row.closedAt === undefined) rows.set(keyOf(incident), { ...row, closedAt: at });
    },
    async list() {
      return [...rows.values()].sort((a, b) => b.openedAt - a.openedAt).map(storedCopy);
    },
  };
  return withFaults(store);
}
