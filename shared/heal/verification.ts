import type { Case, NodeMemory } from "../case/case.ts";
import { isSameMark, markOn } from "../kubernetes/node-marks.ts";
import { taskKey, taskText } from "../kubernetes/node-task.ts";
import { describeRef } from "../kubernetes/object-ref.ts";
import type { PodFacts } from "../kubernetes/pod.ts";
import { limits } from "../rail/limits.ts";
import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import { fileCase } from "./case-desk.ts";
import { claimUidOf } from "./claiming.ts";
import type { Effect } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Handled, Sight } from "./look.ts";
import { ownSpillOf, type Subject } from "./subject.ts";

/** A kubelet that works takes a pod away within this after its time. */
const endMarginMs = seconds(5);
/** From a write whose effect was seen to the next look, where this one does not come to an end. */
const goOnMs = seconds(10);
/** A pod that is past its time is looked at no more often than this. */
const endAgainMs = seconds(30);

/** The object of this uid is not there any more: what was pending has had its effect, what was left unsettled is settled, the case closes. */
export async function closeGone<Facts extends HealerFacts>(sight: Sight<Facts>): Promise<Handled> {
  const { deps, openCase } = sight;
  const { cluster, uid } = openCase.key;
  if (sight.isNew) return { kind: "NothingOpen", reason: "Gone" };
  const now = deps.clock.now();
  const [claim, shadow] = await Promise.all(
    (["act", "observe"] as const).map((mode) => deps.claims.read(cluster, claimUidOf(mode, uid))),
  );
  const known = openCase.pending?.actionId;
  const unrecorded = [claim, shadow].filter((each) => each !== undefined && each.actionId !== known);
  const busyUntil = Math.max(...unrecorded.map((each) => each?.expiresAt ?? 0));
  if (busyUntil > now) return awaitHolder(sight, busyUntil);
  if (shadow !== undefined) {
    const message = "Its holder ended before it said so; nothing was written: observe mode.";
    await deps.ledger.settle(cluster, shadow.actionId, { kind: "Withdrawn", message, at: now });
    await deps.claims.release(cluster, shadow.uid, shadow.holder);
  }
  // Both: a later attempt than the recorded one may have died on its way.
  const candidates = [claim?.actionId, known].filter((each) => each !== undefined);
  const settled = await settleGone(sight, new Set(candidates));
  // A node does not go because it was marked, nor a workload because it was spilled.
  const actionId = openCase.object.kind === "Pod" ? settled[0] : undefined;
  if (actionId !== undefined) await deps.ledger.verify(cluster, actionId, now);
  // Released only here, where the effect is seen: a claim of unknown outcome holds until then.
  if (claim !== undefined && claim.healer === openCase.key.healer)
    await deps.claims.release(cluster, uid, claim.holder);
  await freeOwner(sight);
  const filed = await fileCase(deps, openCase, {
    state: "closed",
    closedBecause: actionId === undefined ? "Gone" : "Healed",
    nextLookAt: undefined,
    pending: undefined,
  });
  if (filed === "conflict") return { kind: "Superseded" };
  if (actionId !== undefined) {
    deps.metrics.count("HealVerified");
    sight.log.info("Heal verified", { action: actionId });
  }
  return { kind: "Closed", reason: "Gone" };
}

/** Those of the actions that may have made the object go: not what was never planned, nor what certainly wrote nothing. */
async function settleGone<Facts extends HealerFacts>(
  { deps, openCase }: Sight<Facts>,
  actionIds: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { cluster } = openCase.key;
  const effective: string[] = [];
  for (const id of actionIds) {
    const at = deps.clock.now();
    // What was to be made beside a workload went with it, if it was made.
    const outcome =
      openCase.object.kind === "Deployment"
        ? ({ kind: "Unknown", message: "The workload was gone when looked for.", at } as const)
        : ({ kind: "Done", message: "The object was gone when looked for.", at } as const);
    const settled = await deps.ledger.settle(cluster, id, outcome);
    const before = settled === "already" ? (await deps.ledger.read(cluster, id))?.outcome?.kind : undefined;
    if (settled === "settled" || before === "Done" || before === "Unknown") effective.push(id);
  }
  return effective;
}

/** Somebody is acting on it at this moment, or died doing so: what came of it is theirs to say until their lease ends. */
async function awaitHolder<Facts extends HealerFacts>(sight: Sight<Facts>, until: Instant): Promise<Handled> {
  const mode = sight.mode === "act" ? "act" : "observe";
  const verdict = {
    kind: "wait",
    reason: "ClaimHeld",
    message: "Gone, while somebody was acting on it.",
    at: sight.deps.clock.now(),
    mode,
  } as const;
  const filed = await fileCase(sight.deps, sight.openCase, { verdict, nextLookAt: until }, until);
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Held", reason: "ClaimHeld" };
}

/** An eviction has had its first effect: the pod is using the time that it was given. Its end is what is waited for; one that does not end is terminating-reaper's. */
export async function awaitEnd<Facts extends HealerFacts>(
  sight: Sight<Facts>,
  pod: PodFacts,
  clockOffsetMs: number,
): Promise<Handled> {
  const now = sight.deps.clock.now();
  const dueAt = (pod.deletionTimestamp ?? 0) - clockOffsetMs + endMarginMs;
  const nextLookAt = Math.max(dueAt, now + endAgainMs);
  const verdict = {
    kind: "wait",
    reason: "BeingEvicted",
    message: `${describeRef(pod.ref)} was evicted and is being deleted.`,
    at: now,
    // Only an acting healer has a write to wait for.
    mode: "act",
  } as const;
  // Nothing of a Pending pod served, and its controller makes another as soon as it is being deleted: its owner is not kept waiting for its end, which on a
  // silent node only another healer's write brings about.
  if (pod.phase === "Pending") await freeOwner(sight);
  const filed = await fileCase(sight.deps, sight.openCase, { verdict, nextLookAt }, nextLookAt);
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Decided", reason: verdict.reason };
}

/** Whether the object, which is still there, shows what the write was for. */
export function showsEffect(effect: Effect | undefined, subject: Subject): boolean {
  switch (effect?.see) {
    case undefined:
    case "deleting":
      return false;
    case "tainted":
    case "untainted":
      return (
        subject.kind === "node" && (markOn(subject.node, effect.taint) !== undefined) === (effect.see === "tainted")
      );
    case "asked":
      return subject.kind === "node" && subject.node.annotations[taskKey] === taskText(effect);
    case "spilled":
      return subject.kind === "workload" && ownSpillOf(subject)?.replicas === effect.replicas;
    case "unspilled":
      return subject.kind === "workload" && ownSpillOf(subject) === undefined;
  }
}

/**
 * The written heal has had its effect, and the object stays: verified in the ledger, and the case goes on without it. undefined: another look was faster.
 * Filed before the look goes on, so that what is ours is known whatever comes of it.
 */
export async function seenEffect<Facts extends HealerFacts>(sight: Sight<Facts>): Promise<Case | undefined> {
  const { deps, openCase } = sight;
  const { cluster, uid, healer } = openCase.key;
  const { pending, memory } = openCase;
  if (pending === undefined) return openCase;
  await deps.ledger.verify(cluster, pending.actionId, deps.clock.now());
  await freeOwner(sight);
  const changes = {
    pending: undefined,
    effective: (openCase.effective ?? 0) + 1,
    ...(memory === undefined
      ? {}
      : { memory: memoryAfter(memory, pending.effect, pending.sentAt + (openCase.clockOffsetMs ?? 0)) }),
  };
  // The wake-up is for a process that ends between this and what the look comes to.
  const filed = await fileCase(deps, openCase, changes, deps.clock.now() + goOnMs);
  if (filed === "conflict") return undefined;
  // A claim of unknown outcome holds until here.
  const claim = await deps.claims.read(cluster, uid);
  if (claim?.healer === healer && claim.actionId === pending.actionId) {
    await deps.claims.release(cluster, uid, claim.holder);
  }
  deps.metrics.count("HealVerified");
  sight.log.info("Heal verified", { action: pending.actionId });
  return filed;
}

function memoryAfter(before: NodeMemory, effect: Effect | undefined, sentAt: Instant): NodeMemory {
  if (effect?.see === "asked") {
    const { rung, id, cause } = effect;
    return { ...before, tried: [...(before.tried ?? []), { rung, id, cause, at: sentAt }] };
  }
  if (effect?.see !== "tainted" && effect?.see !== "untainted") return before;
  const others = before.ours.filter((each) => !isSameMark(each, effect.taint));
  return { ...before, ours: effect.see === "tainted" ? [...others, effect.taint] : others };
}

/** The written heal has had no effect: its owner is free for the next attempt, and the ladder goes up (`attempts` was counted when it was sent). */
export async function withoutEffect<Facts extends HealerFacts>(sight: Sight<Facts>): Promise<Case> {
  const { openCase, log, deps } = sight;
  log.warn("Heal without effect", { action: openCase.pending?.actionId, attempts: openCase.attempts });
  deps.metrics.count("HealWithoutEffect");
  await freeOwner(sight);
  const { pending: _, ...rest } = openCase;
  return rest;
}

async function freeOwner<Facts extends HealerFacts>({ deps, openCase }: Sight<Facts>): Promise<void> {
  const pending = openCase.pending;
  if (pending?.inFlight === undefined) return;
  const { key, stamp } = pending.inFlight;
  await deps.budgets.giveBack({ key, ...limits.ownerInFlight, title: "owner in flight" }, stamp, pending.sentAt);
}
