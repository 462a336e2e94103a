import type { Case } from "../case/case.ts";
import { describeError } from "../errors.ts";
import { describeRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";
import { hours, seconds } from "../time/duration.ts";
import type { AttemptResult } from "./attempt.ts";
import { fileCase } from "./case-desk.ts";
import { escalateOnce } from "./escalation.ts";
import { effectOf, type HealKind, type Outcome, type Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Handled, Look } from "./look.ts";

type HealVerdict = Extract<Verdict, { kind: "heal" }>;
type Sent = Extract<AttemptResult, { kind: "sent" }>;

/** What observe mode would have done is held this long, so that a dry run neither re-fires nor lies. */
const shadowHoldMs = hours(1);
/** Looks at one object beside ours: each stamps its case at most once. */
const maxRaces = 10;

/** After the write: the Event on the object, the lifecycle, and on the case what is to be seen next and when. */
export async function recordAttempt<Facts extends HealerFacts>(
  look: Look<Facts>,
  verdict: HealVerdict,
  result: Sent | Extract<AttemptResult, { kind: "observed" }>,
): Promise<Handled> {
  const { deps, openCase, log } = look;
  const now = deps.clock.now();
  const words = { kind: "heal", reason: verdict.reason, message: verdict.message, at: now, mode: look.mode } as const;
  if (result.kind === "observed") {
    const until = now + shadowHoldMs;
    log.info("Would have healed", { heal: verdict.heal.kind, reason: verdict.reason, action: result.actionId });
    deps.metrics.count("Observed", 1, { heal: verdict.heal.kind });
    const filed = await fileCase(
      deps,
      openCase,
      {
        verdict: words,
        shadowHeldUntil: until,
        nextLookAt: until,
        pending: undefined,
      },
      until,
    );
    return filed === "conflict" ? { kind: "Superseded" } : { kind: "Decided", reason: verdict.reason };
  }

  const { outcome } = result;
  log.info("Heal sent", {
    heal: verdict.heal.kind,
    outcome: outcome.kind,
    reason: verdict.reason,
    action: result.actionId,
  });
  deps.metrics.count("Heal", 1, { heal: verdict.heal.kind, outcome: outcome.kind });
  if (outcome.kind === "Done") await tell(look, verdict, result);
  const told = outcome.kind === "Denied" ? await escalateOnce(look, denied(look, outcome.message)) : openCase;
  const mayHaveActed = outcome.kind === "Done" || outcome.kind === "Unknown";
  const nextLookAt = now + nextLookMs(outcome);
  const effect = effectOf(verdict.heal);
  const filed = await fileSent(
    look,
    told,
    {
      verdict: words,
      attempts: openCase.attempts + (mayHaveActed ? 1 : 0),
      pending: mayHaveActed
        ? {
            actionId: result.actionId,
            sentAt: result.at,
            ...(result.inFlight === undefined ? {} : { inFlight: result.inFlight }),
            ...(effect === undefined ? {} : { effect }),
          }
        : undefined,
      shadowHeldUntil: undefined,
      nextLookAt,
    },
    nextLookAt,
  );
  await result.release?.();
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Decided", reason: verdict.reason };
}

/**
 * A look that found the claim held may have stamped the case during the write: what was sent must stand there all the same, or the attempt is not counted
 * and its effect never seen. While our claim holds nobody else sends, and nobody closes the case.
 */
async function fileSent<Facts extends HealerFacts>(
  { deps }: Look<Facts>,
  before: Case,
  changes: Parameters<typeof fileCase>[2],
  wakeAt: Instant,
): Promise<Case | "conflict"> {
  let current = before;
  for (let race = 0; race < maxRaces; race++) {
    const filed = await fileCase(deps, current, changes, wakeAt);
    if (filed !== "conflict" || changes.pending === undefined) return filed;
    const stored = await deps.cases.load(before.key);
    if (stored?.state !== "open" || stored.pending !== undefined) return "conflict";
    current = stored;
  }
  return "conflict";
}

/** When to look again: for the effect, for what the object has become, or when the server said to come back. */
function nextLookMs(outcome: Outcome): number {
  switch (outcome.kind) {
    case "Done":
    case "Unknown":
    case "Conflict":
      return seconds(10);
    case "Gone":
      return seconds(1);
    case "BlockedByBudget":
      return Math.max(outcome.retryAfterMs, seconds(10));
    case "Denied":
      return seconds(600);
  }
}

function denied<Facts extends HealerFacts>(look: Look<Facts>, message: string) {
  return { about: look.openCase.object, reason: "WriteDenied", message: `The cluster refused the write: ${message}` };
}

const pastTense: Readonly<Record<HealKind, string>> = {
  ForceDeletePod: "ForceDeleted",
  EvictTerminalPod: "Swept",
  EvictOrphan: "Evicted",
  EvictStuckPod: "Evicted",
  DrainPod: "Drained",
  TaintNode: "Tainted",
  UntaintNode: "Untainted",
  AskNodeTask: "TaskAsked",
  CreateSpill: "Spilled",
  ScaleSpill: "SpillScaled",
  RemoveSpill: "SpillRemoved",
};

async function tell<Facts extends HealerFacts>(look: Look<Facts>, verdict: HealVerdict, result: Sent): Promise<void> {
  const { deps, cluster, openCase, log } = look;
  const event = await cluster.recordEvent({
    id: result.actionId,
    regarding: openCase.object,
    type: "Normal",
    reason: pastTense[verdict.heal.kind],
    note: `${verdict.message} (${verdict.reason}, action ${result.actionId})`,
    action: verdict.heal.kind,
  });
  // Never fail a heal because its Event failed.
  if (event.kind !== "Done")
    log.warn("Event not written", { outcome: event.kind, object: describeRef(openCase.object) });
  if (openCase.object.kind !== "Pod") return;
  try {
    await deps.lifecycles.recordHeal(openCase.key.cluster, openCase.object, result.actionId);
  } catch (thrown) {
    // Nor because the pod's life was not written: what was sent must reach the case.
    log.warn("Heal not written to the pod's life", { action: result.actionId, err: describeError(thrown) });
  }
}
