import { expect } from "vitest";
import type { ReservationStore, Room } from "../../shared/capacity/reservation.ts";
import { limits } from "../../shared/rail/limits.ts";
import { seconds } from "../../shared/time/duration.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const reserved = { kind: "reserved" };

function aRoom(overrides: Partial<Room> = {}): Room {
  return { key: "act#eu-1#b", free: { cpu: 2, "nvidia.com/gpu": 4 }, reportedAt: now - seconds(20), ...overrides };
}

export function reservationStoreContract(create: () => Promise<ReservationStore>, deviations: Deviations = {}): void {
  contract("ReservationStore", deviations, (keeps) => {
    keeps("two never count the same room", async () => {
      const store = await create();
      expect(await store.reserve(aRoom(), "one", { cpu: 1.5 }, now)).toEqual(reserved);
      expect(await store.reserve(aRoom(), "two", { cpu: 1 }, now)).toEqual({
        kind: "taken",
        until: now + limits.roomReservedMs + seconds(30),
      });
      expect(await store.reserve(aRoom(), "three", { cpu: 0.5, "nvidia.com/gpu": 4 }, now)).toEqual(reserved);
      expect(await store.reserve(aRoom(), "four", { "nvidia.com/gpu": 1 }, now)).toMatchObject({ kind: "taken" });
    });

    keeps("of ten that race for room for three, three get it", async () => {
      const store = await create();
      const room = aRoom({ free: { cpu: 3 } });
      const answers = await racing(10, (index) => store.reserve(room, `racer-${index}`, { cpu: 1 }, now));
      expect(answers.filter(({ kind }) => kind === "reserved")).toHaveLength(3);
    });

    keeps("what no report knows of is no room", async () => {
      const store = await create();
      expect(await store.reserve(aRoom({ free: {} }), "one", { cpu: 0.1 }, now)).toEqual({
        kind: "taken",
        until: now + seconds(30),
      });
    });

    keeps("counts against every report of before it is over, however late that is judged", async () => {
      const store = await create();
      await store.reserve(aRoom(), "one", { cpu: 2 }, now);
      const over = now + limits.roomReservedMs;
      const late = over + seconds(100);
      expect((await store.reserve(aRoom({ reportedAt: over - 1 }), "two", { cpu: 1 }, late)).kind).toBe("taken");
      expect((await store.reserve(aRoom({ reportedAt: over }), "two", { cpu: 1 }, late)).kind).toBe("reserved");
    });

    keeps("a repeat under the same stamp counts once, as it was asked for last", async () => {
      const store = await create();
      await store.reserve(aRoom(), "one", { cpu: 2 }, now);
      expect(await store.reserve(aRoom(), "one", { cpu: 1 }, now)).toEqual(reserved);
      expect(await store.reserve(aRoom(), "two", { cpu: 1 }, now)).toEqual(reserved);
      expect((await store.reserve(aRoom(), "three", { cpu: 0.1 }, now)).kind).toBe("taken");
    });

    keeps("what is given back is room again; unknown stamps and rooms are ignored", async () => {
      const store = await create();
      await store.reserve(aRoom(), "one", { cpu: 2 }, now);
      await store.giveBack(aRoom().key, "nobody");
      await store.giveBack("act#eu-1#never", "one");
      expect((await store.reserve(aRoom(), "two", { cpu: 2 }, now)).kind).toBe("taken");
      await store.giveBack(aRoom().key, "one");
      expect(await store.reserve(aRoom(), "two", { cpu: 2 }, now)).toEqual(reserved);
    });

    keeps("another pool, cluster or mode is another room", async () => {
      const store = await create();
      await store.reserve(aRoom(), "one", { cpu: 2 }, now);
      for (const key of ["act#eu-1#c", "act#us-1#b", "observe#eu-1#b"]) {
        expect(await store.reserve(aRoom({ key }), "one", { cpu: 2 }, now)).toEqual(reserved);
      }
    });
  });
}
