import { findCondition } from "../../shared/kubernetes/condition.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";
import { adviceOn } from "./advisories.ts";
import type { Look } from "./look.ts";
import type { CorrelatedReason } from "./reasons.ts";
import { isFresh, meanings, type Said, staleWords } from "./said.ts";

export interface Correlation {
  readonly reason: CorrelatedReason;
  /** Goes on after "Node n1 ". */
  readonly words: string;
}

/** So many changes of Ready in an hour are a cause of their own (`design.md` §6). */
const flapsPerHour = 5;
/** What follows a restart or a reboot within this is its consequence (S3-01, S0-62). */
const followsWithinMs = minutes(15);
/** Two clocks and a status that is written every ten seconds. */
const marginMs = seconds(60);
/** A boot that we asked for shows within this. */
const ourBootWithinMs = minutes(30);
const dayMs = hours(24);
const bootsPerDay = 2;
/** What pods showed longer ago is no cause of now. */
const shownWithinMs = hours(1);
/** Of what the node says that it can hold (S1-06). */
const densityShare = 0.9;

export function flapping({ openCase }: Look): Correlation | undefined {
  const changes = openCase.memory?.readyChanges.length ?? 0;
  if (changes < flapsPerHour) return undefined;
  return { reason: "Flapping", words: `changed its Ready ${changes} times within an hour` };
}

/** Boots that a look saw follow another one, and that no rung of ours made. */
function ownBoots({ openCase }: Look) {
  const { boots = [], tried = [] } = openCase.memory ?? {};
  const reboots = tried.filter(({ rung }) => rung === "reboot");
  const isOurs = (at: number) => reboots.some((each) => at >= each.at && at - each.at <= ourBootWithinMs);
  return boots.slice(1).filter(({ at }) => !isOurs(at));
}

/** A machine that reboots by itself is broken: it is told as such, and never rebooted (S0-57). */
export function rebooting(look: Look): Correlation | undefined {
  const boots = ownBoots(look).filter(({ at }) => look.now - at <= dayMs).length;
  if (boots < bootsPerDay) return undefined;
  const words = `has booted ${boots} times within a day, and nobody asked it to: look at its hardware, and do not reboot it`;
  return { reason: "Rebooting", words };
}

/** What ails it began around a boot (S0-62). `since`: when it did. */
export function postReboot(look: Look, since: number): Correlation | undefined {
  const isNear = (at: number) => Math.abs(since - at) <= followsWithinMs;
  const boot = ownBoots(look).find(({ at }) => isNear(at));
  const told = (look.facts.said ?? []).some(
    ({ by, name, saidAt }) => by === "event" && name === "Rebooted" && isNear(saidAt ?? 0),
  );
  const isOurs = (look.openCase.memory?.tried ?? []).some(({ rung, at }) => rung === "reboot" && isNear(at));
  if (boot === undefined && (!told || isOurs)) return undefined;
  return {
    reason: "PostReboot",
    words: "was rebooted a moment before: what it needs may not have come back (cgroups, devices, mounts)",
  };
}

/** Not Ready within a quarter of an hour of a start of its kubelet that was not ours (S3-01). */
export function afterKubeletRestart({ facts, openCase }: Look, since: number): Correlation | undefined {
  const { kubelet, tried = [] } = openCase.memory ?? {};
  const follows = (at: number) => since >= at - marginMs && since - at <= followsWithinMs;
  if (tried.some(({ rung, at }) => rung !== "replace" && follows(at))) return undefined;
  const changed = kubelet !== undefined && kubelet.at > 0 && follows(kubelet.at);
  const started = (facts.said ?? []).some(
    ({ by, name, saidAt }) => by === "event" && name === "Starting" && saidAt !== undefined && follows(saidAt),
  );
  if (!changed && !started) return undefined;
  const what = changed ? `its kubelet became ${kubelet.version}` : "its kubelet was started";
  return {
    reason: "AfterKubeletRestart",
    words: `ceased to be Ready after ${what}: going back to the version before is no remedy, for that restarts it as well`,
  };
}

/** As many pods as it says it can hold, or as the operator says it can (S1-06, S1-20). */
export function density({ subject, policy }: Look): Correlation | undefined {
  const { node, pods } = subject;
  const standing = pods.filter(({ ended }) => ended !== true);
  const allocatable = node.allocatable["pods"] ?? Number.POSITIVE_INFINITY;
  const limit = Math.min(densityShare * allocatable, policy.densityPods ?? Number.POSITIVE_INFINITY);
  if (standing.length < limit) return undefined;
  const unbounded = standing.filter((each) => each.unbounded).length;
  const reserved = (name: string) => Math.max(0, (node.capacity[name] ?? 0) - (node.allocatable[name] ?? 0));
  const cores = Number(reserved("cpu").toFixed(2));
  const gibibytes = (reserved("memory") / 2 ** 30).toFixed(1);
  const room = `${cores} cores and ${gibibytes} GiB are kept for the system`;
  const words = `holds ${standing.length} pods, of ${allocatable} that it says it can; ${unbounded} of them ask for nothing, and ${room}`;
  return { reason: "Density", words };
}

/** What may be behind it, beside what its Ready says: at most four, for people. */
export function likelyCauses(look: Look): string {
  const { facts, subject, now } = look;
  const fresh = (facts.said ?? []).filter((each) => isFresh(each, now));
  const rank: readonly Said["by"][] = ["ready", "condition", "event"];
  const known = rank.flatMap((by) => meanings(fresh.filter((each) => each.by === by)));
  const likely = [...new Set([...known, ...shownByPods(look), ...adviceOn(subject.node)])].slice(0, 4);
  const stale = staleWords(facts.said ?? [], now);
  return likely.length === 0 ? stale : `. Likely: ${likely.join("; ")}${stale}`;
}

/** What pods there were handed over for shortly before: a runtime that answers late, a network that is not set up (S1-09, S1-12). */
function shownByPods({ openCase, now, subject }: Look): readonly string[] {
  if (readyStatus(subject.node) === "True") return [];
  const offsetMs = openCase.clockOffsetMs ?? 0;
  const late = (openCase.symptoms ?? []).filter(({ at }) => now - (at + offsetMs) <= shownWithinMs);
  const reasons = [...new Set(late.map(({ reason }) => reason))].slice(0, 3);
  return reasons.length === 0 ? [] : [`before it, pods there showed ${reasons.join(", ")}`];
}

/** When Ready took its value. */
export function readySince({ subject, now }: Look): number {
  return findCondition(subject.node.conditions, "Ready")?.lastTransitionTime ?? now;
}
