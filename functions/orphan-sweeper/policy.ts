import { z } from "zod";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { formatDuration, hours, minutes, parseDuration, seconds } from "../../shared/time/duration.ts";

/** What a Failed pod is the residue of, by cause (S0-50, S0-51). What falls into which: `decide.ts`. */
const residueClasses = [
  "Evicted",
  "OutOfResource",
  "UnexpectedAdmissionError",
  "NodeMismatch",
  "NodeShutdown",
  "Preempting",
  "NodeGone",
] as const;

export type ResidueClass = (typeof residueClasses)[number];

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
  const timeToLive = duration(timeToLiveFloorMs / lab);
  const knobs = z.strictObject({
    keepNewest: z.int().min(1).max(keepNewestLimit).default(keepNewestDefault),
    timeToLive: z
      .strictObject({
        Evicted: timeToLive,
        OutOfResource: timeToLive,
        UnexpectedAdmissionError: timeToLive,
        NodeMismatch: timeToLive,
        NodeShutdown: timeToLive,
        Preempting: timeToLive,
        NodeGone: timeToLive,
      } satisfies Record<ResidueClass, unknown>)
      .partial()
      .default({}),
    loopTimeToLive: duration(loopTimeToLiveFloorMs / lab).default(loopTimeToLiveFloorMs / lab),
  });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  const { keepNewest, timeToLive: chosen, loopTimeToLive } = parsed.data;
  const ofClass = (each: ResidueClass) => [each, chosen[each] ?? timeToLiveDefaultMs / lab] as const;
  const timeToLiveMs = Object.freeze(Object.fromEntries(residueClasses.map(ofClass))) as Policy["timeToLiveMs"];
  return { kind: "policy", policy: Object.freeze({ keepNewest, timeToLiveMs, loopTimeToLiveMs: loopTimeToLive }) };
};

/** Text such as "2h" → milliseconds, not below the floor. */
function duration(floorMs: number) {
  return z.string({ error: 'expected a duration such as "2h"' }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) context.addIssue({ code: "custom", message: `"${text}" is not a duration such as "2h"` });
    else if (ms < floorMs) {
      context.addIssue({ code: "custom", message: `${text} is below the floor of ${formatDuration(floorMs)}` });
    } else return ms;
    return z.NEVER;
  });
}

function describeProblem(issue: z.core.$ZodIssue): string {
  const where = issue.path.join(".");
  const what = issue.code === "unrecognized_keys" ? `unknown knob: ${issue.keys.join(", ")}` : issue.message;
  return where === "" ? what : `${where}: ${what}`;
}
