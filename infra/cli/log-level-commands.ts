import type { LogLevelRow } from "../../shared/flag/flag.ts";
import type { StoredLogLevel } from "../../shared/flag/flag-store.ts";
import { logLevels } from "../../shared/log/log.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, briefDuration, rfc3339, untilWords } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import { clustersOfRing, readReason, warnOfUnknownCluster, whoAndWhere } from "./flag-commands.ts";
import { checkHealer } from "./known-healers.ts";
import { parseRing, parseScope } from "./scope.ts";
import type { Cell } from "./text-table.ts";
import { parseUntil } from "./until.ts";
import { UsageError } from "./usage-error.ts";

export async function setLogLevel(
  desk: Desk,
  [scopeText, healer, levelText]: readonly [string, string, string],
  options: Place & { readonly until: string; readonly reason?: string },
): Promise<void> {
  const ring = parseRing(scopeText);
  const named = ring === undefined ? parseScope(scopeText) : undefined;
  checkHealer(healer, desk.healers, { all: true });
  const level = logLevels.find((known) => known === levelText);
  if (level === undefined) {
    throw new UsageError(`log level "${levelText}" is not known; known: ${logLevels.join(", ")}`);
  }
  const now = desk.clock.now();
  const until = parseUntil(options.until, now);
  const reason = readReason(options.reason);
  const stores = await desk.open(options);
  const scopes = named === undefined ? await clustersOfRing(stores, ring ?? 0) : [named.scope];
  for (const scope of scopes) {
    await stores.flags.setLevel({ scope, healer, level, until, reason, by: desk.user, updatedAt: now });
    desk.out(`${whoAndWhere(scope, healer)}: log level ${level}, for ${briefDuration(until - now)}`);
  }
  if (named?.cluster !== undefined) await warnOfUnknownCluster(desk, stores, named.cluster, "log level");
}

export async function listLogLevels(desk: Desk, options: Place & ListOptions): Promise<void> {
  const { flags } = await desk.open(options);
  const items = (await flags.listLevels()).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const now = desk.clock.now();
  showList(
    desk,
    {
      items,
      none: "No log levels: every function logs at the level that it was deployed with.",
      head: ["SCOPE", "HEALER", "LEVEL", "UNTIL", "BY", "AGE", "REASON"],
      spare: ["AGE", "BY"],
      row: (item) => cellsOf(item, now),
      json: (item) => jsonOf(item, now),
    },
    options,
  );
}

function keyOf(item: StoredLogLevel): string {
  const { scope, healer } = item.kind === "row" ? item.row : item;
  return `${scope === "*" ? "" : scope}\n${healer === "*" ? "" : healer}`;
}

const isOver = ({ until }: LogLevelRow, now: Instant): boolean => until <= now;

function cellsOf(item: StoredLogLevel, now: Instant): readonly Cell[] {
  if (item.kind === "malformed") {
    const { scope, healer, detail } = item;
    const texts = [scope, healer, "unreadable", "", "", "", `has no say: ${detail}`];
    return texts.map((text) => ({ text }));
  }
  const { scope, healer, level, until, by, updatedAt, reason } = item.row;
  const shown: Cell = isOver(item.row, now) ? { text: `${level} (over)`, style: "dim" } : { text: level };
  const end = isOver(item.row, now) ? `${briefDuration(now - until)} ago` : untilWords(until, now);
  return [
    { text: scope },
    { text: healer },
    shown,
    { text: end },
    { text: by },
    { text: ageOf(updatedAt, now) },
    { text: reason },
  ];
}

function jsonOf(item: StoredLogLevel, now: Instant): unknown {
  if (item.kind === "malformed") return { scope: item.scope, healer: item.healer, malformed: item.detail };
  const { until, updatedAt, ...row } = item.row;
  return { ...row, until: rfc3339(until), over: isOver(item.row, now), updatedAt: rfc3339(updatedAt) };
}
