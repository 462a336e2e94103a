import * as z from "zod/mini";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { countKnob, describeProblem, durationKnob } from "../../shared/heal/policy-knobs.ts";
import { type Rung, rungs } from "../../shared/kubernetes/node-task.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";

/** The knobs of notready-handler, parsed. What the operator writes is in its README. */
export interface Policy {
  /** Milliseconds for which a node must have been not Ready. Default 300s, never below that; divided in the lab. Raising it lets more pass by itself. */
  readonly notReadyForMs: number;
  /** Milliseconds for which a node must have stayed well before our mark goes. Default 10m, never below that; divided in the lab. */
  readonly wellForMs: number;
  /** Milliseconds after its making for which a node is left to whoever made it. Default 5m, never below that; divided in the lab. */
  readonly newForMs: number;
  /** Milliseconds under our mark before pods are moved away. Default 5m, never below that (S2-07); divided in the lab. */
  readonly drainAfterMs: number;
  /** Rungs that somebody on the nodes answers for; none by default. */
  readonly rungs: readonly Rung[];
  /** Pods on a node from which on density is the cause, beside nine tenths of what it says it can hold. None by default. */
  readonly densityPods?: number;
  /** "restore", the default; "investigate": nodes are marked and told of, and nothing else is done, so that the cause stays to be looked at (S2-13). */
  readonly mode: "restore" | "investigate";
}

const notReadyForFloorMs = seconds(300);
const wellForFloorMs = minutes(10);
const newForFloorMs = minutes(5);
const drainAfterFloorMs = minutes(5);

export const parsePolicy: ParsePolicy<Policy> = (values, lab) => {
  const knob = (floorMs: number, example: string) => z._default(durationKnob(floorMs / lab, example), floorMs / lab);
  const knobs = z.strictObject({
    notReadyFor: knob(notReadyForFloorMs, "6m"),
    wellFor: knob(wellForFloorMs, "15m"),
    newFor: knob(newForFloorMs, "10m"),
    drainAfter: knob(drainAfterFloorMs, "10m"),
    rungs: z._default(z.array(z.enum(rungs, { error: `expected some of ${rungs.join(", ")}` })), []),
    densityPods: z.optional(countKnob(10, 1_000)),
    mode: z._default(z.enum(["restore", "investigate"], { error: "expected restore or investigate" }), "restore"),
  });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  const { notReadyFor, wellFor, newFor, drainAfter, densityPods, ...plain } = parsed.data;
  return {
    kind: "policy",
    policy: Object.freeze({
      notReadyForMs: notReadyFor,
      wellForMs: wellFor,
      newForMs: newFor,
      drainAfterMs: drainAfter,
      ...(densityPods === undefined ? {} : { densityPods }),
      ...plain,
    }),
  };
};
