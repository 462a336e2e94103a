import { packEvidence } from "../evidence/pack-evidence.ts";
import { describeFlag } from "../flag/flag.ts";
import type { Incident } from "../incident/incident.ts";
import type { Action } from "../ledger/action.ts";
import type { Leak } from "../ledger/leak.ts";
import { disruptionBudget } from "../rail/disruption-budget.ts";
import { firstHold, type RailAnswer } from "../rail/rail.ts";
import { healRails } from "../rail/rails.ts";
import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import { apply } from "./apply.ts";
import { claimTarget } from "./claiming.ts";
import { type Heal, type Outcome, targetOf, type Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import { lastLook } from "./last-look.ts";
import type { Look } from "./look.ts";
import { type Refusal, spendBudgets } from "./spending.ts";
import type { Subject } from "./subject.ts";
import { armLastWord } from "./word.ts";

type HealVerdict = Extract<Verdict, { kind: "heal" }>;

export type AttemptResult =
  | { readonly kind: "left"; readonly reason: string; readonly message: string }
  | Refusal
  /** Another look stamped the case before the claim was ours: what this one saw is old. */
  | { readonly kind: "superseded" }
  | { readonly kind: "observed"; readonly actionId: string }
  | {
      readonly kind: "sent";
      readonly actionId: string;
      readonly outcome: Outcome;
      readonly at: Instant;
      /** Of a write that may have had its effect. */
      readonly inFlight?: { readonly key: string; readonly stamp: string };
      /** To be called once the case says what was sent: until then the claim says it. Absent: the claim is let go, or must run out. */
      release?(): Promise<void>;
    };

const withdrawnRetryMs = seconds(10);

/**
 * One attempt at one heal. Each step before the write is one conditional write, in this order, and may end the attempt:
 *
 *   rails ─ claim ─ case unchanged? ─ budgets narrow to wide ─ ledger: planned ─ last look ─ WRITE ─ ledger: outcome ─ case ─ claim released
 *              └─ refused: what this attempt spent is given back ────┘      └─ Unknown: nothing is given back, the claim runs out
 *
 * A process that dies on the way gives back nothing: the claim's next holder settles the planned row from live state.
 */
export async function attempt<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: HealVerdict,
): Promise<AttemptResult> {
  const { deps, openCase, log, mode } = look;
  const { subject } = facts;
  const { heal } = verdict;
  const cluster = openCase.key.cluster;
  const incidents = await deps.incidents.openFor(cluster);
  const held = await holdOf(look, subject, heal, incidents);
  if (held !== undefined) return held;

  const actionId = deps.random.id();
  const claimed = await claimTarget(look, heal, subject, actionId);
  if (claimed.kind === "held") return claimed;
  // Whoever held it before let go only after the case said what was sent. Under an old case this attempt would take that one's stamp and leak for its
  // own, and give them back when it finds nothing left to do.
  if ((await deps.cases.load(openCase.key))?.version !== openCase.version) {
    await claimed.release();
    return { kind: "superseded" };
  }
  const spent = await spendBudgets(look, heal, subject, claimed.at);
  if (spent.kind !== "spent") {
    await claimed.release();
    return spent;
  }
  await armLastWord(look, actionId);
  await deps.ledger.plan(plannedAction(look, facts, verdict, actionId, spent.keys));
  const leak = mode === "act" ? leakOf(look, heal, subject, actionId) : undefined;
  if (leak !== undefined) await deps.leaks.open(leak);

  const settle = (kind: NonNullable<Action["outcome"]>["kind"], message: string) =>
    deps.ledger.settle(cluster, actionId, { kind, message, at: deps.clock.now() });
  const voidLeak = async (because: string) => {
    if (leak !== undefined) await deps.leaks.end(leak, "voided", because, deps.clock.now());
  };

  const last = await lastLook(look, heal, subject);
  if (last.kind === "withdrawn") {
    await settle("Withdrawn", `${last.reason}: ${last.message}`);
    await voidLeak(last.reason);
    await spent.giveBack();
    await claimed.release();
    log.info("Heal withdrawn at the last look", { reason: last.reason, action: actionId });
    return { kind: "held", reason: last.reason, message: last.message, until: deps.clock.now() + withdrawnRetryMs };
  }

  if (mode === "observe") {
    await settle("Observed", "Nothing was written: observe mode.");
    await spent.giveBack("ownerInFlight");
    await claimed.release();
    return { kind: "observed", actionId };
  }

  const at = deps.clock.now();
  const outcome = await apply(look.cluster, last.heal);
  await settle(outcome.kind, "message" in outcome ? outcome.message : "");
  const mayHaveActed = outcome.kind === "Done" || outcome.kind === "Unknown";
  if (!mayHaveActed) {
    await voidLeak(outcome.kind);
    await spent.giveBack();
    await claimed.release();
    return { kind: "sent", actionId, outcome, at };
  }
  const inFlight = spent.inFlight === undefined ? {} : { inFlight: spent.inFlight };
  const release = outcome.kind === "Done" ? { release: claimed.release } : {};
  return { kind: "sent", actionId, outcome, at, ...inFlight, ...release };
}

async function holdOf<Facts extends HealerFacts>(
  look: Look<Facts>,
  subject: Subject,
  heal: Heal,
  incidents: readonly Incident[],
): Promise<AttemptResult | undefined> {
  const answers: readonly (() => RailAnswer | Promise<RailAnswer>)[] = [
    () => firstHold(healRails, { subject, heal, cluster: look.state, incidents }),
    () => disruptionBudget(look.cluster, subject),
  ];
  for (const ask of answers) {
    const answer = await ask();
    if (answer.kind === "leave") return { kind: "left", reason: answer.reason, message: answer.message };
    if (answer.kind === "wait") {
      const until = look.deps.clock.now() + answer.forMs;
      return { kind: "held", reason: answer.reason, message: answer.message, until };
    }
  }
  return undefined;
}

function plannedAction<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: HealVerdict,
  id: string,
  budgets: readonly string[],
): Action {
  return {
    id,
    cluster: look.openCase.key.cluster,
    healer: look.healer.name,
    object: targetOf(verdict.heal),
    heal: verdict.heal,
    reason: verdict.reason,
    message: verdict.message,
    mode: look.mode,
    attempt: look.openCase.attempts + 1,
    traceId: look.openCase.traceId,
    plannedAt: look.deps.clock.now(),
    allowedBy: describeFlag(look.flag),
    budgets,
    evidence: packEvidence(look.healer.evidence(facts)),
  };
}

function leakOf<Facts extends HealerFacts>(
  look: Look<Facts>,
  heal: Heal,
  subject: Subject,
  actionId: string,
): Leak | undefined {
  if (heal.kind !== "ForceDeletePod" || subject.kind !== "pod" || typeof subject.node === "string") return undefined;
  return {
    cluster: look.openCase.key.cluster,
    pod: heal.pod,
    node: heal.node,
    bootId: subject.node.bootId,
    actionId,
    openedAt: look.deps.clock.now(),
    state: "open",
  };
}
