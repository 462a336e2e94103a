import type { Instant } from "../../shared/time/clock.ts";

/** The instant around which every built object is placed; also where `manualClock()` starts. */
export const noon: Instant = Date.parse("2026-11-21T12:00:00Z");

/** An instant so many milliseconds before (negative) or after noon. */
export const atNoon = (offsetMs: number): Instant => noon + offsetMs;
