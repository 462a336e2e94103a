import type { Instant } from "../time/clock.ts";
import type { FlagAnswer, FlagQuery, FlagRow } from "./flag.ts";
import type { FlagKey, StoredFlag } from "./flag-store.ts";

/** The keys of every row that may speak about the query, the most specific first: scope before healer. */
export function applicableFlags(query: FlagQuery): readonly FlagKey[] {
  const scopes = [
    ...(query.namespace ? [`${query.cluster}/${query.namespace}`] : []),
    // A cluster called "*" would be every cluster's row: it has none of its own.
    ...(query.cluster === "*" ? [] : [query.cluster]),
    "*",
  ];
  const healers = query.healer === "*" ? ["*"] : [query.healer, "*"];
  return scopes.flatMap((scope) => healers.map((healer) => ({ scope, healer })));
}

/**
 * The mode in force (`design.md` §5 "Flags"): `off` anywhere among the applicable rows wins, then the most specific row. An expired row
 * counts as absent. Without an `off`, one applicable row that cannot be understood makes the answer unreadable: it may have said `off`.
 */
export function resolveMode(rows: readonly StoredFlag[], query: FlagQuery, now: Instant): FlagAnswer {
  const applicable = applicableFlags(query).flatMap(({ scope, healer }) =>
    rows.filter((each) => scopeOf(each) === scope && healerOf(each) === healer),
  );
  const valid = applicable.flatMap((each) => (each.kind === "row" && !isExpired(each.row, now) ? [each.row] : []));
  const off = valid.find((each) => each.mode === "off");
  if (off) return { kind: "mode", mode: "off", row: off };
  const malformed = applicable.find((each) => each.kind === "malformed");
  if (malformed) {
    return { kind: "unreadable", detail: `flag row ${malformed.scope} ${malformed.healer}: ${malformed.detail}` };
  }
  const row = valid[0];
  return row ? { kind: "mode", mode: row.mode, row } : { kind: "absent" };
}

/** A row holds up to its `until`, not at it. */
function isExpired(row: FlagRow, now: Instant): boolean {
  return row.until !== undefined && row.until <= now;
}

const scopeOf = (each: StoredFlag): string => (each.kind === "row" ? each.row.scope : each.scope);
const healerOf = (each: StoredFlag): string => (each.kind === "row" ? each.row.healer : each.healer);
