import { type Reservation, type ReservationStore, reserveIn } from "../../shared/capacity/reservation.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryReservationStore(): WithFaults<ReservationStore> {
  const rows = new Map<string, readonly Reservation[]>();
  const store: ReservationStore = {
    async reserve(room, stamp, amounts, now) {
      const reserved = reserveIn(rows.get(room.key) ?? [], room, stamp, amounts, now);
      if (reserved.kind === "taken") return reserved;
      rows.set(room.key, reserved.next);
      return { kind: "reserved" };
    },
    async giveBack(key, stamp) {
      rows.set(
        key,
        (rows.get(key) ?? []).filter((each) => each.stamp !== stamp),
      );
    },
  };
  return withFaults(store);
}
