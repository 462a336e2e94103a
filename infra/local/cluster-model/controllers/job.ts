import { sameJson } from "../objects/json.ts";
import { timestamp } from "../objects/meta.ts";
import { isPodReady, isTerminal, isTerminating, type Pod } from "../objects/pod.ts";
import type { Job, WorkloadCondition } from "../objects/workload.ts";
import { type Controller, type ControllerParts, podFrom, whenChanged } from "./controller.ts";
import { fateOf, isFinished, type Tally, verdict } from "./job-verdict.ts";

/** Holds a finished pod until its Job has counted it. */
const trackingFinalizer = "batch.kubernetes.io/job-tracking";

/** New pods after failures wait 10 s, doubling, at most 10 min. */
const backOffMs = (failures: number): number => (failures === 0 ? 0 : Math.min(10_000 * 2 ** (failures - 1), 600_000));

const never = Number.POSITIVE_INFINITY;

/**
 * Runs pods until enough have succeeded or too many failed. A deleted pod that has not succeeded counts as failed (at once, unless
 * `podReplacementPolicy: Failed` waits for its end), except where the failure policy ignores it. Completion mode NonIndexed only.
 */
export function jobController({ store, actor, record, podsByOwner }: ControllerParts): Controller {
  const failedAt = new Map<string, number>();
  return whenChanged(store, ["jobs", "pods"], (now) => {
    const jobs = store.all("jobs").filter((job) => !isTerminating(job));
    const next = Math.min(...jobs.map((job) => sync(job, now)));
    for (const pod of store.all("pods")) if (isTracked(pod) && isOrphan(pod)) release(pod);
    return next;
  });

  /** Tracked pods whose Job is gone, or going, are let go. */
  function isOrphan(pod: Pod): boolean {
    const owner = pod.metadata.ownerReferences?.find((each) => each.controller);
    const job = owner && store.get("jobs", pod.metadata.namespace ?? "", owner.name);
    return job === undefined || job.metadata.uid !== owner?.uid || isTerminating(job);
  }

  function release(pod: Pod): void {
    actor.modify("pods", pod, "", (next) => {
      next.metadata.finalizers = (next.metadata.finalizers ?? []).filter((each) => each !== trackingFinalizer);
    });
  }

  /** Instant at which it must be looked at again. */
  function sync(job: Job, now: number): number {
    const { succeeded = 0, failed = 0 } = job.status ?? {};
    const tally: Tally = { succeeded, failed };
    const pods = podsByOwner().get(job.metadata.uid) ?? [];
    for (const pod of pods) if (isTracked(pod)) count(job, pod, tally, now);
    if (isFinished(job)) return never;
    const active = pods.filter(isActive);
    const end = verdict(job, tally);
    if (end) stopAll(active);
    const due = end || job.spec.suspend ? never : refill(job, pods, tally, now);
    report(job, tally, end, now);
    return due;
  }

  function stopAll(pods: readonly Pod[]): void {
    for (const pod of pods) actor.remove("pods", pod, { preconditions: { uid: pod.metadata.uid } });
  }

  function count(job: Job, pod: Pod, tally: Tally, now: number): void {
    const fate = isFinished(job) ? "ignored" : fateOf(job, pod);
    if (fate === "undecided") return;
    if (fate === "succeeded") tally.succeeded += 1;
    if (fate === "failed") {
      tally.failed += 1;
      failedAt.set(job.metadata.uid, now);
    }
    release(pod);
  }

  function refill(job: Job, pods: readonly Pod[], tally: Tally, now: number): number {
    const missing = missingPods(job, pods, tally);
    if (missing <= 0) return never;
    const due = (failedAt.get(job.metadata.uid) ?? Number.NEGATIVE_INFINITY) + backOffMs(tally.failed);
    if (due > now) return due;
    for (let n = 0; n < missing; n++) {
      const draft = podFrom(job, job.spec.template);
      const metadata = { ...draft.metadata, finalizers: [...(draft.metadata.finalizers ?? []), trackingFinalizer] };
      const pod = actor.create("pods", job.metadata.namespace ?? "", { ...draft, metadata });
      if (!pod) return never;
      record(job, { type: "Normal", reason: "SuccessfulCreate", message: `Created pod: ${pod.metadata.name}` }, now);
    }
    return never;
  }

  function report(job: Job, tally: Tally, end: WorkloadCondition | undefined, now: number): void {
    const pods = podsByOwner().get(job.metadata.uid) ?? [];
    const status: NonNullable<Job["status"]> = {
      startTime: job.status?.startTime ?? timestamp(now),
      ...counts(pods, tally),
      uncountedTerminatedPods: {},
      ...ending(job, end, now),
    };
    if (sameJson(job.status, status)) return;
    actor.setStatus("jobs", job, status);
    if (!end) return;
    const complete = end.type === "Complete";
    const reason = complete ? "Completed" : (end.reason ?? "");
    record(job, { type: complete ? "Normal" : "Warning", reason, message: end.message ?? "" }, now);
  }
}

const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true;

const isActive = (pod: Pod): boolean => !isTerminal(pod) && !isTerminating(pod);

function missingPods(job: Job, pods: readonly Pod[], { succeeded }: Tally): number {
  const { parallelism = 1, completions, podReplacementPolicy } = job.spec;
  const ending = pods.filter((pod) => isTerminating(pod) && !isTerminal(pod)).length;
  const left = completions === undefined ? parallelism : completions - succeeded;
  const held = podReplacementPolicy === "Failed" ? ending : 0;
  return Math.min(parallelism, left) - pods.filter(isActive).length - held;
}

function counts(pods: readonly Pod[], { succeeded, failed }: Tally) {
  const active = pods.filter(isActive);
  return {
    ...(active.length > 0 ? { active: active.length } : {}),
    terminating: pods.filter((pod) => isTerminating(pod) && !isTerminal(pod)).length,
    ready: active.filter(isPodReady).length,
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
  };
}

function ending(job: Job, end: WorkloadCondition | undefined, now: number) {
  const conditions = job.status?.conditions;
  if (!end) return conditions ? { conditions } : {};
  return {
    conditions: [...(conditions ?? []), { ...end, lastTransitionTime: timestamp(now) }],
    ...(end.type === "Complete" ? { completionTime: timestamp(now) } : {}),
  };
}
