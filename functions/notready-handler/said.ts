import type { Catalogue } from "../../shared/catalogue/catalogue.ts";
import type { Cause, Remedy } from "../../shared/catalogue/signature.ts";
import { type Condition, standsAtBadValue } from "../../shared/kubernetes/condition.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import { type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import { readyMessageParts } from "../../shared/kubernetes/ready-message.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, minutes } from "../../shared/time/duration.ts";

/** One thing that is said of a node, and what the catalogue makes of it. */
export interface Said {
  /** A part of Ready's message, another condition, or an Event. */
  readonly by: "ready" | "condition" | "event";
  /** The condition's type, or the Event's reason. */
  readonly name: string;
  readonly text: string;
  /** Since when a condition says it. */
  readonly since?: Instant;
  /** When it was last said: a condition's heartbeat, an Event's last sight. */
  readonly saidAt?: Instant;
  /** What the catalogue knows; absent where no signature fits. */
  readonly known?: { readonly cause: Cause; readonly meaning: string; readonly remedy?: Remedy };
}

/** Three heartbeats of node-problem-detector, whose period is 5 min (S0-79). Of Kubernetes' own, so that the lab does not divide it. */
const staleAfterMs = 3 * minutes(5);
/** What one Event more would say is no news. */
const eventLimit = 40;
/** Lines that the node pack brings as evidence have room of their own: they push nothing out that explains. */
const evidenceLimit = 40;

/** Everything that is said of a node by itself, its agents and its Events. */
export function saidOfNode(node: NodeFacts, events: readonly EventFacts[], catalogue: Catalogue): readonly Said[] {
  const known = (channel: "nodeCondition" | "event", reason: string, text: string): Pick<Said, "known"> => {
    const match = catalogue.match({ channel, reason, text });
    if (match.kind === "unknown") return {};
    const { cause, meaning, remedy } = match.signature;
    return { known: { cause, meaning, ...(remedy === undefined ? {} : { remedy }) } };
  };
  const ofCondition = (by: Said["by"], condition: Condition, text: string): Said => ({
    by,
    name: condition.type,
    text,
    ...(condition.lastTransitionTime === undefined ? {} : { since: condition.lastTransitionTime }),
    ...(condition.lastHeartbeatTime === undefined ? {} : { saidAt: condition.lastHeartbeatTime }),
    ...known("nodeCondition", condition.reason ?? "", text),
  });
  const ready = node.conditions.find(({ type }) => type === "Ready");
  const parts = readyStatus(node) === "True" ? [] : readyMessageParts(ready?.message ?? "");
  return [
    ...(ready === undefined ? [] : parts.map(({ text }) => ofCondition("ready", ready, text))),
    ...node.conditions
      .filter(standsAtBadValue)
      .map((condition) => ofCondition("condition", condition, condition.message ?? "")),
    ...bounded(
      events
        .filter(isOfNode)
        .toSorted((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0))
        .map(
          ({ reason, message = "", lastSeenAt }): Said => ({
            by: "event",
            name: reason,
            text: message,
            ...(lastSeenAt === undefined ? {} : { saidAt: lastSeenAt }),
            ...known("event", reason, message),
          }),
        ),
    ),
  ];
}

/** Newest first, what explains before what is only evidence. */
function bounded(events: readonly Said[]): readonly Said[] {
  const explaining = events.filter(({ known }) => known?.cause !== "NoCauseNamed");
  const evidence = events.filter(({ known }) => known?.cause === "NoCauseNamed");
  return [...explaining.slice(0, eventLimit), ...evidence.slice(0, evidenceLimit)];
}

/** The kubelet's, node-problem-detector's (each of its monitors writes under its own name) and the cloud agents' (S0-72). Not kube-proxy's "Starting". */
function isOfNode({ source }: EventFacts): boolean {
  return source === "kubelet" || /(monitor|health-?checker|problem-detector|monitoring-agent)$/.test(source);
}

/** What still counts: an agent that has stopped saying it may be dead itself (S0-79), and an Event of before says nothing of now. */
export function isFresh({ by, saidAt }: Said, now: Instant): boolean {
  if (by === "ready") return true;
  if (saidAt === undefined) return by === "condition";
  return now - saidAt <= staleAfterMs;
}

/** Conditions that node-problem-detector sets and never takes back, whatever becomes of the node (its `permanent` rules). */
const latching: ReadonlySet<string> = new Set([
  "KernelDeadlock",
  "ReadonlyFilesystem",
  "XfsShutdown",
  "CorruptDockerOverlay2",
  // The node pack's, which stand until the node boots (docs/node-pack.md).
  "LayersBroken",
  "KernelMemoryShort",
]);

export function latches({ name }: Said): boolean {
  return latching.has(name);
}

/** "what was said (what it means)", each once; evidence that names no cause means nothing. */
export function meanings(said: readonly Said[]): readonly string[] {
  const causes = said.flatMap(({ known }) => (known === undefined || known.cause === "NoCauseNamed" ? [] : [known]));
  return [...new Set(causes.map(({ meaning }) => meaning.replace(/\.$/, "")))];
}

/** Conditions whose agent has not said a word for three periods, in words; "" where there are none. */
export function staleWords(said: readonly Said[], now: Instant): string {
  const stale = said.filter((each) => each.by === "condition" && !isFresh(each, now));
  const [first] = stale;
  if (first === undefined) return "";
  const names = stale.map(({ name }) => name).join(", ");
  const silentFor = formatDuration(now - (first.saidAt ?? now));
  return `. Stale, and not counted: ${names} (not said again for ${silentFor}; look at the agent that says it)`;
}
