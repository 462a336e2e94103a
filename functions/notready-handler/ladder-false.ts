import type { Verdict } from "../../shared/heal/heal.ts";
import { stateOf } from "../../shared/heal/node-memory.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { isSystemNamespace } from "../../shared/kubernetes/namespace.ts";
import { markOn, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { readyMessageParts } from "../../shared/kubernetes/ready-message.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";
import {
  afterKubeletRestart,
  type Correlation,
  density,
  flapping,
  likelyCauses,
  postReboot,
  readySince,
  rebooting,
} from "./causes.ts";
import { graverCondition } from "./conditions.ts";
import { inStateSince, type Look, lookEveryMs, type Reason, wait } from "./look.ts";
import { notReadyReason } from "./ready-reason.ts";
import type { NotReadyReason, SickReason } from "./reasons.ts";
import { climb, spreadingFailure, suspect, tellCause } from "./suspect.ts";

/** A relist that has been missing for less may still come round; the kubelet itself complains from three minutes on (S0-61). No wait of ours: not divided. */
const plegWatchMs = minutes(6);
/** A kubelet that says for longer that it is starting has something in its way (a runtime that is down). Kubernetes' own wait: not divided. */
const startingMs = minutes(10);
/** Pods that a look asks to be moved: each is judged by itself, under its own rails. */
const movedPerLook = 3;
/** Of the pods that could be moved, a node that is merely too full loses no more (S1-06). */
const densityShare = 0.2;
/** With these, too many pods may be what is wrong. */
const densityExplains: readonly NotReadyReason[] = ["NotReadyPleg", "NotReadyRuntime", "NotReadyOther"];

/** The kubelet lives and says what is missing. */
export function notReady(look: Look): Verdict<Reason> {
  const { subject, openCase, policy, now, facts } = look;
  const parts = readyMessageParts(findCondition(subject.node.conditions, "Ready")?.message ?? "");
  const reason = notReadyReason(subject.node, facts.said);
  const correlation = correlationOf(look, reason);
  const said = parts.map(({ text }) => text).join("; ") || "without a word";
  const what = `is not Ready: ${said}`;
  const [only] = parts;
  const isFlapping = correlation?.reason === "Flapping";
  if (parts.length === 1 && only?.silentForMs !== undefined && only.silentForMs < plegWatchMs && !isFlapping) {
    return wait(look, "PlegWatched", now + lookEveryMs, `is not Ready, and may come round: ${said}`);
  }
  const found = correlation ?? graverCondition(look);
  const cause = found?.reason ?? reason;
  const words = `${found === undefined ? what : `${found.words}; it ${what}`}${likelyCauses(look)}`;
  const standing = markOn(subject.node, suspectMark);
  if (standing !== undefined) return marked(look, { reason, cause, words, markedAt: standing.timeAdded ?? now });
  const since = Math.max(readySince(look), inStateSince(openCase, stateOf(subject, now), now));
  if (now < since + policy.notReadyForMs && !isFlapping) {
    return wait(look, "NotReadyYet", since + policy.notReadyForMs, what);
  }
  return spreadingFailure(look) ?? suspect(look, cause, words);
}

function correlationOf(look: Look, reason: NotReadyReason): Correlation | undefined {
  const since = readySince(look);
  return (
    flapping(look) ??
    rebooting(look) ??
    postReboot(look, since) ??
    afterKubeletRestart(look, since) ??
    (densityExplains.includes(reason) ? density(look) : undefined)
  );
}

interface Sickness {
  readonly reason: NotReadyReason;
  readonly cause: SickReason;
  readonly words: string;
  readonly markedAt: Instant;
}

/** A rung, where one is left; else people are told, and what can be moved is moved, gently. */
function marked(look: Look, sickness: Sickness): Verdict<Reason> {
  const { reason, cause, words } = sickness;
  const spreads = spreadingFailure(look);
  if (spreads !== undefined) return spreads;
  if (isHeld(look)) return tellCause(look, cause, reason, words);
  const movable = movablePods(look);
  const climbed = climb(look, cause, words, movable.length === 0);
  const alsoLookAt = toBeMoved(look, sickness, movable);
  if (climbed.verdict?.kind === "escalate") return { ...climbed.verdict, alsoLookAt };
  if (climbed.verdict !== undefined) return climbed.verdict;
  const told = tellCause(look, cause, reason, `${words}${climbed.words}`);
  if (climbed.hung && movable.length === 0) return { ...told, reason: "HungContainer" };
  return alsoLookAt.length === 0 ? told : { ...told, alsoLookAt };
}

/** Somebody shuts it down, or it has just been started: the catalogue says of every part to wait. A start that lasts is none. */
function isHeld(look: Look): boolean {
  const said = look.facts.said ?? [];
  const parts = said.filter(({ by }) => by === "ready");
  if (parts.length === 0 || !parts.every(({ known }) => known?.remedy === "hold")) return false;
  if (parts.some(({ known }) => known?.cause === "NodeShutdown")) return true;
  const starts = said.filter(({ by, name }) => by === "event" && name === "Starting");
  const startedAt = Math.max(readySince(look), ...starts.map(({ saidAt = 0 }) => saidAt));
  return look.now < startedAt + startingMs;
}

function movablePods({ subject }: Look): readonly ObjectRef[] {
  return subject.pods
    .filter(({ movable, ref }) => movable && !isSystemNamespace(ref.namespace))
    .map(({ ref }) => ref)
    .toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
}

function toBeMoved(look: Look, { cause, markedAt }: Sickness, movable: readonly ObjectRef[]): readonly ObjectRef[] {
  const { now, policy, openCase } = look;
  if (policy.mode === "investigate" || now < markedAt + policy.drainAfterMs) return [];
  if (cause === "Density") {
    // Always the first ones: those that were asked before and have not gone yet are among them.
    const before = Math.max(openCase.memory?.movable ?? 0, movable.length);
    const left = Math.floor(densityShare * before) - (before - movable.length);
    return movable.slice(0, Math.max(0, Math.min(movedPerLook, left)));
  }
  // Others each time: one that cannot be moved must not stand in the way of the rest.
  const first = (Math.floor(now / lookEveryMs) * movedPerLook) % Math.max(1, movable.length);
  return [...movable.slice(first), ...movable.slice(0, first)].slice(0, movedPerLook);
}
