import type { Cause, Remedy } from "../../shared/catalogue/signature.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { luresReplacements, type NodeFacts } from "../../shared/kubernetes/node.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { boundSince, type ContainerFacts, isStuckWaiting } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration } from "../../shared/time/duration.ts";
import type { BoundAround } from "./facts.ts";
import { gravest, type Known, wordsOf } from "./gravest.ts";
import {
  evict,
  handOver,
  hold,
  isManyNodesSilent,
  isMovable,
  type Look,
  leave,
  ofMarked,
  tellOwner,
  waitUntil,
} from "./look.ts";

/** Beside these, the causes of the catalogue are reasons: `docs/catalogue.md`. */
export type BoundReason =
  // left
  | "PodStarted"
  | "MessageUnknown"
  // waited for
  | "StartingSlowly"
  | "DependencyFailing"
  | "ControlPlaneSlow"
  // told
  | "FailsOnManyNodes"
  | "NotMovable"
  // evicted
  | "StuckOnSuspectNode";

/** As many pods that are stuck on one node for what is each pod's own trouble have the node in common (S0-43). */
const evictionsOfNode = 3;

/** Bound to a Ready node, and its kubelet says what is the matter, or nothing of note. */
export function bound(look: Look, node: NodeFacts, around: BoundAround): Verdict<BoundReason | Cause> {
  const { pod } = look.subject;
  const isStuck = pod.containers.some(isStuckWaiting);
  const hasStarted = pod.phase !== "Pending" && !isStuck;
  const known = gravest(around.said);
  if (hasStarted) {
    // What runs is never moved, and an Event alone proves nothing: the hint is all.
    if (known !== undefined) return leave(look, known.signature.cause, `has started: ${wordsOf(known)}`);
    return { kind: "leave", reason: "PodStarted", message: `${describeRef(pod.ref)} has started.`, ends: true };
  }
  if (known !== undefined) return byRemedy(look, node, around, known);
  const [unknown] = around.said;
  if (unknown !== undefined || isStuck) {
    const words = unknown === undefined ? stuckWords(pod.containers) : `${unknown.reason}: ${unknown.text}`;
    return leave(look, "MessageUnknown", `does not start, in words that the catalogue does not know: ${words}`);
  }
  return slow(look, around);
}

function byRemedy(look: Look, node: NodeFacts, around: BoundAround, known: Known): Verdict<BoundReason | Cause> {
  const { cause } = known.signature;
  // A row of the table without a remedy names a cause, and no more.
  const remedy: Remedy = known.signature.remedy ?? "leave";
  const what = `does not start: ${wordsOf(known)}`;
  const due = stuckSince(look) + look.policy.pendingForMs;
  switch (remedy) {
    case "leave":
      return leave(look, cause, what);
    case "hold":
      return hold(look, cause, what);
    case "incident":
      return hold(look, "DependencyFailing", `${what} (${cause})`);
    case "tell":
      return look.now < due
        ? waitUntil(look, cause, due, what)
        : tellOwner(look, cause, `${what}${versionsOf(known, node)}`);
    case "handOver":
    case "evict":
      return look.now < due ? waitUntil(look, cause, due, what) : nodeOrPod(look, node, around, known, what);
  }
}

/** It has lasted, and no application is known to be behind it. */
function nodeOrPod(
  look: Look,
  node: NodeFacts,
  { failsOn, alikeHere = 0, silent }: BoundAround,
  { signature }: Known,
  what: string,
): Verdict<BoundReason | Cause> {
  const { cause, remedy } = signature;
  if (isManyNodesSilent(look, silent)) {
    return hold(
      look,
      "ControlPlaneSlow",
      `${what}; many nodes are silent: the control plane is behind, and nothing is moved`,
    );
  }
  // Once it was everybody's, the last one to come round is not its node's fault either.
  if (failsOn.length > 0 || look.openCase.verdict?.reason === "FailsOnManyNodes") {
    const where = failsOn.length > 0 ? `is stuck on ${failsOn.join(", ")}` : "was stuck on other nodes";
    const others = `It ${where} as well: not this node's fault`;
    return tellOwner(look, "FailsOnManyNodes", `${what}. ${others}`);
  }
  const isOfNode = remedy === "handOver" || alikeHere + 1 >= evictionsOfNode;
  if (isOfNode && luresReplacements(node, look.subject.pod)) {
    const beside = alikeHere === 0 ? "" : `, and so it is of ${alikeHere} more pods there`;
    return handOver(look, node, cause, `${what}${beside}`);
  }
  const verdict = awayFrom(look, node, signature, what);
  return isOfNode ? ofMarked(look, node, cause, verdict) : verdict;
}

function awayFrom(
  look: Look,
  node: NodeFacts,
  { cause, remedy }: Known["signature"],
  what: string,
): Verdict<BoundReason | Cause> {
  if (!isMovable(look.subject)) {
    const rule = "It is not moved: only a ReplicaSet's pods without claims are, of which nothing ever ran";
    return tellOwner(look, "NotMovable", `${what}. ${rule}`);
  }
  return remedy === "evict"
    ? evict(look, cause, `${what}; a new pod is the remedy`)
    : evict(
        look,
        "StuckOnSuspectNode",
        `${what}; ${node.ref.name} takes no more pods, so that its replacement lands elsewhere`,
      );
}

/** What a node is made of is what its owner has to change (S0-37). */
function versionsOf({ signature: { scope } }: Known, { ref, ...node }: NodeFacts): string {
  if (scope !== "node") return "";
  return `. ${ref.name} runs ${node.osImage}, ${node.containerRuntimeVersion} and kubelet ${node.kubeletVersion}`;
}

function stuckWords(containers: readonly ContainerFacts[]): string {
  const stuck = containers.filter(isStuckWaiting).slice(0, 3);
  return stuck.map(({ name, reason }) => `${name} ${reason}`).join(", ");
}

/** A pod that has run before is stuck only since it ceased to be ready. */
function stuckSince({ subject: { pod }, now }: Look): Instant {
  const since = boundSince(pod) ?? now;
  if (pod.phase === "Pending") return since;
  const ready = findCondition(pod.conditions, "Ready");
  return Math.max(since, ready?.status === "True" ? now : (ready?.lastTransitionTime ?? now));
}

/** Nobody complains: it takes its time (S0-26, S0-34). */
function slow(look: Look, around: BoundAround): Verdict<BoundReason> {
  const { subject, policy, now } = look;
  const since = boundSince(subject.pod) ?? now;
  const due = since + policy.tellAfterMs;
  const what = `has not started for ${formatDuration(now - since)}; ${awaited(look, around)}`;
  return now < due ? waitUntil(look, "StartingSlowly", due, what) : tellOwner(look, "StartingSlowly", what);
}

function awaited({ subject: { pod }, now }: Look, { pulling }: BoundAround): string {
  if (pulling !== undefined) return `for ${formatDuration(now - pulling.at)}: ${pulling.message}`;
  const init = pod.containers.find(({ role, state }) => role === "init" && state === "running");
  if (init !== undefined) {
    return `its init container ${init.name} has been running for ${formatDuration(now - (init.startedAt ?? now))}`;
  }
  return "nothing says what it waits for: sandbox, volumes, image, or its turn to pull";
}
