import { amendCase, type Case } from "../case/case.ts";
import { KnitboneError } from "../errors.ts";
import { describeRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";
import { minutes, seconds } from "../time/duration.ts";
import { healerMessageVersion, type WakeUp } from "./healer-message.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

type Changes = Parameters<typeof amendCase>[1];

/** SQS delays a message by 15 min at most; longer waits are re-armed on the way. */
const longestDelayMs = minutes(15);
/** A wake-up comes a little late rather than too early: an early one would only be sent again. */
const wakeUpMarginMs = seconds(2);

/** Writes the case row, then the wake-up that carries its version. "conflict": another look was faster, and this one's view is old. */
export async function fileCase(
  deps: PipelineDeps,
  before: Case,
  changes: Changes,
  wakeAt?: Instant,
): Promise<Case | "conflict"> {
  const next = amendCase(before, changes, deps.clock.now());
  if ((await deps.cases.save(next, before.version)) === "conflict") return "conflict";
  if (wakeAt !== undefined) await sendWakeUp(deps, next, wakeAt, 0);
  return next;
}

/** Sends the wake-up for this version of the case. A crash before it is covered by the forwarder's resync. */
export async function sendWakeUp(deps: PipelineDeps, about: Case, dueAt: Instant, hops: number): Promise<void> {
  const wakeUp: WakeUp = {
    v: healerMessageVersion,
    kind: "wakeUp",
    healer: about.key.healer,
    cluster: about.key.cluster,
    object: about.object,
    traceId: about.traceId,
    caseVersion: about.version,
    dueAt,
    hops,
  };
  const delayMs = Math.min(longestDelayMs, Math.max(0, dueAt - deps.clock.now()) + wakeUpMarginMs);
  const [result] = await deps.queue.send([{ body: JSON.stringify(wakeUp), delayMs, group: about.key.cluster }]);
  if (result?.kind !== "sent") {
    throw new KnitboneError(
      "QueueUnavailable",
      `arming the wake-up of ${describeRef(about.object)}: ${result?.code ?? "no answer"}`,
      {
        retryable: true,
      },
    );
  }
}
