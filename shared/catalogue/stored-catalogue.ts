import { describeError } from "../errors.ts";
import type { Clock } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import { type Catalogue, catalogueOf } from "./catalogue.ts";
import type { CatalogueStore, StoredVersion } from "./catalogue-store.ts";
import { type RowsInForce, rowsInForce } from "./rows-in-force.ts";
import type { Signature } from "./signature.ts";

/** How old the table's rows may be (S0-77). */
const cacheMs = seconds(30);
/** How long the table may take; longer, and what was known stays in force. */
const readLimitMs = 1_000;

export interface CatalogueView extends RowsInForce {
  readonly catalogue: Catalogue;
}

export interface LiveCatalogue {
  /** What is in force. Never throws: when the table cannot be read, what was read last stays, and `problems` says so. */
  current(): Promise<CatalogueView>;
}

/**
 * The release's rows with those of the table, which is read at most once in 30 s per container, failed reads included. Ages are measured from the
 * start of the read by the monotonic clock.
 */
export function storedCatalogue(store: CatalogueStore, release: readonly Signature[], clock: Clock): LiveCatalogue {
  let last = viewOf(rowsInForce(release, []));
  let cached: { readonly startedAt: number; readonly view: Promise<CatalogueView> } | undefined;

  const refresh = async (): Promise<CatalogueView> => {
    const read = await readWithin(store, clock);
    if ("detail" in read) return { ...last, problems: [...last.problems, read.detail] };
    last = viewOf(rowsInForce(release, read.versions, last.rows));
    return last;
  };

  return {
    current() {
      const startedAt = clock.monotonic();
      if (cached === undefined || startedAt - cached.startedAt >= cacheMs) cached = { startedAt, view: refresh() };
      return cached.view;
    },
  };
}

function viewOf(inForce: RowsInForce): CatalogueView {
  return { ...inForce, catalogue: catalogueOf(inForce.rows.map(({ signature }) => signature)) };
}

type Read = { readonly versions: readonly StoredVersion[] } | { readonly detail: string };

async function readWithin(store: CatalogueStore, clock: Clock): Promise<Read> {
  const answered = new AbortController();
  const late = clock
    .sleep(readLimitMs, answered.signal)
    .then((): Read => ({ detail: `reading the catalogue's table: no answer within ${readLimitMs} ms` }));
  const read = store.versions().then(
    (versions): Read => ({ versions }),
    (thrown: unknown): Read => ({ detail: describeError(thrown) }),
  );
  const first = await Promise.race([read, late]);
  answered.abort();
  return first;
}
