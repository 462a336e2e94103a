import { type Case, newCase } from "../case/case.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { fileCase } from "./case-desk.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";

/** Cases of nodes belong to the node's healer, whoever found the symptom: one case per node, told once. */
export const nodeHealer = "notready-handler";

export interface Escalation {
  readonly about: ObjectRef;
  readonly reason: string;
  readonly message: string;
}

/**
 * Tells people once per case: a ledger row, the case's mark, a Warning Event. Each step may be repeated (the ids are made of the case), so a
 * crash between two of them neither loses the word nor says it twice. In observe mode only the ledger hears of it.
 *
 * Resolves to the case of `about` as it now stands; when `about` is the looked-at object itself, that is the case to go on with.
 */
export async function escalateOnce<Facts extends HealerFacts>(
  look: Look<Facts>,
  escalation: Escalation,
): Promise<Case> {
  const { deps, openCase } = look;
  const aboutItself = escalation.about.uid === openCase.object.uid;
  const subject = aboutItself ? openCase : await caseOf(look, escalation.about);
  if (subject.escalated !== undefined && subject.state === "open") return subject;

  const actionId = `${look.mode === "observe" ? "observed-" : ""}escalate-${subject.key.healer}-${subject.key.uid}-${subject.openedAt}`;
  const now = deps.clock.now();
  const planned = await deps.ledger.plan({
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
    allowedBy: describe(look),
    budgets: [],
  });
  if (look.mode === "observe") {
    if (planned === "planned") await settle(look, actionId, "Observed", "Nobody was told: observe mode.");
    return subject;
  }
  const filed = await fileCase(deps, subject, {
    escalated: { reason: escalation.reason, at: now, actionId },
    verdict: { kind: "escalate", reason: escalation.reason, message: escalation.message, at: now, mode: look.mode },
  });
  // Somebody else told first, or is about to: their look goes on, ours ends with what we know.
  if (filed === "conflict") return subject;
  const told = await look.cluster.recordEvent({
    id: actionId,
    regarding: escalation.about,
    type: "Warning",
    reason: escalation.reason,
    note: escalation.message,
    action: "Escalate",
  });
  if (told.kind !== "Done") look.log.warn("Event not written", { outcome: told.kind, reason: escalation.reason });
  await settle(look, actionId, "Done", "Told.");
  look.log.warn("Escalated", { reason: escalation.reason, about: escalation.about.name, action: actionId });
  deps.metrics.count("Escalated", 1, { reason: escalation.reason });
  return filed;
}

async function caseOf<Facts extends HealerFacts>(look: Look<Facts>, about: ObjectRef): Promise<Case> {
  const key = {
    healer: about.kind === "Node" ? nodeHealer : look.healer.name,
    cluster: look.openCase.key.cluster,
    uid: about.uid,
  };
  const stored = await look.deps.cases.load(key);
  if (stored?.state === "open") return stored;
  const fresh = newCase(key, about, look.openCase.traceId, look.deps.clock.now());
  return stored === undefined ? fresh : { ...fresh, version: stored.version };
}

async function settle<Facts extends HealerFacts>(
  look: Look<Facts>,
  actionId: string,
  kind: "Observed" | "Done",
  message: string,
): Promise<void> {
  await look.deps.ledger.settle(look.openCase.key.cluster, actionId, { kind, message, at: look.deps.clock.now() });
}

function describe<Facts extends HealerFacts>(look: Look<Facts>): string {
  return `${look.flag.scope} ${look.flag.healer} ${look.flag.mode} (${look.flag.by})`;
}
