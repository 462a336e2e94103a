import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import { ailments, stateOf } from "../../shared/heal/node-memory.ts";
import type { NodeSubject } from "../../shared/heal/subject.ts";
import { type Condition, findCondition, standsAtBadValue } from "../../shared/kubernetes/condition.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import {
  describeMark,
  isProvenDead,
  isSameMark,
  markOn,
  type NodeMark,
  outOfServiceMark,
  suspectMark,
} from "../../shared/kubernetes/node-marks.ts";
import { type NotReadyCause, readyMessageParts } from "../../shared/kubernetes/ready-message.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, minutes, seconds } from "../../shared/time/duration.ts";
import type { Policy } from "./policy.ts";

export interface Facts extends HealerFacts {
  readonly subject: NodeSubject;
}

export type Reason =
  // left
  | "NodeWell"
  | "OnlyConditions"
  | "Cordoned"
  | "MarkTakenAway"
  | "OutOfServiceByOthers"
  // waited for
  | "NodeNew"
  | "NotReadyYet"
  | "SilentYet"
  | "PlegWatched"
  | "LeaseStale"
  | "Settling"
  | "StayingWell"
  | "OutOfService"
  // marked, then told to people
  | "NodeSuspected"
  | "Flapping"
  | "NotReadyRuntime"
  | "NotReadyPleg"
  | "NotReadyNetwork"
  | "NotReadyCsi"
  | "NotReadyCapacity"
  | "NotReadyShutdown"
  | "NotReadyOther"
  | "NodeSilent"
  // put out of service
  | "ShutdownProven"
  // given back
  | "StayedWell"
  | "BackInService";

/** What a sick node is waited for is looked at again this often: two minutes without a look count as blind, and start its clocks anew. */
const lookEveryMs = seconds(60);
/** An unhealthy kubelet backs off up to five minutes before it tries again (S2-07). A wait for Kubernetes itself: the lab does not divide it. */
const backOffMs = minutes(5);
/** So many changes of Ready in an hour are a cause of their own (`design.md` §6). */
const flapsPerHour = 5;
/** A relist that has been missing for less may still come round; the kubelet itself complains from three minutes on (S0-61). No wait of ours: not divided. */
const plegWatchMs = minutes(6);

/** The gravest first: a kubelet without its runtime has no network either. */
const notReadyReasons: readonly (readonly [NotReadyCause, Reason])[] = [
  ["Shutdown", "NotReadyShutdown"],
  ["Runtime", "NotReadyRuntime"],
  ["Pleg", "NotReadyPleg"],
  ["Network", "NotReadyNetwork"],
  ["Csi", "NotReadyCsi"],
  ["Capacity", "NotReadyCapacity"],
];

/** One look at a node. `now` by the cluster's own clock. */
interface Look {
  readonly subject: NodeSubject;
  readonly openCase: Case;
  readonly policy: Policy;
  readonly now: Instant;
  readonly name: string;
}

/** What to do about a node that is not Ready, or that other healers found to be the cause. */
export function decide({ subject }: Facts, openCase: Case, policy: Policy, now: Instant): Verdict<Reason> {
  const { node } = subject;
  const look: Look = { subject, openCase, policy, now, name: `Node ${node.ref.name}` };
  if (node.unschedulable) {
    return { kind: "leave", reason: "Cordoned", message: `${look.name} is cordoned: whoever did that has it in hand.` };
  }
  if (node.taints.some((each) => each.key === outOfServiceMark.key)) return outOfService(look);
  const newUntil = (node.creationTimestamp ?? now) + policy.newForMs;
  if (now < newUntil) return wait(look, "NodeNew", newUntil, "was made a moment ago");
  switch (readyStatus(node)) {
    case "True":
      return ready(look);
    case "False":
      return notReady(look);
    case "Unknown":
      return silent(look);
  }
}

/** The kubelet lives and says what is missing. */
function notReady(look: Look): Verdict<Reason> {
  const condition = findCondition(look.subject.node.conditions, "Ready");
  const parts = readyMessageParts(condition?.message ?? "");
  const reason = notReadyReasons.find(([cause]) => parts.some((each) => each.cause === cause))?.[1] ?? "NotReadyOther";
  const said = parts.map(({ text }) => text).join("; ") || "without a word";
  const [only] = parts;
  if (parts.length === 1 && only?.silentForMs !== undefined && only.silentForMs < plegWatchMs && !isFlapping(look)) {
    return wait(look, "PlegWatched", look.now + lookEveryMs, `is not Ready, and may come round: ${said}`);
  }
  return outOfScheduling(look, condition, "NotReadyYet", reason, `is not Ready: ${said}`);
}

/** Kubelet or host say nothing. A drain would stop nothing there, and kill healthy pods when a partition heals. */
function silent(look: Look): Verdict<Reason> {
  const { node } = look.subject;
  const condition = findCondition(node.conditions, "Ready");
  if (markOn(node, suspectMark) !== undefined && isProvenDead(node)) {
    const because = `${look.name} is silent, and its cloud says that the machine is shut down`;
    return mark(look, outOfServiceMark, "ShutdownProven", `${because}: its pods are deleted and its volumes let go.`);
  }
  const wayOut = `Bring it back; or make sure that it is off and taint it ${describeMark(outOfServiceMark)}`;
  return outOfScheduling(
    look,
    condition,
    "SilentYet",
    "NodeSilent",
    `is silent, and nothing proves that it is off. ${wayOut}`,
  );
}

/** Our mark once it has been so for long enough; then people are told, for no provider of a remedy is configured. */
function outOfScheduling(
  look: Look,
  condition: Condition | undefined,
  waiting: Reason,
  reason: Reason,
  what: string,
): Verdict<Reason> {
  const { subject, openCase, policy, now } = look;
  const flapping = isFlapping(look);
  const why = flapping ? `${flapWords(look)}; it ${what}` : what;
  if (markOn(subject.node, suspectMark) !== undefined) return tell(look, flapping ? "Flapping" : reason, why);
  const since = Math.max(condition?.lastTransitionTime ?? now, inStateSince(openCase, stateOf(subject, now), now));
  if (now < since + policy.notReadyForMs && !flapping) return wait(look, waiting, since + policy.notReadyForMs, what);
  return suspect(look, flapping ? "Flapping" : reason, why);
}

/** Ready=True: it is given back when it has stayed well, or others found it to be the cause. */
function ready(look: Look): Verdict<Reason> {
  const { subject, openCase, now } = look;
  const standing = markOn(subject.node, suspectMark);
  const ails = ailments(subject, now);
  if (standing !== undefined) return marked(look, standing.timeAdded ?? now, ails);
  if (isFlapping(look)) return suspect(look, "Flapping", flapWords(look));
  const symptoms = openCase.symptoms ?? [];
  if (symptoms.length > 0 && (ails.length > 0 || now < wellAt(look))) {
    const words = symptoms.map(({ reason, pod }) => `${reason} of ${pod.namespace}/${pod.name}`);
    return suspect(look, "NodeSuspected", `calls itself Ready, but ${[...words, ...ails].slice(0, 5).join(", ")}`);
  }
  if (symptoms.length === 0 && subject.lease !== undefined && ails.includes("its Lease is not renewed")) {
    return wait(look, "LeaseStale", now + lookEveryMs, "calls itself Ready, and does not renew its Lease");
  }
  const conditions = subject.node.conditions.filter(standsAtBadValue);
  if (conditions.length > 0 && symptoms.length === 0) {
    const values = conditions.map(({ type, status }) => `${type}=${status}`).join(", ");
    return { kind: "leave", reason: "OnlyConditions", message: `${look.name} is Ready, with ${values}.` };
  }
  return { kind: "leave", reason: "NodeWell", message: `${look.name} is well.`, ends: true };
}

/** Ready, under our mark. */
function marked(look: Look, since: Instant, ails: readonly string[]): Verdict<Reason> {
  const { subject, now } = look;
  if (isFlapping(look)) return tell(look, "Flapping", flapWords(look));
  if (ails.length > 0) {
    const words = `calls itself Ready, but ${ails.join(", ")}`;
    return now < since + backOffMs
      ? wait(look, "Settling", since + backOffMs, words)
      : tell(look, "NodeSuspected", `${words}. Look at its kubelet and container runtime`);
  }
  const due = wellAt(look);
  if (now < due) return wait(look, "StayingWell", due, "is well again, under our mark");
  return {
    kind: "heal",
    heal: { kind: "UntaintNode", ...target(subject), taint: suspectMark },
    reason: "StayedWell",
    message: `${look.name} has stayed well for ${formatDuration(look.policy.wellForMs)}: it takes pods again.`,
  };
}

/** When a node that is well from now on will have been so for long enough, with no symptom since. */
function wellAt({ openCase, policy, now }: Look): Instant {
  const offsetMs = openCase.clockOffsetMs ?? 0;
  const symptomAt = Math.max(...(openCase.symptoms ?? []).map(({ at }) => at + offsetMs));
  return Math.max(inStateSince(openCase, "well", now), symptomAt) + policy.wellForMs;
}

function inStateSince({ memory }: Case, state: string, now: Instant): Instant {
  return memory?.state === state ? memory.since : now;
}

/** Somebody, or we, said that it is off. Taken back only where we said so, and nothing of before is left there. */
function outOfService(look: Look): Verdict<Reason> {
  const { subject, openCase, name } = look;
  const { node, pods } = subject;
  const standing = markOn(node, outOfServiceMark);
  const isOurs = openCase.memory?.ours.some((each) => isSameMark(each, outOfServiceMark)) === true;
  if (standing === undefined || !isOurs) {
    const message = `${name} was put out of service by somebody else: it is theirs to give back.`;
    return { kind: "leave", reason: "OutOfServiceByOthers", message };
  }
  const old = pods.filter((each) => (each.creationTimestamp ?? 0) <= (standing.timeAdded ?? look.now)).length;
  const missing = [
    ...(readyStatus(node) === "True" ? [] : ["it is not Ready"]),
    ...(old === 0 ? [] : [`${old} pods of before are left`]),
    ...(node.volumesInUse === undefined ? [] : [`${node.volumesInUse} volumes are in use`]),
  ];
  if (missing.length > 0) {
    return wait(look, "OutOfService", look.now + lookEveryMs, `is out of service: ${missing.join(", ")}`);
  }
  return {
    kind: "heal",
    heal: { kind: "UntaintNode", ...target(subject), taint: outOfServiceMark },
    reason: "BackInService",
    message: `${name} is Ready, and nothing of before is left on it: back in service.`,
  };
}

function suspect(look: Look, reason: Reason, what: string): Verdict<Reason> {
  if (look.openCase.memory?.ours.some((each) => isSameMark(each, suspectMark)) === true) {
    const message = `${look.name} ${what}; somebody took our mark away, and has it in hand.`;
    return { kind: "leave", reason: "MarkTakenAway", message };
  }
  return mark(look, suspectMark, reason, `${look.name} ${what}; no new pods are placed there.`);
}

function mark({ subject }: Look, taint: NodeMark, reason: Reason, message: string): Verdict<Reason> {
  return { kind: "heal", heal: { kind: "TaintNode", ...target(subject), taint }, reason, message };
}

function target({ node }: NodeSubject) {
  return { node: node.ref, resourceVersion: node.resourceVersion };
}

function tell({ name, now }: Look, reason: Reason, what: string): Verdict<Reason> {
  return { kind: "escalate", reason, message: `${name} ${what}.`, until: now + lookEveryMs };
}

function wait({ name, now }: Look, reason: Reason, dueAt: Instant, what: string): Verdict<Reason> {
  const left = formatDuration(Math.max(0, dueAt - now));
  const message = `${name} ${what}: looked at for another ${left}.`;
  return { kind: "wait", until: Math.min(dueAt, now + lookEveryMs), reason, message };
}

function isFlapping({ openCase }: Look): boolean {
  return (openCase.memory?.readyChanges.length ?? 0) >= flapsPerHour;
}

function flapWords({ openCase }: Look): string {
  return `changed its Ready ${openCase.memory?.readyChanges.length} times within an hour`;
}
