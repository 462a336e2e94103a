import { explanationOf } from "../rail/incident-hold.ts";
import type { Instant } from "../time/clock.ts";
import type { Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";

/**
 * What an open incident explains is told once, as the incident: neither of each object that fails by it, nor of the nodes that they stand on. Heals meet the
 * same rail later (`shared/heal/attempt.ts`). `until`: when to look again, by the cluster's clock.
 */
export async function unlessExplained<Facts extends HealerFacts>(
  { deps, openCase }: Look<Facts>,
  { subject }: Facts,
  verdict: Verdict,
  until: Instant,
): Promise<Verdict> {
  if (verdict.kind !== "escalate" && verdict.kind !== "handOver") return verdict;
  const explanation = explanationOf(subject, await deps.incidents.openFor(openCase.key.cluster));
  return explanation === undefined ? verdict : { kind: "wait", ...explanation, until };
}
