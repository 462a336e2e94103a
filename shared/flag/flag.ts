import type { LogLevel } from "../log/log.ts";
import type { Instant } from "../time/clock.ts";

export type Mode = "off" | "observe" | "act";

export const modes: readonly Mode[] = ["off", "observe", "act"];

/** One row of the flags table. */
export interface FlagRow {
  /** "*", a cluster id, or "<cluster>/<namespace>". */
  readonly scope: string;
  /** A healer's name, or "*". */
  readonly healer: string;
  readonly mode: Mode;
  /** Ours; an expired row counts as absent. */
  readonly until?: Instant;
  readonly reason: string;
  readonly by: string;
  readonly updatedAt: Instant;
}

/** One row about the log's level (S2-05). It stands beside the flags, and never has a say in the mode. */
export interface LogLevelRow {
  /** As a flag's. */
  readonly scope: string;
  readonly healer: string;
  readonly level: LogLevel;
  /** Ours; from then on it counts as absent. Never without: a log that nobody turns down again is paid for. */
  readonly until: Instant;
  readonly reason: string;
  readonly by: string;
  readonly updatedAt: Instant;
}

export interface FlagQuery {
  readonly healer: string;
  readonly cluster: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
}

/** The mode in force, and whose row said so; or why there is none. */
export type FlagAnswer = (
  | { readonly kind: "mode"; readonly mode: Mode; readonly row: FlagRow }
  /** No row left: the healer does not act. */
  | { readonly kind: "absent" }
  /** A row that cannot be understood, or a table that does not answer: the healer does not act. */
  | { readonly kind: "unreadable"; readonly detail: string }
) & {
  /** What a row switches the log to; the deployed level when absent. Only of a recent answer: the last look writes what the first one began. */
  readonly logLevel?: LogLevel;
};

export function describeFlag(row: FlagRow): string {
  return `${row.scope} ${row.healer} ${row.mode} (${row.by})`;
}
