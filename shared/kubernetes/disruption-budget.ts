import { type Meta, metaFromRaw } from "./meta.ts";
import { type Raw, rawNumber, rawObject } from "./raw.ts";

/** A PodDisruptionBudget, with the selector kept as the API has it (matching happens against raw labels in the cluster adapter). */
export interface DisruptionBudgetFacts extends Meta {
  readonly disruptionsAllowed: number;
}

export function disruptionBudgetFromRaw(raw: Raw): DisruptionBudgetFacts {
  return {
    ...metaFromRaw("PodDisruptionBudget", raw),
    disruptionsAllowed: rawNumber(rawObject(raw["status"])["disruptionsAllowed"]) ?? 0,
  };
}
