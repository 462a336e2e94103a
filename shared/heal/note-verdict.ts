import type { Verdict } from "./heal.ts";
import type { Look } from "./look.ts";

/** What was decided: counted and logged; in its own words, and after how many attempts, only where somebody listens closely. */
export function noteVerdict(
  { deps, log, mode, openCase }: Pick<Look, "deps" | "log" | "mode" | "openCase">,
  verdict: Verdict,
): void {
  const { kind, reason, message } = verdict;
  deps.metrics.count("Verdict", 1, { verdict: kind, reason });
  log.info("Verdict", { verdict: kind, reason, mode });
  log.debug("Why", { message, attempts: openCase.attempts, caseVersion: openCase.version });
}
