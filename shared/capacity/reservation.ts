import { limits } from "../rail/limits.ts";
import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";

/** Per resource, in base units. */
export type Amounts = Readonly<Record<string, number>>;

/** What one pool had left, by the report that was judged. */
export interface Room {
  /** `<mode>#<cluster>#<pool>`: observe mode reserves in shadows only. */
  readonly key: string;
  readonly free: Amounts;
  /** When the report was sent: our clock. */
  readonly reportedAt: Instant;
}

/**
 * Room that somebody is using and that no report counts yet:
 *
 *   reserve ── write ── pods are bound ── report counts them
 *   │◄───────── counts against reports sent before `until` ─────►│
 *
 * By the report's own time, not by the clock alone: an old report, however late it is judged, does not show room as free that was given away after it. A
 * process that dies gives nothing back, and what it reserved ends by itself.
 */
export interface Reservation {
  readonly stamp: string;
  readonly amounts: Amounts;
  readonly until: Instant;
}

export type Reserving =
  | { readonly kind: "reserved" }
  /** `until`: our clock; a report of then counts what the others have used. */
  | { readonly kind: "taken"; readonly until: Instant };

export interface ReservationStore {
  /**
   * Takes `amounts` of the room if they are left beside what others have reserved: one conditional write, so that no two callers count the same room. Safe to
   * repeat with the same stamp: it counts once, as it was asked for last.
   */
  reserve(room: Room, stamp: string, amounts: Amounts, now: Instant): Promise<Reserving>;
  /** Of an attempt that certainly did nothing. Unknown stamps are ignored. */
  giveBack(key: string, stamp: string): Promise<void>;
}

/** A report comes every 30 s. */
const reportEveryMs = seconds(30);
/** Sums of floating-point amounts end in dust. */
const dust = 1e-6;

export type Reserved =
  | { readonly kind: "reserved"; readonly next: readonly Reservation[] }
  | Extract<Reserving, { kind: "taken" }>;

/** What a reservation makes of those that stand. */
export function reserveIn(
  standing: readonly Reservation[],
  room: Room,
  stamp: string,
  amounts: Amounts,
  now: Instant,
): Reserved {
  const others = standing.filter((each) => each.stamp !== stamp);
  const counted = others.filter((each) => each.until > room.reportedAt);
  const fits = Object.entries(amounts).every(([resource, amount]) => {
    const taken = counted.reduce((sum, each) => sum + (each.amounts[resource] ?? 0), 0);
    return (room.free[resource] ?? 0) - taken >= amount - dust;
  });
  if (!fits) {
    const ends = counted.map((each) => each.until);
    const first = ends.length === 0 ? now : Math.min(...ends);
    return { kind: "taken", until: Math.max(now, first) + reportEveryMs };
  }
  // No report that old is judged any more.
  const kept = others.filter((each) => each.until > now - limits.reportMaxAgeMs);
  return { kind: "reserved", next: [...kept, { stamp, amounts, until: now + limits.roomReservedMs }] };
}
