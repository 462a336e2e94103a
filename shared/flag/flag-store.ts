import type { FlagRow, LogLevelRow } from "./flag.ts";

/** A stored row as it was read: a row that does not parse is told apart from one that is not there. */
export type StoredFlag =
  | { readonly kind: "row"; readonly row: FlagRow }
  | { readonly kind: "malformed"; readonly scope: string; readonly healer: string; readonly detail: string };

/** The same of a log's level. One that does not parse has no say: the deployed level holds. */
export type StoredLogLevel =
  | { readonly kind: "row"; readonly row: LogLevelRow }
  | { readonly kind: "malformed"; readonly scope: string; readonly healer: string; readonly detail: string };

export interface FlagKey {
  readonly scope: string;
  readonly healer: string;
}

/** What one read found. */
export interface FlagRows {
  readonly flags: readonly StoredFlag[];
  /** Empty unless they were wanted. */
  readonly levels: readonly LogLevelRow[];
}

export interface FlagStore {
  /**
   * Strongly consistent; those of the wanted (scope, healer) pairs that exist. `levels`: with the log levels of the same pairs, in the same request. Throws
   * StoreUnavailable when the table does not answer.
   */
  read(wanted: readonly FlagKey[], options?: { readonly levels: boolean }): Promise<FlagRows>;
  /** Every flag, for people. */
  list(): Promise<readonly StoredFlag[]>;
  /** Every log level, for people. */
  listLevels(): Promise<readonly StoredLogLevel[]>;
  setLevel(row: LogLevelRow): Promise<void>;
  set(row: FlagRow): Promise<void>;
  /** Writes the row only if the table has none with this scope and healer. */
  setIfAbsent(row: FlagRow): Promise<"written" | "exists">;
}
