import * as z from "zod/mini";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { describeProblem, durationKnob } from "../../shared/heal/policy-knobs.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";

/** The knobs of pending-rescheduler, parsed. What the operator writes is in its README. */
export interface Policy {
  /** Milliseconds for which a pod must have been stuck before anything is done or said about it. Default 300s, never below that; divided in the lab. */
  readonly pendingForMs: number;
  /** Milliseconds after binding for which a kubelet may say nothing. Default 90s, never below that; divided in the lab. Raising it hands fewer nodes over. */
  readonly silentForMs: number;
  /** Milliseconds for which what may still come by itself (a slow start, one silent pod) is waited for before people are told. Default 15m, never below 10m; divided in the lab. */
  readonly tellAfterMs: number;
  /** Milliseconds between two looks at a workload that is spilled, or finds no room anywhere. Default 60s, never below that; divided in the lab. */
  readonly rejudgeAfterMs: number;
}

const pendingForFloorMs = seconds(300);
const silentForFloorMs = seconds(90);
const tellAfterDefaultMs = minutes(15);
const tellAfterFloorMs = minutes(10);
const rejudgeAfterFloorMs = seconds(60);

export const parsePolicy: ParsePolicy<Policy> = (values, lab) => {
  const knob = (floorMs: number, defaultMs: number, example: string) =>
    z._default(durationKnob(floorMs / lab, example), defaultMs / lab);
  const knobs = z.strictObject({
    pendingFor: knob(pendingForFloorMs, pendingForFloorMs, "6m"),
    silentFor: knob(silentForFloorMs, silentForFloorMs, "2m"),
    tellAfter: knob(tellAfterFloorMs, tellAfterDefaultMs, "20m"),
    rejudgeAfter: knob(rejudgeAfterFloorMs, rejudgeAfterFloorMs, "2m"),
  });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  const { pendingFor, silentFor, tellAfter, rejudgeAfter } = parsed.data;
  return {
    kind: "policy",
    policy: Object.freeze({
      pendingForMs: pendingFor,
      silentForMs: silentFor,
      tellAfterMs: tellAfter,
      rejudgeAfterMs: rejudgeAfter,
    }),
  };
};

/** A start by one node's clock is later than a binding by another clock only by more than this: 30 s, or what the lab makes of it. */
export function marginMs({ silentForMs }: Policy): number {
  return silentForMs / 3;
}
