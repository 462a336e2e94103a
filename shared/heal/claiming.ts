import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import { type Heal, targetOf } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import { nodeOf, type Subject } from "./subject.ts";

/** Beyond the function's own limit: its last request may still be under way (`safety.md` §3.2). */
const leaseMarginMs = seconds(2 + 30);

export type Claiming =
  | { readonly kind: "claimed"; readonly at: Instant; release(): Promise<void> }
  /** `until`: our clock. */
  | { readonly kind: "held"; readonly reason: string; readonly message: string; readonly until: Instant };

/** The uid under which an object is claimed: an observing healer must not stand in the way of an acting one. */
export function claimUidOf(mode: Look["mode"], uid: string): string {
  return mode === "observe" ? `observe#${uid}` : uid;
}

/** Takes the right to act on the heal's object, settles what a dead holder left planned, and gives way to whoever has the pod's node in hand. */
export async function claimTarget<Facts extends HealerFacts>(
  look: Look<Facts>,
  heal: Heal,
  subject: Subject,
  actionId: string,
): Promise<Claiming> {
  const { deps, openCase, healer } = look;
  const cluster = openCase.key.cluster;
  const uid = claimUidOf(look.mode, targetOf(heal).uid);
  const at = deps.clock.now();
  // Before the row is ours: should this process die on the way, the next one finds our action there, and no longer the one before.
  const before = await deps.claims.read(cluster, uid);
  if (before !== undefined && before.expiresAt <= at) await settleUnfinished(look, before.actionId);
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
  if (answer.unfinished !== undefined && answer.unfinished !== before?.actionId)
    await settleUnfinished(look, answer.unfinished);
  const node = subject.kind === "pod" ? nodeOf(subject) : undefined;
  if (node !== undefined) {
    const nodeClaim = await deps.claims.read(cluster, claimUidOf(look.mode, node.ref.uid));
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
