import { type Policy, parsePolicy } from "../../functions/notready-handler/policy.ts";

/** notready-handler's defaults, outside the lab, with these knobs as an operator writes them. */
export function aNodePolicy(knobs: object = {}): Policy {
  const parsed = parsePolicy(knobs, 1);
  if (parsed.kind !== "policy") throw new Error(parsed.problems.join("; "));
  return parsed.policy;
}
