import type { FlagRow } from "../../shared/flag/flag.ts";
import { days } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { type Overrides, override } from "./overrides.ts";

/** `act` for every healer in cluster eu-1. */
export function aFlagRow(overrides: Overrides<FlagRow> = {}): FlagRow {
  return override<FlagRow>(
    { scope: "eu-1", healer: "*", mode: "act", reason: "trial over", by: "alice", updatedAt: atNoon(-days(1)) },
    overrides,
  );
}
