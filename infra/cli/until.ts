import type { Instant } from "../../shared/time/clock.ts";
import { parseDuration } from "../../shared/time/duration.ts";
import { UsageError } from "./usage-error.ts";

/** The end of a flag: a duration from now ("2h") or an RFC 3339 instant ("2026-11-21T18:00:00Z"). Refuses the past. */
export function parseUntil(text: string, now: Instant): Instant {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) {
    if (durationMs === 0) throw new UsageError(`--until "${text}" is no time at all`);
    const until = now + durationMs;
    if (until > latest) throw new UsageError(`--until "${text}" is later than a date can say`);
    return until;
  }
  const instant = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant) || !dayExists(text)) {
    throw new UsageError(
      `--until "${text}" is neither a duration (30m, 2h, 1d) nor an RFC 3339 instant (2026-11-21T18:00:00Z)`,
    );
  }
  if (instant <= now) throw new UsageError(`--until "${text}" is in the past`);
  return instant;
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
/** 9999-12-31T23:59:59Z: what four digits of a year can say. */
const latest = 253_402_300_799_000;

/** Date.parse takes the 31st of any month and rolls over; nobody means that. */
function dayExists(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}
