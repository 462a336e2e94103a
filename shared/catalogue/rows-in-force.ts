import { idOf, numberOf, type StoredVersion } from "./catalogue-store.ts";
import type { Origin, Signature } from "./signature.ts";

export interface RowInForce {
  readonly signature: Signature;
  readonly origin: Origin;
}

export interface RowsInForce {
  readonly rows: readonly RowInForce[];
  /** What stands in the table and is not in force, for people. */
  readonly problems: readonly string[];
}

/**
 * The release's rows, and of each row of the table the newest version that is good: a bad one leaves the version before it in force. Where
 * none is left that is good, what `before` had of it stays (a row that was spoilt by hand). A row of the release cannot be replaced.
 */
export function rowsInForce(
  release: readonly Signature[],
  versions: readonly StoredVersion[],
  before: readonly RowInForce[] = [],
): RowsInForce {
  const released = new Set(release.map(({ id }) => id));
  const ids = [...new Set(versions.map(idOf))];
  const kept = ids.flatMap((id): readonly RowInForce[] => {
    if (released.has(id)) return [];
    const own = versions.filter((each) => idOf(each) === id).sort((a, b) => numberOf(b) - numberOf(a));
    const good = own.find((each) => each.kind !== "malformed");
    if (good === undefined) return before.filter((row) => row.origin === "table" && row.signature.id === id);
    return good.kind === "row" ? [{ signature: good.signature, origin: "table" }] : [];
  });
  return {
    rows: [...release.map((signature): RowInForce => ({ signature, origin: "release" })), ...kept],
    problems: [
      ...versions.flatMap((each) =>
        each.kind === "malformed"
          ? each.problems.map((problem) => `version ${each.version} is not in force: ${problem}`)
          : [],
      ),
      ...ids
        .filter((id) => released.has(id))
        .map((id) => `row ${id} of the table is not in force: the release has one of this id`),
    ],
  };
}
