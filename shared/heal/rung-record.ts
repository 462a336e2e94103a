/**
 * What rungs were good for on the nodes of one cluster (S1-07): of each cause and rung the last outcomes that were seen. An outcome that nobody saw
 * (unanswered, or the node fell silent) is none.
 */
import { isRung, type Rung } from "../kubernetes/node-task.ts";
import type { Instant } from "../time/clock.ts";
import { hours } from "../time/duration.ts";

export interface RungOutcome {
  /** `<uid of the node>/<id of the task>`: counted once, however often it is told. */
  readonly id: string;
  readonly helped: boolean;
  /** Our clock. */
  readonly at: Instant;
}

/** By `<cause>#<rung>`, oldest first. */
export type RungRecord = Readonly<Record<string, readonly RungOutcome[]>>;

export interface RungRecordStore {
  /** Of one cluster; empty where nothing was seen. */
  read(cluster: string): Promise<RungRecord>;
  /** One conditional write: of two at once none is lost, and the same outcome twice is one. */
  add(cluster: string, tried: { readonly rung: Rung; readonly cause: string }, outcome: RungOutcome): Promise<void>;
}

/** A rung that is not asked for again for this cause in this cluster. */
export interface HopelessRung {
  readonly cause: string;
  readonly rung: Rung;
  readonly helped: number;
  readonly of: number;
}

/** The last so many of a cause and rung are kept … */
const keptOutcomes = 20;
/** … for so long: a new kernel or runtime may have changed what helps. */
export const outcomesKeptMs = hours(30 * 24);
/** Fewer say nothing. */
const leastOutcomes = 10;
const leastShare = 0.1;

/** The record with this outcome; undefined: it is counted already. */
export function withOutcome(
  record: RungRecord,
  { rung, cause }: { readonly rung: Rung; readonly cause: string },
  outcome: RungOutcome,
): RungRecord | undefined {
  const key = `${cause}#${rung}`;
  const before = record[key] ?? [];
  if (before.some(({ id }) => id === outcome.id)) return undefined;
  return { ...record, [key]: [...before, outcome].slice(-keptOutcomes) };
}

/** How a rung did for one cause, of the outcomes that still count. */
export interface RungScore extends HopelessRung {
  readonly lastAt: Instant;
  readonly hopeless: boolean;
}

/** Hopeless is what helped fewer than one in ten of the last ten to twenty nodes. */
export function rungScores(record: RungRecord, now: Instant): readonly RungScore[] {
  return Object.entries(record).flatMap(([key, all]) => {
    const outcomes = all.filter(({ at }) => now - at <= outcomesKeptMs);
    const [cause = "", rung = ""] = key.split("#");
    if (outcomes.length === 0 || !isRung(rung)) return [];
    const helped = outcomes.filter((each) => each.helped).length;
    const hopeless = outcomes.length >= leastOutcomes && helped < leastShare * outcomes.length;
    const lastAt = Math.max(...outcomes.map(({ at }) => at));
    return [{ cause, rung, helped, of: outcomes.length, lastAt, hopeless }];
  });
}

export function hopelessRungs(record: RungRecord, now: Instant): readonly HopelessRung[] {
  return rungScores(record, now)
    .filter(({ hopeless }) => hopeless)
    .map(({ cause, rung, helped, of }) => ({ cause, rung, helped, of }));
}
