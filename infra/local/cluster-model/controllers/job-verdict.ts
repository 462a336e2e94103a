import { isTerminating, type Pod } from "../objects/pod.ts";
import type { Job, WorkloadCondition } from "../objects/workload.ts";

export interface Tally {
  succeeded: number;
  failed: number;
}

export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
}

/** What one pod means for its Job: `isPodFailed` in pkg/controller/job/job_controller.go. */
export function fateOf(job: Job, pod: Pod): "succeeded" | "failed" | "ignored" | "undecided" {
  if (pod.status?.phase === "Succeeded") return "succeeded";
  const waitsForEnd = job.spec.podReplacementPolicy === "Failed";
  const failed = pod.status?.phase === "Failed" || (isTerminating(pod) && !waitsForEnd);
  if (!failed) return "undecided";
  return isIgnored(job, pod) ? "ignored" : "failed";
}

/** A rule of the failure policy on conditions, such as Ignore on DisruptionTarget. */
function isIgnored(job: Job, pod: Pod): boolean {
  const conditions = pod.status?.conditions ?? [];
  const rule = (job.spec.podFailurePolicy?.rules ?? []).find((each) =>
    each.onPodConditions?.some(({ type, status }) =>
      conditions.some((has) => has.type === type && has.status === status),
    ),
  );
  return rule?.action === "Ignore";
}

/** The condition that ends the Job, once it is over. */
export function verdict(job: Job, { succeeded, failed }: Tally): WorkloadCondition | undefined {
  const { completions = 1, backoffLimit = 6 } = job.spec;
  if (failed > backoffLimit) {
    const message = "Job has reached the specified backoff limit";
    return { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message };
  }
  if (succeeded < completions) return undefined;
  const message = "Reached expected number of succeeded pods";
  return { type: "Complete", status: "True", reason: "CompletionsReached", message };
}
