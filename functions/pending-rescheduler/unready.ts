import type { Cause } from "../../shared/catalogue/signature.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import { luresReplacements, type NodeFacts } from "../../shared/kubernetes/node.ts";
import { type PodFacts, unreadySince } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration } from "../../shared/time/duration.ts";
import type { ProbesAlike, Said, UnreadyAround } from "./facts.ts";
import { gravest, type Known, wordsOf } from "./gravest.ts";
import { handOver, type Look, leave, ofMarked, tellOwner } from "./look.ts";

/** Beside these, the causes of the catalogue are reasons. */
export type UnreadyReason =
  // left
  | "MessageUnknown"
  | "UnreadyUnexplained"
  // told
  | "FailsOnManyNodes"
  // the node is handed over
  | "ExecProbesHang";

/** From so many on, commands that do not come back have the node in common (S0-92); one or two are their owners'. */
export const severalWorkloads = 3;

/** The reason of every Event about a probe. */
const probeReason = "Unhealthy";

const nobody: ProbesAlike = { here: [], elsewhere: [], wellElsewhere: false };

/**
 * It has run unready for as long as a pod may: whose its probes are. Nothing is ever evicted for a probe; what the application has to mend by itself is
 * seldom looked at.
 */
export function unready(look: Look, node: NodeFacts, around: UnreadyAround): Verdict<UnreadyReason | Cause> {
  const probes = ofProbes(around.said);
  const what = `has run unready for ${formatDuration(unreadyFor(look.subject.pod, look.now))}`;
  if (probes === undefined) return withoutProbes(look, around.said, what);
  const { cause, remedy } = probes.signature;
  const words = `${what}: ${wordsOf(probes)}`;
  const alike = around.alike ?? nobody;
  if (cause === "ExecProbeTimeout") return timingOut(look, node, alike, words);
  switch (remedy) {
    case "handOver":
      return alike.elsewhere.length > 0
        ? tell(look, "FailsOnManyNodes", `${words}. ${onOthers(alike)}: not this node's fault`)
        : ofNode(look, node, cause, words);
    case "tell":
      return tell(look, cause, words);
    default:
      return rest(look, cause, words);
  }
}

/** No probe has said anything that is known: what else was said is a hint, and no more. */
function withoutProbes(look: Look, said: readonly Said[], what: string): Verdict<UnreadyReason | Cause> {
  const unknown = said.find(({ reason, signature }) => reason === probeReason && signature === undefined);
  if (unknown !== undefined) {
    return rest(look, "MessageUnknown", `${what}, in words that the catalogue does not know: ${unknown.text}`);
  }
  const known = gravest(said);
  return known === undefined
    ? rest(look, "UnreadyUnexplained", `${what}, and nothing says why`)
    : rest(look, known.signature.cause, `${what}: ${wordsOf(known)}`);
}

/** A command that does not come back is its owner's, until workloads that have nothing but the node in common show it, and none elsewhere. */
function timingOut(
  look: Look,
  node: NodeFacts,
  alike: ProbesAlike,
  words: string,
): Verdict<UnreadyReason | "ExecProbeTimeout"> {
  const { here, elsewhere, wellElsewhere } = alike;
  if (here.length >= severalWorkloads && elsewhere.length === 0 && wellElsewhere) {
    return ofNode(look, node, "ExecProbesHang", `${words}; so it is of ${here.join(", ")} there, and on no other node`);
  }
  const others = elsewhere.length > 0 ? `. ${onOthers(alike)}` : "";
  return tell(look, "ExecProbeTimeout", `${words}${others}`);
}

function ofNode<Reason extends string>(look: Look, node: NodeFacts, reason: Reason, words: string): Verdict<Reason> {
  return luresReplacements(node, look.subject.pod)
    ? handOver(look, node, reason, words)
    : ofMarked(look, node, reason, rest(look, reason, `${words}; ${node.ref.name} takes no more pods`));
}

function onOthers({ elsewhere }: ProbesAlike): string {
  return `Probes say the same on ${elsewhere.join(", ")}`;
}

/** What probes say that a signature knows. */
export function ofProbes(said: readonly Said[]): Known | undefined {
  return gravest(said.filter(({ reason }) => reason === probeReason));
}

/** A command that hangs, or cannot even be begun, may be the application's or the node's: that is worth a comparison. */
export function mayBeOfNode({ cause, remedy }: Known["signature"]): boolean {
  return cause === "ExecProbeTimeout" || remedy === "handOver";
}

/** In milliseconds; 0 for one that is ready, or waits. */
export function unreadyFor(pod: PodFacts, now: Instant): number {
  return now - (unreadySince(pod) ?? now);
}

function rest<Reason extends string>(look: Look, reason: Reason, what: string): Verdict<Reason> {
  return { ...leave(look, reason, what), ...seldom(look) };
}

function tell<Reason extends string>(look: Look, reason: Reason, what: string): Verdict<Reason> {
  return { ...tellOwner(look, reason, what), ...seldom(look) };
}

/** A pod that nobody mends is one of thousands: it costs a look each quarter of an hour, and none for what is sighted in between. */
function seldom({ policy, now }: Look): { readonly until: Instant } {
  return { until: now + policy.tellAfterMs };
}
