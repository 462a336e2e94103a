import { decideWorkload } from "../../functions/pending-rescheduler/decide-workload.ts";
import { observeSpilling, type WorkloadFacts } from "../../functions/pending-rescheduler/observe-workload.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";

const policy = { pendingForMs: minutes(5), rejudgeAfterMs: seconds(60) };

/** The workload's side of pending-rescheduler alone; a test may write the verdict. */
export function spillingHealer(judge?: (facts: WorkloadFacts) => Verdict | undefined): Healer<WorkloadFacts> {
  return {
    name: "pending-rescheduler",
    concerns: () => true,
    observe: observeSpilling,
    decide: (facts, _openCase, now) => judge?.(facts) ?? decideWorkload(facts, policy, now),
    evidence: ({ subject }) => subject,
  };
}
