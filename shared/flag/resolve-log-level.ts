import type { LogLevel } from "../log/log.ts";
import type { Instant } from "../time/clock.ts";
import type { FlagQuery, LogLevelRow } from "./flag.ts";
import { applicableFlags } from "./resolve-mode.ts";

/** The level in force: the most specific row that has not expired, scope before healer. undefined: the deployed level. */
export function resolveLogLevel(rows: readonly LogLevelRow[], query: FlagQuery, now: Instant): LogLevel | undefined {
  const valid = rows.filter(({ until }) => now < until);
  for (const { scope, healer } of applicableFlags(query)) {
    const row = valid.find((each) => each.scope === scope && each.healer === healer);
    if (row !== undefined) return row.level;
  }
  return undefined;
}
