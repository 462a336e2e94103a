import { packEvidence } from "../evidence/pack-evidence.ts";
import { describeFlag } from "../flag/flag.ts";
import type { Incident } from "../incident/incident.ts";
import { luresReplacements } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Action } from "../ledger/action.ts";
import type { Leak } from "../ledger/leak.ts";
import { actionBudgets, type ScopedBudget } from "../rail/action-budgets.ts";
import { disruptionBudget } from "../rail/disruption-budget.ts";
import { firstHold, type RailAnswer } from "../rail/rail.ts";
import { healRails } from "../rail/rails.ts";
import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import { apply } from "./apply.ts";
import { type Heal, type Outcome, targetOf, type Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import { lastLook } from "./last-look.ts";
import type { Look } from "./look.ts";
import type { Subject } from "./subject.ts";
import { suspectedNode } from "./suspected-node.ts";

type HealVerdict = Extract<Verdict, { kind: "heal" }>;

export type AttemptResult =
  | { readonly kind: "left"; readonly reason: string; readonly message: string }
  /** `until`: our clock. */
  | { readonly kind: "held"; readonly reason: string; readonly message: string; readonly until: Instant }
  /** The node's own budget refused while the node still takes new pods: the node is the cause. */
  | { readonly kind: "nodeSuspected"; readonly node: ObjectRef; readonly message: string }
  | { readonly kind: "observed"; readonly actionId: string }
  | {
      readonly kind: "sent";
      readonly actionId: string;
      readonly outcome: Outcome;
      readonly at: Instant;
      readonly inFlight?: string;
    };

/** Beyond the function's own limit: its last request may still be under way (`safety.md` §3.2). */
const leaseMarginMs = seconds(2 + 30);
const withdrawnRetryMs = seconds(10);

/**
 * One attempt at one heal. Each step before the write is one conditional write, in this order, and may end the attempt:
 *
 *   rails ─ claim ─ budgets narrow to wide ─ ledger: planned ─ last look ─ WRITE ─ ledger: outcome ─ claim released
 *              └─ refused: what this attempt spent is given back ────┘      └─ Unknown: nothing is given back, the claim runs out
 *
 * A process that dies on the way gives back nothing: the claim's next holder settles the planned row from live state.
 */
export async function attempt<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: HealVerdict,
): Promise<AttemptResult> {
  const { deps, openCase, log } = look;
  const { subject } = facts;
  const cluster = openCase.key.cluster;
  const incidents = await deps.incidents.openFor(cluster);
  const held = await holdOf(look, subject, verdict.heal, incidents);
  if (held !== undefined) return held;

  const actionId = deps.random.id();
  const claimed = await claim(look, verdict.heal, subject, actionId);
  if (claimed.kind === "held") return claimed;

  const budgets = actionBudgets({ cluster, heal: verdict.heal, subject, brake: look.state.brake, mode: look.mode });
  const refused = await spend(look, budgets, actionId, claimed.at);
  if (refused !== undefined) {
    await claimed.release();
    return refusal(refused, subject);
  }
  const giveBack = (which: readonly ScopedBudget[]) => giveBackAll(look, which, actionId, claimed.at);

  await deps.ledger.plan(plannedAction(look, facts, verdict, actionId, budgets));
  const leak = leakOf(look, verdict.heal, subject, actionId);
  if (leak !== undefined && look.mode === "act") await deps.leaks.open(leak);

  const settle = (kind: NonNullable<Action["outcome"]>["kind"], message: string) =>
    deps.ledger.settle(cluster, actionId, { kind, message, at: deps.clock.now() });
  const voidLeak = async (because: string) => {
    if (leak !== undefined && look.mode === "act") await deps.leaks.end(leak, "voided", because, deps.clock.now());
  };

  const last = await lastLook(look, verdict.heal, incidents);
  if (last.kind === "withdrawn") {
    await settle("Withdrawn", `${last.reason}: ${last.message}`);
    await voidLeak(last.reason);
    await giveBack(budgets);
    await claimed.release();
    log.info("Heal withdrawn at the last look", { reason: last.reason, action: actionId });
    return { kind: "held", reason: last.reason, message: last.message, until: deps.clock.now() + withdrawnRetryMs };
  }

  if (look.mode === "observe") {
    await settle("Observed", "Nothing was written: observe mode.");
    await giveBack(budgets.filter((each) => each.scope === "ownerInFlight"));
    await claimed.release();
    return { kind: "observed", actionId };
  }

  const at = deps.clock.now();
  const outcome = await apply(look.cluster, last.heal);
  await settle(outcome.kind, "message" in outcome ? outcome.message : "");
  const mayHaveActed = outcome.kind === "Done" || outcome.kind === "Unknown";
  if (!mayHaveActed) {
    await voidLeak(outcome.kind);
    await giveBack(budgets);
  }
  if (outcome.kind !== "Unknown") await claimed.release();
  const inFlight = mayHaveActed ? budgets.find((each) => each.scope === "ownerInFlight")?.key : undefined;
  return { kind: "sent", actionId, outcome, at, ...(inFlight === undefined ? {} : { inFlight }) };
}

async function holdOf<Facts extends HealerFacts>(
  look: Look<Facts>,
  subject: Subject,
  heal: Heal,
  incidents: readonly Incident[],
): Promise<AttemptResult | undefined> {
  const answers: readonly (() => RailAnswer | Promise<RailAnswer>)[] = [
    () => firstHold(healRails, { subject, heal, cluster: look.state, incidents }),
    () => (heal.kind === "ForceDeletePod" ? suspectedNode(look, subject) : { kind: "pass" }),
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

type Claimed =
  | { readonly kind: "claimed"; readonly at: Instant; readonly release: () => Promise<void> }
  | Extract<AttemptResult, { kind: "held" }>;

async function claim<Facts extends HealerFacts>(
  look: Look<Facts>,
  heal: Heal,
  subject: Subject,
  actionId: string,
): Promise<Claimed> {
  const { deps, openCase, healer } = look;
  const cluster = openCase.key.cluster;
  const shadow = look.mode === "observe" ? "observe#" : "";
  const uid = `${shadow}${targetOf(heal).uid}`;
  const at = deps.clock.now();
  const answer = await deps.claims.take(
    {
      cluster,
      uid,
      holder: actionId,
      healer: healer.name,
      actionId,
      attempt: openCase.attempts + 1,
      expiresAt: at + deps.timeLimitMs + leaseMarginMs,
    },
    at,
  );
  if (answer.kind === "held") {
    return { kind: "held", reason: "ClaimHeld", message: `${answer.healer} is acting on it.`, until: answer.until };
  }
  const release = () => deps.claims.release(cluster, uid, actionId);
  if (answer.unfinished !== undefined) await settleUnfinished(look, answer.unfinished);
  const node = typeof subject.node === "string" ? undefined : subject.node;
  if (node !== undefined) {
    const nodeClaim = await deps.claims.read(cluster, `${shadow}${node.ref.uid}`);
    if (nodeClaim !== undefined && nodeClaim.expiresAt > at) {
      await release();
      const message = `${nodeClaim.healer} is acting on node ${node.ref.name}.`;
      return { kind: "held", reason: "ClaimHeld", message, until: nodeClaim.expiresAt };
    }
  }
  return { kind: "claimed", at, release };
}

/** The object is still there, and whoever planned this never said what came of it. */
async function settleUnfinished<Facts extends HealerFacts>(look: Look<Facts>, actionId: string): Promise<void> {
  const settled = await look.deps.ledger.settle(look.openCase.key.cluster, actionId, {
    kind: "Unknown",
    message: "Its holder ended before it said what came of it; the object is still there.",
    at: look.deps.clock.now(),
  });
  if (settled === "settled") look.log.warn("Unfinished action settled as Unknown", { action: actionId });
}

interface Refused {
  readonly budget: ScopedBudget;
  readonly nextAt: Instant;
}

async function spend<Facts extends HealerFacts>(
  look: Look<Facts>,
  budgets: readonly ScopedBudget[],
  stamp: string,
  at: Instant,
): Promise<Refused | undefined> {
  const spent: ScopedBudget[] = [];
  for (const budget of budgets) {
    const answer = await look.deps.budgets.spend(budget, stamp, at);
    if (answer.kind === "exhausted") {
      await giveBackAll(look, spent, stamp, at);
      look.deps.metrics.count("BudgetExhausted", 1, { scope: budget.scope });
      return { budget, nextAt: answer.nextAt };
    }
    spent.push(budget);
  }
  return undefined;
}

async function giveBackAll<Facts extends HealerFacts>(
  look: Look<Facts>,
  budgets: readonly ScopedBudget[],
  stamp: string,
  at: Instant,
): Promise<void> {
  for (const budget of budgets) await look.deps.budgets.giveBack(budget, stamp, at);
}

function refusal({ budget, nextAt }: Refused, subject: Subject): AttemptResult {
  const { node, pod } = subject;
  if (budget.scope === "node" && typeof node !== "string" && luresReplacements(node, pod)) {
    const message = `${budget.title} are spent, and node ${node.ref.name} still takes new pods: taint or cordon it, then look at the node.`;
    return { kind: "nodeSuspected", node: node.ref, message };
  }
  return { kind: "held", reason: "BudgetExhausted", message: `Spent: ${budget.title}.`, until: nextAt };
}

function plannedAction<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: HealVerdict,
  id: string,
  budgets: readonly ScopedBudget[],
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
    budgets: budgets.map((each) => each.key),
    evidence: packEvidence(look.healer.evidence(facts)),
  };
}

function leakOf<Facts extends HealerFacts>(
  look: Look<Facts>,
  heal: Heal,
  subject: Subject,
  actionId: string,
): Leak | undefined {
  if (heal.kind !== "ForceDeletePod" || typeof subject.node === "string") return undefined;
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
