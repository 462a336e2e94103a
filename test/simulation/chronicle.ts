import type { StoredReport } from "../../shared/cluster/cluster-state.ts";
import type { FlagRow } from "../../shared/flag/flag.ts";
import type { Brake } from "../../shared/rail/brake.ts";
import type { Instant } from "../../shared/time/clock.ts";

interface Entry<T> {
  readonly at: Instant;
  readonly value: T;
}

/** A value over time: what stood in a row, and since when. */
export interface Line<T> {
  put(at: Instant, value: T): void;
  /** Every value that stood at some moment from `from` to `to`, oldest first; nothing before the first. */
  between(from: Instant, to: Instant): readonly T[];
}

function line<T>(): Line<T> {
  const entries: Entry<T>[] = [];
  return {
    put: (at, value) => void entries.push({ at, value }),
    between(from, to) {
      const first = Math.max(
        0,
        entries.findLastIndex((each) => each.at <= from),
      );
      return entries
        .slice(first)
        .filter((each) => each.at <= to)
        .map((each) => each.value);
    },
  };
}

/** What people and the dispatcher had committed, at every moment: the conditions that a write is judged under. */
export interface Chronicle {
  readonly mode: Line<FlagRow["mode"]>;
  readonly brake: Line<Brake["state"]>;
  /** When the queue took the newest stored report. */
  readonly reportSentAt: Line<StoredReport["sentAt"]>;
}

export const chronicle = (): Chronicle => ({ mode: line(), brake: line(), reportSentAt: line() });
