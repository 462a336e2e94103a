import { luresReplacements, type NodeFacts } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { actionBudgets, type BudgetScope, type ScopedBudget } from "../rail/action-budgets.ts";
import type { Brake } from "../rail/brake.ts";
import type { Instant } from "../time/clock.ts";
import { minutes, seconds } from "../time/duration.ts";
import { type Heal, isNodeHeal, isSpillHeal, targetOf } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import type { Subject } from "./subject.ts";
import { isSuspectedNode } from "./suspected-node.ts";

/** What frees itself is looked at again after this: somebody may have tainted a suspected node. */
const lookAgainMs = seconds(60);
/** Under a brake more is held back than a look a minute would be worth. */
const brakedAgainMs = minutes(5);

/** The object may be gone by then, and not every healer hears of that: an owner's hour is not waited for in one. */
const heldAtMostMs = minutes(15);

/** What one attempt has spent. */
export interface Spent {
  readonly kind: "spent";
  readonly keys: readonly string[];
  /** Of a scope, or of all. */
  giveBack(scope?: BudgetScope): Promise<void>;
  readonly inFlight?: { readonly key: string; readonly stamp: string };
}

export type Refusal =
  /** `until`: our clock. */
  | { readonly kind: "held"; readonly reason: string; readonly message: string; readonly until: Instant }
  /** The node's own budget refused while the node still takes new pods: the node is the cause. */
  | { readonly kind: "nodeSuspected"; readonly node: ObjectRef; readonly message: string };

/**
 * Spends every budget of a heal, from narrow to wide, and reserves the room that it needs; refused by one, it has spent none.
 *
 * The stamp is the object and the number of the attempt, not of the process: an attempt whose process died before it said what came of it is
 * taken up again under the same stamp, and counts once. A node's budget counts pods, not tries: writes to one pod that get no answer must not make
 * its node look like the cause.
 */
export async function spendBudgets<Facts extends HealerFacts>(
  look: Look<Facts>,
  heal: Heal,
  subject: Subject,
  at: Instant,
): Promise<Spent | Refusal> {
  const { deps, openCase, mode } = look;
  const nodeSuspected = heal.kind === "ForceDeletePod" && (await isSuspectedNode(look, subject));
  const { uid } = targetOf(heal);
  const brake = look.state.brake;
  const poolLabel = look.state.registered?.poolLabel;
  const budgets = actionBudgets({
    cluster: openCase.key.cluster,
    heal,
    subject,
    brake,
    nodeSuspected,
    mode,
    ...(poolLabel === undefined ? {} : { poolLabel }),
  });
  // A node or a workload outlives its cases: another one of it is another action.
  const object = isNodeHeal(heal) || isSpillHeal(heal) ? `${uid}#${openCase.openedAt}` : uid;
  const stampOf = ({ scope }: ScopedBudget) => (scope === "node" ? uid : `${object}#${openCase.attempts + 1}`);
  const giveBackAll = async (which: readonly ScopedBudget[]) => {
    for (const budget of which) await deps.budgets.giveBack(budget, stampOf(budget), at);
  };
  const spent: ScopedBudget[] = [];
  for (const budget of budgets) {
    const answer = await deps.budgets.spend(budget, stampOf(budget), at);
    if (answer.kind === "exhausted") {
      await giveBackAll(spent);
      deps.metrics.count("BudgetExhausted", 1, { scope: budget.scope });
      return refusal(budget, heal, subject, Math.min(answer.nextAt, at + freeWithinMs(budget, brake, nodeSuspected)));
    }
    // What another attempt at the same pod spent (an eviction, before it hung) is not ours to give back: it may have acted.
    if (answer.kind === "spent") spent.push(budget);
  }
  const room = await reserveRoom(look, heal, `${object}#${openCase.attempts + 1}`, at);
  if (room.kind === "held") {
    await giveBackAll(spent);
    return room;
  }
  const inFlight = budgets.find((each) => each.scope === "ownerInFlight");
  return {
    kind: "spent",
    keys: budgets.map((each) => each.key),
    async giveBack(scope) {
      await giveBackAll(scope === undefined ? spent : spent.filter((each) => each.scope === scope));
      if (scope === undefined) await room.giveBack();
    },
    ...(inFlight === undefined ? {} : { inFlight: { key: inFlight.key, stamp: stampOf(inFlight) } }),
  };
}

/** What may make room before a stamp is old: the one in flight is seen to have gone, a suspected node is marked; the brake is released. */
function freeWithinMs({ scope }: ScopedBudget, brake: Brake | undefined, nodeSuspected: boolean): number {
  if (nodeSuspected || scope === "ownerInFlight") return lookAgainMs;
  return brake?.state === "halved" ? brakedAgainMs : heldAtMostMs;
}

interface ReservedRoom {
  readonly kind: "reserved";
  giveBack(): Promise<void>;
}

/** The room that the heal's pods will take, by the report under which it was judged: no other spill may count it as well. */
async function reserveRoom<Facts extends HealerFacts>(
  { deps, openCase, mode, state }: Look<Facts>,
  heal: Heal,
  stamp: string,
  at: Instant,
): Promise<ReservedRoom | Extract<Refusal, { kind: "held" }>> {
  const need = heal.kind === "CreateSpill" || heal.kind === "ScaleSpill" ? heal.room : undefined;
  if (need === undefined) return { kind: "reserved", giveBack: async () => {} };
  const { report } = state;
  const free = report?.report.pools.find(({ pool }) => pool === need.pool)?.free ?? {};
  const key = `${mode}#${openCase.key.cluster}#${need.pool}`;
  const reportedAt = report?.sentAt ?? 0;
  const answer = await deps.reservations.reserve({ key, free, reportedAt }, stamp, need.amounts, at);
  if (answer.kind === "reserved") {
    return { kind: "reserved", giveBack: () => deps.reservations.giveBack(key, stamp) };
  }
  deps.metrics.count("RoomTaken", 1);
  const message = `The room in pool ${need.pool} was given to others a moment ago; the next reports count what they take.`;
  return { kind: "held", reason: "RoomReserved", message, until: answer.until };
}

/** The pod's node, where its replacement could be placed there again. */
function luringNode(subject: Subject): NodeFacts | undefined {
  if (subject.kind !== "pod" || typeof subject.node === "string") return undefined;
  return luresReplacements(subject.node, subject.pod) ? subject.node : undefined;
}

function refusal(budget: ScopedBudget, heal: Heal, subject: Subject, until: Instant): Refusal {
  const node = luringNode(subject);
  if (heal.kind === "ForceDeletePod" && budget.scope === "node" && node !== undefined) {
    const what = budget.limit === 0 ? "it was handed over" : `its budget is spent (${budget.limit} in ten minutes)`;
    const message = `Nothing more is force-deleted on node ${node.ref.name}: ${what}, and it still takes new pods. Its own healer is to judge it.`;
    return { kind: "nodeSuspected", node: node.ref, message };
  }
  return { kind: "held", reason: "BudgetExhausted", message: `Spent: ${budget.title}.`, until };
}
