import type { Case, Symptom } from "../../shared/case/case.ts";
import { backOffMs } from "../../shared/heal/rung-outcome.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { Look } from "./look.ts";
import type { SymptomReason } from "./reasons.ts";

/** What pods showed of their node, by the catalogue's cause. */
export interface SymptomFinding {
  readonly reason: SymptomReason;
  /** How many pods showed it. */
  readonly pods: number;
  /** When the last of them did, by the cluster's clock. */
  readonly lastAt: Instant;
}

/** Causes that say what to try, the gravest first, and how many pods must show each: one pod whose runtime was late is noise (S0-92), one busy mount a leak (S0-84). */
const causes: readonly (readonly [SymptomReason, number])[] = [
  ["KernelMemory", 1],
  ["CgroupLeak", 1],
  ["CgroupMissing", 1],
  ["ProcessHung", 1],
  ["FilesystemReadOnly", 1],
  ["LayerCorrupt", 1],
  ["MountBusy", 3],
  ["DbusClosed", 1],
  ["NameReserved", 1],
  ["RuntimeDown", 1],
  ["RuntimeTimeout", 3],
];
/** Late answers count together when they came within this of the last (S0-92). */
const togetherMs = minutes(5);

/** What does not go by itself, however quiet the node is once it takes no more pods. */
const lasting: ReadonlySet<SymptomReason> = new Set([
  "KernelMemory",
  "CgroupLeak",
  "CgroupMissing",
  "LayerCorrupt",
  "MountBusy",
  "DbusClosed",
  "NameReserved",
]);
/** Of them, those whose first rung ends no pod: one pod's words are enough for it. */
const gentle: ReadonlySet<SymptomReason> = new Set(["DbusClosed", "NameReserved"]);
/** A pod's healer repeats each minute what goes on. */
const repeatedWithinMs = minutes(2);
/** A pod that is to be moved before its runtime is restarted is waited for no longer than this. */
const moveWithinMs = 3 * backOffMs;

/** What most pods showed; of causes that equally many showed, the gravest. */
export function symptomCause({ openCase }: Pick<Look, "openCase">): SymptomFinding | undefined {
  const found = causes.flatMap(([reason, least]): readonly SymptomFinding[] => {
    const shown = shownOf(openCase, reason);
    const lastAt = Math.max(...shown.map(({ at }) => at));
    const counted = reason === "RuntimeTimeout" ? shown.filter(({ at }) => lastAt - at <= togetherMs) : shown;
    const pods = new Set(counted.map(({ pod }) => pod.uid)).size;
    return pods < least ? [] : [{ reason, pods, lastAt: lastAt + (openCase.clockOffsetMs ?? 0) }];
  });
  // Sorting keeps the order of what is equal.
  return found.toSorted((a, b) => b.pods - a.pods)[0];
}

function shownOf({ symptoms = [] }: Case, reason: SymptomReason): readonly Symptom[] {
  return symptoms.filter((each) => each.reason === reason);
}

/** What is still there although nothing shows it now; not what a rung was tried for since. `mayClimb`: enough pods showed it for what the first rung ends. */
export function lastingCause(look: Look): (SymptomFinding & { readonly mayClimb: boolean }) | undefined {
  const found = symptomCause(look);
  if (found === undefined || !lasting.has(found.reason)) return undefined;
  const tried = look.openCase.memory?.tried ?? [];
  if (tried.some(({ at }) => at >= found.lastAt)) return undefined;
  return { ...found, mayClimb: found.pods > 1 || gentle.has(found.reason) };
}

/** What pods go on showing under our mark; `mayClimb`: enough of them for what the first rung ends, which one pod that nobody moves is not. */
export function ongoing(
  { openCase, policy, now }: Look,
  markedAt: Instant,
): { readonly symptoms: readonly Symptom[]; readonly mayClimb: boolean } {
  const offsetMs = openCase.clockOffsetMs ?? 0;
  const withinMs = Math.min(repeatedWithinMs, policy.wellForMs);
  const symptoms = (openCase.symptoms ?? []).filter(
    ({ at }) => at + offsetMs > markedAt && now - (at + offsetMs) <= withinMs,
  );
  const pods = new Set(symptoms.map(({ pod }) => pod.uid)).size;
  const found = symptomCause({ openCase });
  // By the pods that show what the rung is for: another pod's other trouble is no second witness.
  const mayClimb = found === undefined ? pods > 1 : found.pods > 1 || gentle.has(found.reason);
  return { symptoms, mayClimb };
}

/** When a rung is due under our mark: after the kubelet's back-off; where a name is reserved, once the pod that needs it has been moved (S0-82). */
export function rungDueAt({ openCase, subject }: Look, markedAt: Instant): Instant {
  const pods = new Set(shownOf(openCase, "NameReserved").map(({ pod }) => pod.uid));
  const isLeft = subject.pods.some(({ ref, movable }) => movable === true && pods.has(ref.uid));
  const isReserved = symptomCause({ openCase })?.reason === "NameReserved";
  return markedAt + (isReserved && isLeft ? moveWithinMs : backOffMs);
}
