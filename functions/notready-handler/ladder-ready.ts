import type { Symptom } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import { ailments } from "../../shared/heal/node-memory.ts";
import { standsAtBadValue } from "../../shared/kubernetes/condition.ts";
import { markOn, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration } from "../../shared/time/duration.ts";
import { flapping, likelyCauses, postReboot, rebooting } from "./causes.ts";
import { latchedCondition, liveCondition, toldCondition } from "./conditions.ts";
import { inStateSince, type Look, lookEveryMs, type Reason, target, tell, wait } from "./look.ts";
import type { SickReason } from "./reasons.ts";
import { staleWords } from "./said.ts";
import { climb, suspect } from "./suspect.ts";
import { lastingCause, ongoing, rungDueAt, symptomCause } from "./symptoms.ts";

/** Ready=True: it is given back when it has stayed well, or it was found to be the cause of what others suffer. */
export function ready(look: Look): Verdict<Reason> {
  const { subject, openCase, policy, now } = look;
  const standing = markOn(subject.node, suspectMark);
  const ails = ailments(subject, now);
  if (standing !== undefined) return marked(look, standing.timeAdded ?? now, ails);
  const broken = flapping(look) ?? rebooting(look);
  if (broken !== undefined) return suspect(look, broken.reason, broken.words);
  const symptoms = openCase.symptoms ?? [];
  if (symptoms.length > 0 && (ails.length > 0 || now < wellAt(look))) {
    return suspectReady(
      look,
      `calls itself Ready, but ${[...symptoms.map(symptomWords), ...ails].slice(0, 5).join(", ")}`,
    );
  }
  const live = liveCondition(look);
  if (live !== undefined) {
    const dueAt = live.since + policy.notReadyForMs;
    if (now < dueAt) return wait(look, "ConditionYet", dueAt, live.words);
    return suspect(look, live.reason, `calls itself Ready, but ${live.words}${likelyCauses(look)}`);
  }
  const latched = ails.length > 0 ? latchedCondition(look) : undefined;
  if (latched !== undefined) return suspect(look, latched.reason, `${latched.words}, and ${ails.join(", ")}`);
  if (symptoms.length === 0 && subject.lease !== undefined && ails.includes("its Lease is not renewed")) {
    return wait(look, "LeaseStale", now + lookEveryMs, "calls itself Ready, and does not renew its Lease");
  }
  return withConditions(look);
}

/** Nothing counts against it but what a condition says. */
function withConditions(look: Look): Verdict<Reason> {
  const { subject, openCase, policy, now, name } = look;
  const told = toldCondition(look);
  if (told !== undefined) {
    const dueAt = told.since + policy.notReadyForMs;
    if (now < dueAt) return wait(look, "ConditionYet", dueAt, told.words);
    return tell(look, told.reason, `is Ready, and ${told.words}${likelyCauses(look)}`);
  }
  const bad = subject.node.conditions.filter(standsAtBadValue);
  if (bad.length > 0 && (openCase.symptoms ?? []).length === 0) {
    const values = bad.map(({ type, status }) => `${type}=${status}`).join(", ");
    const stale = staleWords(look.facts.said ?? [], now);
    return { kind: "leave", reason: "OnlyConditions", message: `${name} is Ready, with ${values}${stale}.` };
  }
  return { kind: "leave", reason: "NodeWell", message: `${name} is well.`, ends: true };
}

/** Where pods began to be silent around a boot, the boot is the cause (S0-62). */
function suspectReady(look: Look, what: string): Verdict<Reason> {
  const found = rebootBehind(look);
  return found === undefined
    ? suspect(look, symptomCause(look)?.reason ?? "NodeSuspected", `${what}${likelyCauses(look)}`)
    : suspect(look, found.reason, `${found.words}; it ${what}`);
}

function symptomWords({ reason, pod }: Symptom): string {
  return `${reason} of ${pod.namespace}/${pod.name}`;
}

function rebootBehind(look: Look) {
  const silentSince = Math.min(...look.subject.pods.map((each) => each.silentSince ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(silentSince) ? postReboot(look, silentSince) : undefined;
}

/** Ready, under our mark. */
function marked(look: Look, since: Instant, ails: readonly string[]): Verdict<Reason> {
  const { subject, now } = look;
  const broken = flapping(look) ?? rebooting(look);
  if (broken !== undefined) return climbOrTell(look, broken.reason, broken.words);
  const sick = stillSick(look, since, ails);
  if (sick !== undefined) return sick;
  const due = wellAt(look);
  if (now < due) return unrepaired(look, since) ?? wait(look, "StayingWell", due, "is well again, under our mark");
  return {
    kind: "heal",
    heal: { kind: "UntaintNode", ...target(subject), taint: suspectMark },
    reason: "StayedWell",
    message: `${look.name} has stayed well for ${formatDuration(look.policy.wellForMs)}: it takes pods again.`,
  };
}

/** Ready, under our mark, and something goes on: the next rung, once the kubelet had its time. */
function stillSick(look: Look, since: Instant, ails: readonly string[]): Verdict<Reason> | undefined {
  const live = liveCondition(look);
  const shown = ongoing(look, since);
  if (ails.length === 0 && live === undefined && shown.symptoms.length === 0) return undefined;
  // One that latches says what ails it only beside what is seen now: then no restart is tried that cannot help (S0-18).
  const condition = live ?? (ails.length > 0 ? latchedCondition(look) : undefined);
  const goesOn = shown.symptoms.slice(-5).map((each) => `${symptomWords(each)} goes on`);
  const words = `calls itself Ready, but ${[...goesOn, ...ails, ...(condition === undefined ? [] : [condition.words])].join(", ")}`;
  const rungAt = rungDueAt(look, since);
  if (look.now < rungAt) return wait(look, "Settling", rungAt, words);
  const cause = condition?.reason ?? rebootBehind(look)?.reason ?? symptomCause(look)?.reason ?? "NodeSuspected";
  const what = `${words}. Look at its kubelet and container runtime`;
  const isOnePod = ails.length === 0 && live === undefined && !shown.mayClimb;
  return isOnePod ? tell(look, cause, `${what}${likelyCauses(look)}`) : climbOrTell(look, cause, what);
}

/** Quiet, for it takes no more pods; what they showed of it does not go by itself, and would meet the next ones. */
function unrepaired(look: Look, markedAt: Instant): Verdict<Reason> | undefined {
  const found = lastingCause(look);
  if (found === undefined || look.now < rungDueAt(look, markedAt)) return undefined;
  const pods = found.pods === 1 ? "1 pod" : `${found.pods} pods`;
  const words = `is quiet under our mark, but ${pods} showed ${found.reason}, which does not go by itself`;
  return found.mayClimb ? climbOrTell(look, found.reason, words) : tell(look, found.reason, words);
}

/** No drain: it runs what it runs. What would end all of that at once waits for a person, unless nothing is left there to be moved. */
function climbOrTell(look: Look, cause: SickReason, what: string): Verdict<Reason> {
  const emptied = look.subject.pods.every(({ movable }) => movable !== true);
  const climbed = climb(look, cause, what, emptied);
  if (climbed.verdict !== undefined) return climbed.verdict;
  return tell(look, climbed.hung ? "HungContainer" : cause, `${what}${climbed.words}${likelyCauses(look)}`);
}

/** When a node that is well from now on will have been so for long enough: no symptom since, and no condition that changed. */
function wellAt({ openCase, policy, now, subject }: Look): Instant {
  const offsetMs = openCase.clockOffsetMs ?? 0;
  const symptomAt = Math.max(...(openCase.symptoms ?? []).map(({ at }) => at + offsetMs));
  const changedAt = Math.max(
    ...subject.node.conditions.map(({ lastTransitionTime = 0 }) => (lastTransitionTime > now ? 0 : lastTransitionTime)),
  );
  return Math.max(inStateSince(openCase, "well", now), symptomAt, changedAt) + policy.wellForMs;
}
