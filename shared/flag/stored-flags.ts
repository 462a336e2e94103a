import { describeError } from "../errors.ts";
import type { Clock, Instant } from "../time/clock.ts";
import type { FlagAnswer, FlagQuery } from "./flag.ts";
import type { FlagRows, FlagStore } from "./flag-store.ts";
import type { Flags } from "./flags.ts";
import { resolveLogLevel } from "./resolve-log-level.ts";
import { applicableFlags, resolveMode } from "./resolve-mode.ts";

/** How old the answer of a first look may be (`design.md` §5 "Flags"). */
const flagCacheMs = 2_000;
/** How long the table may take; longer is an unreadable answer (`safety.md` §3.3). */
const flagReadLimitMs = 300;

type FlagRead = ({ readonly kind: "rows" } & FlagRows) | UnreadableFlags;

interface UnreadableFlags {
  readonly kind: "unreadable";
  readonly detail: string;
}

interface CachedRead {
  readonly startedAt: Instant;
  readonly read: Promise<FlagRead>;
}

/**
 * Flags out of a table. The floor: at most one table read per function container, query and 2 s for "recent", failed reads included, so
 * that a table in trouble is not asked by every message. What is cached is the rows, not the mode: one that expires meanwhile has expired.
 * Ages are measured from the start of the read by the monotonic clock.
 */
export function storedFlags(store: FlagStore, clock: Clock): Flags {
  const cache = new Map<string, CachedRead>();

  const recent = (query: FlagQuery): Promise<FlagRead> => {
    const startedAt = clock.monotonic();
    // The cache holds only what is still fresh, so that many namespaces do not pile up in a warm container.
    for (const [key, each] of cache) if (startedAt - each.startedAt >= flagCacheMs) cache.delete(key);
    const key = JSON.stringify([query.healer, query.cluster, query.namespace ?? ""]);
    const cached = cache.get(key);
    if (cached) return cached.read;
    const read = readWithin(store, clock, query, { levels: true });
    cache.set(key, { startedAt, read });
    return read;
  };

  return {
    async mode(query, freshness): Promise<FlagAnswer> {
      const read = await (freshness === "now" ? readWithin(store, clock, query, { levels: false }) : recent(query));
      if (read.kind !== "rows") return read;
      const now = clock.now();
      const logLevel = resolveLogLevel(read.levels, query, now);
      return { ...resolveMode(read.flags, query, now), ...(logLevel === undefined ? {} : { logLevel }) };
    },
  };
}

async function readWithin(
  store: FlagStore,
  clock: Clock,
  query: FlagQuery,
  options: { readonly levels: boolean },
): Promise<FlagRead> {
  const answered = new AbortController();
  const late = clock.sleep(flagReadLimitMs, answered.signal).then(
    (): FlagRead => ({
      kind: "unreadable",
      detail: `reading flags: no answer within ${flagReadLimitMs} ms`,
    }),
  );
  const read = await Promise.race([readRows(store, query, options), late]);
  answered.abort();
  return read;
}

async function readRows(store: FlagStore, query: FlagQuery, options: { readonly levels: boolean }): Promise<FlagRead> {
  try {
    return { kind: "rows", ...(await store.read(applicableFlags(query), options)) };
  } catch (thrown) {
    return { kind: "unreadable", detail: describeError(thrown) };
  }
}
