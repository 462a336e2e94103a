import type { FlagRow, Mode } from "../../shared/flag/flag.ts";
import { modes } from "../../shared/flag/flag.ts";
import type { StoredFlag } from "../../shared/flag/flag-store.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, briefDuration, rfc3339, untilWords } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, type Stores, showList } from "./desk.ts";
import { checkHealer } from "./known-healers.ts";
import { plainText } from "./plain-text.ts";
import { parseRing, parseScope } from "./scope.ts";
import type { Cell } from "./text-table.ts";
import { parseUntil } from "./until.ts";
import { UsageError } from "./usage-error.ts";

export interface FlagFilter {
  readonly cluster?: string;
  readonly healer?: string;
}

export async function listFlags(desk: Desk, options: Place & ListOptions & FlagFilter): Promise<void> {
  if (options.healer !== undefined) checkHealer(options.healer, desk.healers, { all: true });
  const { flags } = await desk.open(options);
  const items = (await flags.list()).filter((flag) => applies(flag, options)).sort(byScopeThenHealer);
  const now = desk.clock.now();
  showList(
    desk,
    {
      items,
      none:
        options.cluster === undefined && options.healer === undefined
          ? "No flags: no healer does anything until one is set (flag set '*' '*' observe)."
          : "No flags apply there: no healer does anything where none is set.",
      head: ["SCOPE", "HEALER", "MODE", "UNTIL", "BY", "AGE", "REASON"],
      spare: ["AGE", "BY"],
      row: (flag) => flagCells(flag, now),
      json: (flag) => flagJson(flag, now),
    },
    options,
  );
  if (!options.json && items.some((flag) => flag.kind === "row" && isOpenEnded(flag.row))) {
    desk.out("\n!  acts without an end (--until gives it one)");
  }
}

/** Those that have a say in the cluster, or for the healer: rows for all of them included. */
function applies(flag: StoredFlag, { cluster, healer }: FlagFilter): boolean {
  const row = flag.kind === "row" ? flag.row : flag;
  const inCluster =
    cluster === undefined || row.scope === "*" || row.scope === cluster || row.scope.startsWith(`${cluster}/`);
  return inCluster && (healer === undefined || row.healer === "*" || row.healer === healer);
}

function byScopeThenHealer(a: StoredFlag, b: StoredFlag): number {
  const key = (flag: StoredFlag) => {
    const { scope, healer } = flag.kind === "row" ? flag.row : flag;
    return `${scope === "*" ? "" : scope}\n${healer === "*" ? "" : healer}`;
  };
  return key(a) < key(b) ? -1 : 1;
}

function flagCells(flag: StoredFlag, now: Instant): readonly Cell[] {
  if (flag.kind === "malformed") {
    return [
      { text: flag.scope },
      { text: flag.healer },
      { text: "unreadable", style: "red" },
      ...["", "", ""].map((text) => ({ text })),
      { text: `nothing acts here: ${flag.detail}` },
    ];
  }
  const { row } = flag;
  const over = isOver(row, now);
  const shown = isOpenEnded(row) ? `${row.mode} !` : row.mode;
  return [
    { text: row.scope },
    { text: row.healer },
    over ? { text: `${row.mode} (over)`, style: "dim" } : { text: shown, style: modeStyle[row.mode] },
    { text: untilText(row, now) },
    { text: row.by },
    { text: ageOf(row.updatedAt, now) },
    { text: row.reason },
  ];
}

const modeStyle = { off: "red", observe: "yellow", act: "green" } as const;

function untilText(row: FlagRow, now: Instant): string {
  if (row.until === undefined) return "no end";
  return isOver(row, now) ? `${briefDuration(now - row.until)} ago` : untilWords(row.until, now);
}

function isOver(row: FlagRow, now: Instant): boolean {
  return row.until !== undefined && row.until <= now;
}

function isOpenEnded(row: FlagRow): boolean {
  return row.mode === "act" && row.until === undefined;
}

function flagJson(flag: StoredFlag, now: Instant): unknown {
  if (flag.kind === "malformed") return { scope: flag.scope, healer: flag.healer, malformed: flag.detail };
  const { scope, healer, mode, reason, by, until, updatedAt } = flag.row;
  return {
    scope,
    healer,
    mode,
    until: rfc3339(until),
    over: isOver(flag.row, now),
    reason,
    by,
    updatedAt: rfc3339(updatedAt),
  };
}

export async function setFlag(
  desk: Desk,
  [scopeText, healer, modeText]: readonly [string, string, string],
  options: Place & { readonly until?: string; readonly reason?: string },
): Promise<void> {
  const ring = parseRing(scopeText);
  const named = ring === undefined ? parseScope(scopeText) : undefined;
  checkHealer(healer, desk.healers, { all: true });
  const mode = modes.find((known) => known === modeText);
  if (mode === undefined) throw new UsageError(`mode "${modeText}" is not known; known: ${modes.join(", ")}`);
  const now = desk.clock.now();
  const until = options.until === undefined ? undefined : parseUntil(options.until, now);
  const reason = readReason(options.reason);
  const stores = await desk.open(options);
  const scopes = named === undefined ? await clustersOfRing(stores, ring ?? 0) : [named.scope];
  for (const scope of scopes) {
    await stores.flags.set({
      scope,
      healer,
      mode,
      ...(until === undefined ? {} : { until }),
      reason,
      by: desk.user,
      updatedAt: now,
    });
    desk.out(confirmation(scope, healer, mode, until === undefined ? undefined : until - now));
  }
  if (named?.cluster !== undefined) await warnOfUnknownCluster(desk, stores, named.cluster);
}

/** A ring is a short word for the clusters that are in it now: each gets a row of its own, and one that joins later gets none (S3-14). */
export async function clustersOfRing({ clusters }: Stores, ring: number): Promise<readonly string[]> {
  const registered = (await clusters.list()).flatMap(({ registered: row }) => (row === undefined ? [] : [row]));
  const ids = registered.filter((each) => each.ring === ring).map(({ id }) => id);
  if (ids.length > 0) return ids.sort();
  const rings = [...new Set(registered.map((each) => each.ring))].sort((a, b) => a - b);
  const others = rings.length === 0 ? "no cluster is registered" : `there are: ${rings.join(", ")}`;
  throw new UsageError(`no registered cluster is in ring ${ring} (${others})`);
}

const longestReason = 500;

export function readReason(text = "set on the command line"): string {
  const reason = plainText(text);
  if (reason === "" || reason.length > longestReason) {
    throw new UsageError(`--reason must have 1 to ${longestReason} characters, not ${reason.length}`);
  }
  return reason;
}

export function whoAndWhere(scope: string, healer: string): string {
  return `${healer === "*" ? "all healers" : healer} ${scope === "*" ? "everywhere" : `in ${scope}`}`;
}

function confirmation(scope: string, healer: string, mode: Mode, forMs: number | undefined): string {
  const end = forMs === undefined ? "without an end" : `for ${briefDuration(forMs)}`;
  return `${whoAndWhere(scope, healer)}: ${mode}, ${end}`;
}

/** The row is written in any case: an "off" for a cluster to come is a good idea. But a typing error must not pass for an "off". */
export async function warnOfUnknownCluster(
  desk: Desk,
  { clusters }: Stores,
  cluster: string,
  what = "flag",
): Promise<void> {
  const state = await clusters.state(cluster);
  if (state.registered !== undefined) return;
  const ids = (await clusters.list()).filter(({ registered }) => registered !== undefined).map(({ id }) => id);
  const others = ids.length === 0 ? "no cluster is" : `registered: ${ids.join(", ")}`;
  desk.err(`note: cluster ${cluster} is not registered (${others}); the ${what} waits for it`);
}
