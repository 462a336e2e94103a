import type { FlagRow } from "./flag.ts";

/** A stored row as it was read: a row that does not parse is told apart from one that is not there. */
export type StoredFlag =
  | { readonly kind: "row"; readonly row: FlagRow }
  | { readonly kind: "malformed"; readonly scope: string; readonly healer: string; readonly detail: string };

export interface FlagStore {
  /** Strongly consistent; those of the wanted (scope, healer) pairs that exist. Throws StoreUnavailable when the table does not answer. */
  read(wanted: readonly { readonly scope: string; readonly healer: string }[]): Promise<readonly StoredFlag[]>;
  /** Every row, for people. */
  list(): Promise<readonly StoredFlag[]>;
  set(row: FlagRow): Promise<void>;
  /** Writes the row only if the table has none with this scope and healer. */
  setIfAbsent(row: FlagRow): Promise<"written" | "exists">;
}
