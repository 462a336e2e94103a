import type { Case } from "../case/case.ts";
import { limits } from "../rail/limits.ts";
import type { Instant } from "../time/clock.ts";
import { fileCase } from "./case-desk.ts";
import type { HealerFacts } from "./healer.ts";
import type { Handled, Sight } from "./look.ts";

/** The object of this uid is not there any more: what was pending has had its effect, what was left unsettled is settled, the case closes. */
export async function closeGone<Facts extends HealerFacts>(sight: Sight<Facts>): Promise<Handled> {
  const { deps, openCase } = sight;
  const { cluster, uid } = openCase.key;
  if (sight.isNew) return { kind: "NothingOpen", reason: "Gone" };
  const now = deps.clock.now();
  const claim = await deps.claims.read(cluster, uid);
  if (claim !== undefined && openCase.pending === undefined && claim.expiresAt > now)
    return awaitHolder(sight, claim.expiresAt);
  const actionId = openCase.pending?.actionId ?? claim?.actionId;
  if (actionId !== undefined) {
    await deps.ledger.settle(cluster, actionId, {
      kind: "Done",
      message: "The object was gone when looked for.",
      at: now,
    });
    await deps.ledger.verify(cluster, actionId, now);
  }
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
