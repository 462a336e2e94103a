import { decide, type Facts } from "../../../../functions/dependency-watch/decide.ts";
import { parsePolicy } from "../../../../functions/dependency-watch/policy.ts";
import { situations } from "../situations.ts";

// What it decides does not depend on the case so far.
situations({
  healer: "dependency-watch",
  parsePolicy,
  decide: (facts: Facts, _openCase, policy, now) => decide(facts, policy, now),
});
