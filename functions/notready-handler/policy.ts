import * as z from "zod/mini";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { describeProblem, durationKnob } from "../../shared/heal/policy-knobs.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";

/** The knobs of notready-handler, parsed. What the operator writes is in its README. */
export interface Policy {
  /** Milliseconds for which a node must have been not Ready. Default 300s, never below that; divided in the lab. Raising it lets more pass by itself. */
  readonly notReadyForMs: number;
  /** Milliseconds for which a node must have stayed well before our mark goes. Default 10m, never below that; divided in the lab. */
  readonly wellForMs: number;
  /** Milliseconds after its making for which a node is left to whoever made it. Default 5m, never below that; divided in the lab. */
  readonly newForMs: number;
}

const notReadyForFloorMs = seconds(300);
const wellForFloorMs = minutes(10);
const newForFloorMs = minutes(5);

export const parsePolicy: ParsePolicy<Policy> = (values, lab) => {
  const knob = (floorMs: number, example: string) => z._default(durationKnob(floorMs / lab, example), floorMs / lab);
  const knobs = z.strictObject({
    notReadyFor: knob(notReadyForFloorMs, "6m"),
    wellFor: knob(wellForFloorMs, "15m"),
    newFor: knob(newForFloorMs, "10m"),
  });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  const { notReadyFor, wellFor, newFor } = parsed.data;
  return {
    kind: "policy",
    policy: Object.freeze({ notReadyForMs: notReadyFor, wellForMs: wellFor, newForMs: newFor }),
  };
};
