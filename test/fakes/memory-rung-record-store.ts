import { type RungRecord, type RungRecordStore, withOutcome } from "../../shared/heal/rung-record.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryRungRecordStore(): WithFaults<RungRecordStore> {
  const records = new Map<string, RungRecord>();
  const store: RungRecordStore = {
    read: async (cluster) => records.get(cluster) ?? {},
    async add(cluster, tried, outcome) {
      const before = records.get(cluster) ?? {};
      records.set(cluster, withOutcome(before, tried, outcome) ?? before);
    },
  };
  return withFaults(store);
}
