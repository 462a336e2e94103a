import * as z from "zod/mini";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { countKnob, describeProblem, durationKnob } from "../../shared/heal/policy-knobs.ts";
import { type ResidueClass, residueClasses } from "../../shared/kubernetes/residue.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";

/** The knobs of orphan-sweeper, parsed. What the operator writes is in its README. */
export interface Policy {
  /** How many of the newest residue pods stay, as evidence, per owner and class. Default 5, at least 1. Raising it keeps more. */
  readonly keepNewest: number;
  /**
   * Milliseconds for which residue of a class stays after it ended. Default 1h, never below 10m; divided in the lab. Raising it keeps evidence
   * longer and lets more of it pile up.
   */
  readonly timeToLiveMs: Readonly<Record<ResidueClass, number>>;
  /** The same for what a rejection loop makes. Default 60s, never below that; divided in the lab. */
  readonly loopTimeToLiveMs: number;
}

const keepNewestDefault = 5;
const keepNewestLimit = 1_000;
const timeToLiveDefaultMs = hours(1);
const timeToLiveFloorMs = minutes(10);
const loopTimeToLiveFloorMs = seconds(60);

export const parsePolicy: ParsePolicy<Policy> = (values, lab) => {
  const timeToLive = durationKnob(timeToLiveFloorMs / lab, "2h");
  const knobs = z.strictObject({
    keepNewest: z._default(countKnob(1, keepNewestLimit), keepNewestDefault),
    timeToLive: z._default(
      z.partial(
        z.strictObject({
          Evicted: timeToLive,
          OutOfResource: timeToLive,
          UnexpectedAdmissionError: timeToLive,
          NodeMismatch: timeToLive,
          NodeShutdown: timeToLive,
          Preempting: timeToLive,
          NodeGone: timeToLive,
        } satisfies Record<ResidueClass, unknown>),
      ),
      {},
    ),
    loopTimeToLive: z._default(durationKnob(loopTimeToLiveFloorMs / lab, "2h"), loopTimeToLiveFloorMs / lab),
  });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  const { keepNewest, timeToLive: chosen, loopTimeToLive } = parsed.data;
  const ofClass = (each: ResidueClass) => [each, chosen[each] ?? timeToLiveDefaultMs / lab] as const;
  const timeToLiveMs = Object.freeze(Object.fromEntries(residueClasses.map(ofClass))) as Policy["timeToLiveMs"];
  return { kind: "policy", policy: Object.freeze({ keepNewest, timeToLiveMs, loopTimeToLiveMs: loopTimeToLive }) };
};
