import { type Case, reopenedCase } from "../case/case.ts";
import { describeFlag } from "../flag/flag.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Action } from "../ledger/action.ts";
import type { Instant } from "../time/clock.ts";
import { hours } from "../time/duration.ts";
import { fileCase } from "./case-desk.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import { nodeHealer } from "./node-healer.ts";
import { armLastWord } from "./word.ts";

export interface Escalation {
  readonly about: ObjectRef;
  readonly reason: string;
  readonly message: string;
}

/** Who tells: a look at an object, or a round. */
export type Speaking<Facts extends HealerFacts = HealerFacts> = Pick<
  Look<Facts>,
  "healer" | "deps" | "openCase" | "mode" | "flag" | "log" | "cluster"
>;

/** What was told about another object (a node, a workload) is told again only after this long without the cause being seen. */
const quietMs = hours(24);
/** For so long after it was marked, an escalation is checked for having been told. */
const finishWithinMs = hours(1);
/** How often a cause that is seen again is noted on the case, so that `quietMs` counts from the last time. */
const noteEveryMs = hours(1);

/**
 * Tells people once per case: a ledger row, the case's mark, a Warning Event. Each step may be repeated (the ids are made of the case), so a
 * crash between two of them neither loses the word nor says it twice. In observe mode only the ledger hears of it.
 *
 * Resolves to the case of `about` as it now stands; when `about` is the looked-at object itself, that is the case to go on with.
 */
export async function escalateOnce<Facts extends HealerFacts>(
  look: Speaking<Facts>,
  escalation: Escalation,
): Promise<Case> {
  const { deps, openCase } = look;
  const aboutItself = escalation.about.uid === openCase.object.uid;
  const subject = aboutItself ? openCase : await caseOf(look, escalation);
  if (subject.escalated !== undefined) {
    await finishTelling(look, escalation, subject.escalated);
    return aboutItself ? subject : noted(look, subject);
  }
  const actionId = idOf(look, subject, escalation);
  const now = deps.clock.now();
  if (look.mode === "act") await armLastWord(look, actionId);
  await deps.ledger.plan({
    id: actionId,
    cluster: openCase.key.cluster,
    healer: look.healer.name,
    object: escalation.about,
    heal: { kind: "Escalate", about: escalation.about },
    reason: escalation.reason,
    message: escalation.message,
    mode: look.mode,
    attempt: 1,
    traceId: openCase.traceId,
    plannedAt: now,
    allowedBy: describeFlag(look.flag),
    budgets: [],
  });
  if (look.mode === "observe") {
    // Also when it was there: whoever planned it may have died before this.
    await settle(look, actionId, "Observed", "Nobody was told: observe mode.");
    return subject;
  }
  const verdict = verdictOf(look, escalation, now);
  const filed = await fileCase(deps, subject, {
    escalated: { reason: escalation.reason, at: now, actionId },
    ...(isSaid(subject, verdict) ? {} : { verdict }),
  });
  if (filed === "conflict") return toldByAnother(look, subject, actionId);
  await tell(look, escalation, actionId, "first");
  look.log.warn("Escalated", { reason: escalation.reason, about: escalation.about.name, action: actionId });
  deps.metrics.count("Escalated", 1, { reason: escalation.reason });
  return filed;
}

type Judged = NonNullable<Case["verdict"]>;

function verdictOf({ mode }: Pick<Speaking, "mode">, { reason, message }: Escalation, at: Instant): Judged {
  return { kind: "escalate", reason, message, at, mode: mode === "act" ? "act" : "observe" };
}

function isSaid({ verdict }: Case, { kind, reason, mode }: Judged): boolean {
  return verdict?.kind === kind && verdict.reason === reason && verdict.mode === mode;
}

async function tell<Facts extends HealerFacts>(
  look: Speaking<Facts>,
  escalation: Escalation,
  actionId: string,
  time: "first" | "again",
): Promise<void> {
  const told = await look.cluster.recordEvent({
    id: actionId,
    regarding: escalation.about,
    type: "Warning",
    reason: escalation.reason,
    note: escalation.message,
    action: "Escalate",
  });
  if (told.kind === "Done") return settle(look, actionId, "Done", "Told.");
  look.log.warn("Event not written", { outcome: told.kind, reason: escalation.reason });
  const mayPass = told.kind === "Unknown" || told.kind === "BlockedByBudget";
  // Left without an outcome, it is told at the next look; then the ledger says what came of it, whatever that is.
  if (mayPass && time === "first") return;
  await settle(
    look,
    actionId,
    told.kind,
    `The Event was not written: ${"message" in told ? told.message : "its namespace is gone"}.`,
  );
}

/** The case is marked, but whoever marked it may have died before the Event: its ledger row has no outcome then. The same id makes no second Event. */
async function finishTelling<Facts extends HealerFacts>(
  look: Speaking<Facts>,
  escalation: Escalation,
  { actionId, at }: NonNullable<Case["escalated"]>,
): Promise<void> {
  if (look.mode === "observe" || look.deps.clock.now() - at > finishWithinMs) return;
  const action = await look.deps.ledger.read(look.openCase.key.cluster, actionId);
  if (action === undefined || action.outcome !== undefined) return;
  await tell(look, { about: escalation.about, reason: action.reason, message: action.message }, actionId, "again");
}

/** One id per case and, in observe mode where no case is marked, one per cause: a dry run does not repeat itself either. */
function idOf<Facts extends HealerFacts>(look: Speaking<Facts>, subject: Case, { reason }: Escalation): string {
  const { healer, uid } = subject.key;
  return look.mode === "observe"
    ? `observed-escalate-${healer}-${uid}-${reason}`
    : `escalate-${healer}-${uid}-${subject.openedAt}`;
}

/** Another look told first, or is about to. Our planned row is withdrawn, unless theirs is the same one. */
async function toldByAnother<Facts extends HealerFacts>(
  look: Speaking<Facts>,
  subject: Case,
  actionId: string,
): Promise<Case> {
  const winner = await look.deps.cases.load(subject.key);
  if (winner?.escalated?.actionId !== actionId) await settle(look, actionId, "Withdrawn", "Another look told first.");
  return subject;
}

async function noted<Facts extends HealerFacts>(look: Speaking<Facts>, subject: Case): Promise<Case> {
  if (look.mode === "observe" || look.deps.clock.now() - subject.updatedAt < noteEveryMs) return subject;
  const filed = await fileCase(look.deps, subject, {});
  return filed === "conflict" ? subject : filed;
}

async function caseOf<Facts extends HealerFacts>(look: Speaking<Facts>, escalation: Escalation): Promise<Case> {
  const { about } = escalation;
  const key = {
    healer: about.kind === "Node" ? nodeHealer : look.healer.name,
    cluster: look.openCase.key.cluster,
    uid: about.uid,
  };
  const stored = await look.deps.cases.load(key);
  const now = look.deps.clock.now();
  if (stored?.state === "open" && now - stored.updatedAt < quietMs) return stored;
  const opened = reopenedCase(stored, key, about, look.openCase.traceId, now);
  if (look.mode === "observe") return opened;
  // It stands before anything is planned: the id of what is told is made of it. With its verdict, for whoever told it may end here, and nobody else judges it.
  const filed = await fileCase(look.deps, opened, { verdict: verdictOf(look, escalation, now) });
  return filed === "conflict" ? ((await look.deps.cases.load(key)) ?? opened) : filed;
}

async function settle<Facts extends HealerFacts>(
  look: Speaking<Facts>,
  actionId: string,
  kind: NonNullable<Action["outcome"]>["kind"],
  message: string,
): Promise<void> {
  await look.deps.ledger.settle(look.openCase.key.cluster, actionId, { kind, message, at: look.deps.clock.now() });
}
