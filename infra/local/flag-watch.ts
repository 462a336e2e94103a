import { describeError } from "../../shared/errors.ts";
import type { FlagStore, StoredFlag } from "../../shared/flag/flag-store.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Clock, Instant } from "../../shared/time/clock.ts";

/** As old as a first look at a flag may be (`design.md` §5). */
const everyMs = 2_000;

/**
 * Calls `changed` whenever what the flags say of a cluster has changed: then its forwarder tells of every suspect at once, instead of when its pause of
 * up to ten minutes is over. Runs until `ended`; a table that does not answer is asked again.
 */
export async function watchFlags(
  cluster: string,
  options: {
    readonly flags: Pick<FlagStore, "list">;
    readonly clock: Clock;
    readonly log: Log;
    readonly ended: AbortSignal;
    readonly changed: () => void;
  },
): Promise<void> {
  const { flags, clock, log, ended, changed } = options;
  let before: string | undefined;
  while (!ended.aborted) {
    try {
      const now = wordsFor(cluster, await flags.list(), clock.now());
      if (before !== undefined && now !== before) changed();
      before = now;
    } catch (error) {
      log.warn("Flags could not be read", { cluster, err: describeError(error) });
    }
    await clock.sleep(everyMs, ended);
  }
}

/** The rows in force for a cluster and its namespaces, as one text: an expired row is none. */
function wordsFor(cluster: string, rows: readonly StoredFlag[], now: Instant): string {
  const own = rows.filter((each) => {
    const scope = each.kind === "row" ? each.row.scope : each.scope;
    const isOurs = scope === "*" || scope === cluster || scope.startsWith(`${cluster}/`);
    return isOurs && !(each.kind === "row" && each.row.until !== undefined && each.row.until <= now);
  });
  return own
    .map((each) =>
      each.kind === "row" ? `${each.row.scope} ${each.row.healer} ${each.row.mode}` : `${each.scope} ${each.healer} ?`,
    )
    .sort()
    .join("\n");
}
