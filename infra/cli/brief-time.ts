import type { Instant } from "../../shared/time/clock.ts";

const units = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1_000, "s"],
] as const;

/** As short as it stays telling: 7_384_000 → "2h3m", 400 → "0s"; from ten of a unit on that one only: 754_000 → "12m". */
export function briefDuration(ms: number): string {
  const first = units.findIndex(([unitMs]) => ms >= unitMs);
  const [unitMs, letter] = units[first] ?? [1_000, "s"];
  const count = Math.floor(ms / unitMs);
  const smaller = units[first + 1];
  if (first === -1 || count >= 10 || smaller === undefined) return `${count}${letter}`;
  const rest = Math.floor((ms - count * unitMs) / smaller[0]);
  return rest === 0 ? `${count}${letter}` : `${count}${letter}${rest}${smaller[1]}`;
}

/** "4m" since then; clocks of two machines may differ a little, so the future is "0s". */
export function ageOf(instant: Instant, now: Instant): string {
  return briefDuration(Math.max(0, now - instant));
}

/** "in 4m", or "now" once it is due. */
export function untilWords(instant: Instant, now: Instant): string {
  return instant > now ? `in ${briefDuration(instant - now)}` : "now";
}

/** RFC 3339 in UTC, for JSON. */
export function rfc3339(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
