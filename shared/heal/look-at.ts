import type { Case } from "../case/case.ts";
import { isTerminating } from "../kubernetes/pod.ts";
import { limits } from "../rail/limits.ts";
import { firstHold } from "../rail/rail.ts";
import { subjectRails } from "../rail/rails.ts";
import { hours, seconds } from "../time/duration.ts";
import { attempt } from "./attempt.ts";
import { callOthers } from "./call-others.ts";
import { fileCase, sendWakeUp } from "./case-desk.ts";
import { correlate, endMembers } from "./correlate.ts";
import { escalateOnce } from "./escalation.ts";
import { type HandedOver, handOver } from "./hand-over.ts";
import type { Verdict, VerdictKind } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import { knowledge } from "./knowledge.ts";
import type { Handled, Look, Sight } from "./look.ts";
import { noteVerdict } from "./note-verdict.ts";
import { readCluster } from "./read-cluster.ts";
import { recordAttempt } from "./record-attempt.ts";
import { remember } from "./rung-outcome.ts";
import type { Subject } from "./subject.ts";
import { unlessExplained } from "./unless-explained.ts";
import { awaitEnd, closeGone, seenEffect, showsEffect, withoutEffect } from "./verification.ts";

/** From a write to the first look for its effect. */
const verifyAfterMs = seconds(10);
/** A cluster that does not answer, an unreadable flag, an open incident: looked at again after this. */
const heldForMs = seconds(60);
/** A node that was just handed over may be marked by then. */
const soonMs = seconds(15);
/** Without a sighting in between, an escalated or left case is not read again before this. */
const restMs = seconds(30);

/** observe → decide → act on the verdict. What the cluster cannot answer is held, never guessed. */
export async function lookAt<Facts extends HealerFacts>(sight: Sight<Facts>): Promise<Handled> {
  const known = await knowledge(sight.deps, sight.state, sight.openCase);
  const answer = await readCluster(sight.deps, sight, (cluster) =>
    sight.healer.observe(cluster, sight.message.object, known),
  );
  if (answer.kind === "failed") return hold(sight, answer.code, answer.detail, heldForMs);
  const { cluster, value: facts } = answer;
  const clusterNow = cluster.now();
  if (clusterNow === undefined) return hold(sight, "ClusterTimeUnknown", "The API server sends no Date.", heldForMs);

  if (facts === undefined) {
    await endMembers(sight, "gone");
    return closeGone(sight);
  }
  const now = sight.deps.clock.now();
  const pending = sight.openCase.pending;
  if (pending !== undefined && now < pending.sentAt + verifyAfterMs) return { kind: "TooEarly" };
  const { subject } = facts;
  if (pending?.effect?.see === "deleting" && subject.kind === "pod" && isTerminating(subject.pod)) {
    return awaitEnd(sight, subject.pod, clusterNow - now);
  }
  const judgedCase = await afterWrite(sight, subject);
  if (judgedCase === undefined) return { kind: "Superseded" };
  if (sight.mode === "off") return { kind: "SwitchedOff" };

  const openCase = await remember(sight.deps, { ...judgedCase, clockOffsetMs: clusterNow - now }, subject, clusterNow);
  const seen: Look<Facts> = { ...sight, mode: sight.mode, cluster, openCase };
  const verdict = await unlessExplained(seen, facts, judged(seen, facts, clusterNow), clusterNow + heldForMs);
  const look = await correlate(seen, verdict);
  noteVerdict(seen, verdict);
  await callOthers(look, facts, verdict);
  return carryOut(look, facts, verdict);
}

/** The case once its last write has been looked for: seen on the object that stays, or without effect. */
async function afterWrite<Facts extends HealerFacts>(sight: Sight<Facts>, subject: Subject): Promise<Case | undefined> {
  const { pending } = sight.openCase;
  if (pending === undefined) return sight.openCase;
  return showsEffect(pending.effect, subject) ? seenEffect(sight) : withoutEffect(sight);
}

/** The healer's verdict under the rails that hold words and writes alike, and under the attempt budget. */
function judged<Facts extends HealerFacts>(look: Look<Facts>, facts: Facts, clusterNow: number): Verdict {
  const verdict = look.healer.decide(facts, look.openCase, clusterNow);
  if (verdict.kind === "wait" || verdict.kind === "leave") return verdict;
  const answer = firstHold(subjectRails, facts.subject);
  if (answer.kind !== "pass") return { kind: "leave", reason: answer.reason, message: answer.message };
  const withoutSeenEffect = look.openCase.attempts - (look.openCase.effective ?? 0);
  if (verdict.kind === "heal" && withoutSeenEffect >= limits.attempts) {
    const message = `${withoutSeenEffect} attempts had no lasting effect: ${verdict.message}`;
    return { kind: "escalate", reason: "AttemptsExhausted", message };
  }
  return verdict;
}

async function carryOut<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: Verdict,
): Promise<Handled> {
  switch (verdict.kind) {
    case "wait":
      return file(look, "wait", verdict, { until: ours(look, verdict.until) });
    case "leave":
      if (verdict.ends !== true) return rest(look, verdict, "leave", ours(look, verdict.until));
      if (!look.isNew) return close(look, "Recovered", "leave", verdict);
      // A pod that is well leaves no row behind, whatever an Event said of it; a node's memory is kept.
      return facts.subject.kind === "pod" ? { kind: "NothingOpen", reason: verdict.reason } : rest(look, verdict);
    case "handOver": {
      const judged = await standing(look);
      return judged === undefined ? { kind: "Superseded" } : giveAway(judged, verdict, ours(look, verdict.until));
    }
    case "escalate": {
      const judged = await standing(look);
      return judged === undefined ? { kind: "Superseded" } : escalate(judged, verdict);
    }
    case "heal":
      return heal(look, facts, verdict);
  }
}

async function heal<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: Extract<Verdict, { kind: "heal" }>,
): Promise<Handled> {
  const shadowHeldUntil = look.openCase.shadowHeldUntil;
  if (look.mode === "observe" && shadowHeldUntil !== undefined && shadowHeldUntil > look.deps.clock.now()) {
    return { kind: "TooEarly" };
  }
  const judged = await standing(look);
  return judged === undefined ? { kind: "Superseded" } : carryOutHeal(judged, facts, verdict);
}

/**
 * The case stands, open, before anything is planned: should this process die, whoever looks next finds it, and with it the claim to settle and the
 * instant that the ids of its escalations are made of. undefined: another look opened it.
 */
async function standing<Facts extends HealerFacts>(look: Look<Facts>): Promise<Look<Facts> | undefined> {
  if (!look.isNew) return look;
  const opened = await fileCase(look.deps, look.openCase, {});
  return opened === "conflict" ? undefined : { ...look, openCase: opened, isNew: false };
}

async function carryOutHeal<Facts extends HealerFacts>(
  look: Look<Facts>,
  facts: Facts,
  verdict: Extract<Verdict, { kind: "heal" }>,
): Promise<Handled> {
  const result = await attempt(look, facts, verdict);
  switch (result.kind) {
    case "superseded":
      return { kind: "Superseded" };
    case "left":
      return rest(look, result);
    case "held":
      return file(look, "wait", result, { until: result.until });
    case "nodeSuspected":
      return giveAway(look, {
        node: result.node,
        reason: verdict.symptom ?? "NodeBudgetExhausted",
        message: result.message,
      });
    case "observed":
    case "sent":
      return recordAttempt(look, verdict, result);
  }
}

/**
 * The node's healer is to judge it; the object is looked at again while it does. What it does not take up is told to people, once per node. In observe
 * mode nobody is handed anything.
 */
async function giveAway<Facts extends HealerFacts>(
  look: Look<Facts>,
  { node, reason, message }: Omit<HandedOver, "at">,
  sooner = Number.POSITIVE_INFINITY,
): Promise<Handled> {
  const now = look.deps.clock.now();
  const handed = look.mode === "observe" ? undefined : await handOver(look, { node, reason, message, at: now });
  const waitedMs = now - (handed?.since ?? Number.NEGATIVE_INFINITY);
  const isNotTaken = waitedMs >= limits.handOverMs;
  if (isNotTaken) {
    await escalateOnce(look, { about: node, reason: "NodeSuspected", message: `${reason}: ${message}` });
  }
  // A healer that is there marks the node within seconds, or within the minute that nodes are apart.
  const until = Math.min(sooner, now + (waitedMs < heldForMs ? soonMs : heldForMs));
  return isNotTaken
    ? file(look, "escalate", { reason: "NodeSuspected", message }, { until })
    : file(look, "handOver", { reason, message }, { until });
}

async function escalate<Facts extends HealerFacts>(
  look: Look<Facts>,
  verdict: Extract<Verdict, { kind: "escalate" }>,
): Promise<Handled> {
  const about = verdict.about ?? look.openCase.object;
  const told = await escalateOnce(look, { about, reason: verdict.reason, message: verdict.message });
  const after = about.uid === look.openCase.object.uid ? told : look.openCase;
  if (verdict.until === undefined && after.version !== look.openCase.version) await keepInMind(look, after);
  return rest({ ...look, openCase: after }, verdict, "escalate", ours(look, verdict.until));
}

/** An instant of the cluster's clock, by ours. */
function ours<Facts extends HealerFacts, Time extends number | undefined>(look: Look<Facts>, theirs: Time): Time {
  return (theirs === undefined ? undefined : theirs - (look.openCase.clockOffsetMs ?? 0)) as Time;
}

interface Words {
  readonly reason: string;
  readonly message: string;
}

/** Nothing to do until it is sighted again, or until an instant of ours; an unchanged verdict without one is not written again. */
async function rest<Facts extends HealerFacts>(
  look: Look<Facts>,
  words: Words,
  kind: VerdictKind = "leave",
  until?: number,
): Promise<Handled> {
  const { openCase, message } = look;
  if (kind === "leave" && message.kind === "sighting" && message.delta === "recovered") {
    return close(look, "Recovered", kind, words);
  }
  if (until !== undefined) return file(look, kind, words, { until });
  const before = openCase.verdict;
  const unchanged = before?.kind === kind && before.reason === words.reason && before.mode === look.mode;
  if (unchanged && openCase.pending === undefined && openCase.version > 0) {
    if (message.kind === "wakeUp") await keepInMind(look, openCase);
    return { kind: "Decided", reason: words.reason };
  }
  return file(look, kind, words, { restUntil: look.deps.clock.now() + restMs });
}

/** A resting case is looked at again at the latest after this: the word that its object is gone may have been lost with a forwarder. */
const forgottenAfterMs = hours(1);

async function keepInMind<Facts extends HealerFacts>({ deps }: Look<Facts>, resting: Case): Promise<void> {
  await sendWakeUp(deps, resting, deps.clock.now() + forgottenAfterMs, 0);
}

async function file<Facts extends HealerFacts>(
  look: Look<Facts>,
  kind: VerdictKind,
  words: Words,
  when: { readonly until?: number; readonly restUntil?: number },
): Promise<Handled> {
  const { deps, openCase } = look;
  const now = deps.clock.now();
  const nextLookAt = when.until === undefined ? when.restUntil : Math.max(when.until, now + seconds(1));
  const filed = await fileCase(
    deps,
    openCase,
    {
      verdict: { kind, reason: words.reason, message: words.message, at: now, mode: look.mode },
      nextLookAt,
      pending: undefined,
      shadowHeldUntil: undefined,
    },
    when.until === undefined ? now + forgottenAfterMs : nextLookAt,
  );
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Decided", reason: words.reason };
}

async function close<Facts extends HealerFacts>(
  look: Look<Facts>,
  because: string,
  kind: VerdictKind,
  words: Words,
): Promise<Handled> {
  const filed = await fileCase(look.deps, look.openCase, {
    state: "closed",
    closedBecause: because,
    verdict: { kind, reason: words.reason, message: words.message, at: look.deps.clock.now(), mode: look.mode },
    nextLookAt: undefined,
    pending: undefined,
  });
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Closed", reason: because };
}

async function hold<Facts extends HealerFacts>(
  sight: Sight<Facts>,
  reason: string,
  message: string,
  forMs: number,
): Promise<Handled> {
  const now = sight.deps.clock.now();
  const nextLookAt = now + forMs;
  const mode = sight.mode === "act" ? "act" : "observe";
  const changes = { verdict: { kind: "wait", reason, message, at: now, mode }, nextLookAt } as const;
  const filed = await fileCase(sight.deps, sight.openCase, changes, nextLookAt);
  sight.deps.metrics.count("Held", 1, { reason });
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Held", reason };
}
