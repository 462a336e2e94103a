import {
  dayOf,
  keptSample,
  mostFrequentFirst,
  newFingerprintsADay,
  overflowFingerprint,
  type UnknownMessage,
  type UnknownSighting,
  type UnknownStore,
} from "../../shared/catalogue/unknown-store.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryUnknownStore(): WithFaults<UnknownStore> {
  const rows = new Map<string, UnknownMessage>();
  const taken = new Map<string, number>();
  const keyOf = (each: Omit<UnknownSighting, "text" | "at">) =>
    rowKey(each.cluster, each.channel, each.reason, each.fingerprint);

  const add = ({ text, at, ...rest }: UnknownSighting) => {
    const before = rows.get(keyOf(rest));
    rows.set(
      keyOf(rest),
      before === undefined
        ? { ...rest, count: 1, firstSeenAt: at, lastSeenAt: at, sample: keptSample(text) }
        : { ...before, count: before.count + 1, lastSeenAt: at },
    );
  };

  const store: UnknownStore = {
    async count(sighting) {
      const day = rowKey(sighting.cluster, dayOf(sighting.at));
      const places = taken.get(day) ?? 0;
      if (rows.has(keyOf(sighting)) || places < newFingerprintsADay) {
        if (!rows.has(keyOf(sighting))) taken.set(day, places + 1);
        add(sighting);
        return "counted";
      }
      add({ ...sighting, reason: "", fingerprint: overflowFingerprint });
      return "overflow";
    },
    async list() {
      return [...rows.values()].sort(mostFrequentFirst).map(storedCopy);
    },
  };
  return withFaults(store);
}
