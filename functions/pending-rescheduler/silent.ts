import type { Verdict } from "../../shared/heal/heal.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { luresReplacements, type NodeFacts } from "../../shared/kubernetes/node.ts";
import { markOn, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import { silentSince } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import type { SilentAround } from "./facts.ts";
import { evict, handOver, hold, isManyNodesSilent, isMovable, type Look, tellOwner, waitUntil } from "./look.ts";
import { marginMs } from "./policy.ts";

export type SilentReason =
  // waited for
  | "SilentYet"
  | "ControlPlaneSlow"
  // told
  | "SilentAlone"
  | "NotMovable"
  // the node is handed over
  | "KubeletSilent"
  // evicted
  | "StuckOnSilentNode";

/** From so many on, one node's silence is its own (S0-14). */
const silentTogether = 2;

/** Bound to a Ready node whose kubelet has not said a word about it. */
export function silent(look: Look, node: NodeFacts, around: SilentAround): Verdict<SilentReason> {
  const { subject, policy, now } = look;
  const since = heardOfSince(look, node);
  const name = node.ref.name;
  if (now < since + policy.silentForMs) {
    return waitUntil(
      look,
      "SilentYet",
      since + policy.silentForMs,
      `is bound to ${name}, whose kubelet says nothing of it yet`,
    );
  }
  if (isManyNodesSilent(look, around.silent)) {
    return hold(
      look,
      "ControlPlaneSlow",
      "has no word from its kubelet, and so it is on many nodes: the control plane is behind",
    );
  }
  const isMarked = markOn(node, suspectMark) !== undefined;
  const here = around.silent.filter((each) => each.node === name && now - each.since >= policy.silentForMs).length;
  const what = `is bound to ${name}, whose kubelet has said nothing of it, while the node calls itself Ready`;
  if (here < silentTogether && !isMarked) return alone(look, since, what);
  if (!isStartingElsewhere(look, around)) {
    if (now < since + policy.tellAfterMs) {
      return hold(look, "ControlPlaneSlow", `${what}, and no other node is known to have started a pod since`);
    }
    return tellOwner(look, "ControlPlaneSlow", `${what}, and no other node is known to have started a pod since`);
  }
  // What the control plane had not told kubelets yet, it tells them now: they have their time from here on.
  if (look.openCase.verdict?.reason === "ControlPlaneSlow") {
    return waitUntil(look, "SilentYet", now + policy.silentForMs, `${what}; the control plane has come round`);
  }
  if (luresReplacements(node, subject.pod)) {
    return handOver(look, node, "KubeletSilent", `${what}; ${here} pods wait there, and other nodes start theirs`);
  }
  return away(look, name, what);
}

/** The node is marked: what would be made anew lands elsewhere. */
function away(look: Look, name: string, what: string): Verdict<SilentReason> {
  const { subject, policy, now } = look;
  const due = (silentSince(subject.pod) ?? now) + policy.pendingForMs;
  if (now < due) return waitUntil(look, "SilentYet", due, `${what}; the node takes no more pods`);
  return isMovable(subject)
    ? evict(look, "StuckOnSilentNode", `${what}; ${name} takes no more pods, so that its replacement lands elsewhere`)
    : tellOwner(
        look,
        "NotMovable",
        `${what}. It is not moved: only a ReplicaSet's pods without claims are. Delete it to have it placed elsewhere`,
      );
}

function alone(look: Look, since: Instant, what: string): Verdict<SilentReason> {
  const { policy, now } = look;
  const due = since + policy.tellAfterMs;
  return now < due
    ? waitUntil(look, "SilentAlone", due, `${what}; it is the only one there`)
    : tellOwner(look, "SilentAlone", `${what}; it is the only one there`);
}

/** A kubelet that just came back (a boot) has its time from then on. */
function heardOfSince({ subject, now }: Look, node: NodeFacts): Instant {
  const readyAt = findCondition(node.conditions, "Ready")?.lastTransitionTime ?? 0;
  return Math.max(silentSince(subject.pod) ?? now, readyAt);
}

/** The proof that it is not the control plane: another node has started a pod since this one fell silent. */
function isStartingElsewhere({ subject, policy, now }: Look, { startedElsewhereAt }: SilentAround): boolean {
  const since = silentSince(subject.pod) ?? now;
  return startedElsewhereAt !== undefined && startedElsewhereAt >= since + marginMs(policy);
}
