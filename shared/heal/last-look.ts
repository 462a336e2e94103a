import { luresReplacements } from "../kubernetes/node.ts";
import { isSameMark } from "../kubernetes/node-marks.ts";
import { taskText } from "../kubernetes/node-task.ts";
import { freshness } from "../rail/freshness.ts";
import { limits } from "../rail/limits.ts";
import { firstHold, type RailAnswer } from "../rail/rail.ts";
import { healRails, subjectRails } from "../rail/rails.ts";
import { type Heal, isMarkHeal, isSpillHeal, type RoomNeed, type SpillHeal, targetOf } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import { knowledge } from "./knowledge.ts";
import type { Look } from "./look.ts";
import { withMemory } from "./node-memory.ts";
import type { Subject } from "./subject.ts";

export type LastLook =
  /** The heal as the live object now calls for it (its resourceVersion may have moved on). */
  | { readonly kind: "goAhead"; readonly heal: Heal }
  | { readonly kind: "withdrawn"; readonly reason: string; readonly message: string };

/**
 * Flag, brake, incidents and object once more, uncached, right before the write; `decide` runs again, and another verdict ends the attempt. What changed
 * between first look and write (a switch thrown, a kubelet that came back, a recreated name) ends here.
 */
export async function lastLook<Facts extends HealerFacts>(
  look: Look<Facts>,
  planned: Heal,
  before: Subject,
): Promise<LastLook> {
  const { deps, openCase, healer, cluster } = look;
  const startedAt = deps.clock.monotonic();
  const { healer: healerName, cluster: id } = openCase.key;
  const namespace = openCase.object.namespace;
  const observed = async () => {
    const state = await deps.clusters.state(id);
    return { state, facts: await healer.observe(cluster, openCase.object, await knowledge(deps, state, openCase)) };
  };
  const [flag, incidents, { state, facts }] = await Promise.all([
    deps.flags.mode({ healer: healerName, cluster: id, ...(namespace === "" ? {} : { namespace }) }, "now"),
    deps.incidents.openFor(id),
    observed(),
  ]);
  if (flag.kind !== "mode")
    return withdrawn("FlagUnreadable", `The flag cannot be read at the last look: ${flag.kind}.`);
  if (flag.mode !== look.mode) return withdrawn("FlagChanged", `The flag became ${flag.mode} before the write.`);
  if (facts === undefined) return withdrawn("Gone", "The object was gone at the last look.");
  const clusterNow = cluster.now();
  if (clusterNow === undefined) return withdrawn("ClusterTimeUnknown", "The API server sent no Date.");
  const again = healer.decide(facts, withMemory(openCase, facts.subject, clusterNow), clusterNow);
  if (again.kind !== "heal") return withdrawn("VerdictChanged", `At the last look: ${again.kind} ${again.reason}.`);
  if (!isSameHeal(again.heal, planned)) {
    return withdrawn("VerdictChanged", "At the last look another heal was called for.");
  }
  const { subject } = facts;
  if (luresAgain(before, subject)) {
    return withdrawn("NodeUntainted", "The taint was taken away under which its node's budget was spent.");
  }
  const held = firstAnswer(
    freshness(state, deps.clock.now()),
    firstHold(subjectRails, subject),
    firstHold(healRails, { subject, heal: again.heal, cluster: state, incidents }),
  );
  if (held.kind !== "pass") return withdrawn(held.reason, held.message);
  if (deps.clock.monotonic() - startedAt > limits.lastLookMaxAgeMs) {
    return withdrawn("LastLookTooOld", "Reading took longer than a last look may be old.");
  }
  return { kind: "goAhead", heal: again.heal };
}

/** The same remedy for the same object; its resourceVersion may have moved on. */
function isSameHeal(again: Heal, planned: Heal): boolean {
  if (again.kind !== planned.kind || targetOf(again).uid !== targetOf(planned).uid) return false;
  if (isMarkHeal(again) && isMarkHeal(planned)) return isSameMark(again.taint, planned.taint);
  if (again.kind === "AskNodeTask" && planned.kind === "AskNodeTask") return taskText(again) === taskText(planned);
  if (isSpillHeal(again) && isSpillHeal(planned)) return isSameSpill(again, planned);
  return true;
}

/** Of the size that room was reserved for, in that pool; and the very spill that was judged. */
function isSameSpill(again: SpillHeal, planned: SpillHeal): boolean {
  switch (again.kind) {
    case "CreateSpill":
      return (
        planned.kind === "CreateSpill" &&
        again.pool.label === planned.pool.label &&
        again.pool.value === planned.pool.value &&
        isSameRoom(again.room, planned.room) &&
        again.replicas === planned.replicas
      );
    case "ScaleSpill":
      return (
        planned.kind === "ScaleSpill" &&
        again.spill.uid === planned.spill.uid &&
        isSameRoom(again.room, planned.room) &&
        again.replicas === planned.replicas
      );
    case "RemoveSpill":
      return planned.kind === "RemoveSpill" && again.spill.uid === planned.spill.uid;
  }
}

function isSameRoom(again: RoomNeed | undefined, planned: RoomNeed | undefined): boolean {
  const resources = [...Object.keys(again?.amounts ?? {}), ...Object.keys(planned?.amounts ?? {})];
  return again?.pool === planned?.pool && resources.every((each) => again?.amounts[each] === planned?.amounts[each]);
}

/** What was spent was the larger budget of a node that takes no new pods; it does again. */
function luresAgain(before: Subject, now: Subject): boolean {
  if (before.kind !== "pod" || now.kind !== "pod") return false;
  if (typeof before.node === "string" || typeof now.node === "string") return false;
  return luresReplacements(now.node, now.pod) && !luresReplacements(before.node, now.pod);
}

function firstAnswer(...answers: readonly RailAnswer[]): RailAnswer {
  return answers.find((each) => each.kind !== "pass") ?? { kind: "pass" };
}

function withdrawn(reason: string, message: string): LastLook {
  return { kind: "withdrawn", reason, message };
}
