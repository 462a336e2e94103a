import { z } from "zod";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { formatDuration, minutes, parseDuration } from "../../shared/time/duration.ts";

/** The knobs of terminating-reaper, parsed. What the operator writes is in its README. */
export interface Policy {
  /**
   * Milliseconds past `deletionTimestamp` (which already contains the grace period) before a pod counts as overdue. Default 2m, never below
   * that; divided in the lab. Raising it gives slow kubelets longer and lets stuck pods stand longer.
   */
  readonly overdueMarginMs: number;
}

const overdueMarginFloorMs = minutes(2);

export const parsePolicy: ParsePolicy<Policy> = (values, lab) => {
  const floorMs = overdueMarginFloorMs / lab;
  const knobs = z.strictObject({ overdueMargin: duration(floorMs).default(floorMs) });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  return { kind: "policy", policy: Object.freeze({ overdueMarginMs: parsed.data.overdueMargin }) };
};

/** Text such as "2m" → milliseconds, not below the floor. */
function duration(floorMs: number) {
  return z.string({ error: 'expected a duration such as "2m"' }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) context.addIssue({ code: "custom", message: `"${text}" is not a duration such as "2m"` });
    else if (ms < floorMs) {
      context.addIssue({ code: "custom", message: `${text} is below the floor of ${formatDuration(floorMs)}` });
    } else return ms;
    return z.NEVER;
  });
}

function describeProblem(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `unknown knob: ${issue.keys.join(", ")}`;
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
}
