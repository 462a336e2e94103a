import * as z from "zod/mini";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { describeProblem, durationKnob } from "../../shared/heal/policy-knobs.ts";
import { minutes } from "../../shared/time/duration.ts";

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
  const knobs = z.strictObject({ overdueMargin: z._default(durationKnob(floorMs, "2m"), floorMs) });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  return { kind: "policy", policy: Object.freeze({ overdueMarginMs: parsed.data.overdueMargin }) };
};
