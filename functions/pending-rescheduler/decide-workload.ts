/**
 * Spilling (`design.md` §6): whether part of a Deployment that finds no room in its own pool runs in another one.
 *
 *   no spill ── asked for, lasting, proven ──► CreateSpill ──► every minute: grows, shrinks, goes
 *
 * The original is never touched: its pods stay pending, and as soon as the scheduler finds room for them the spill gives way.
 */
import type { Verdict } from "../../shared/heal/heal.ts";
import { ownSpillOf } from "../../shared/heal/subject.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { type DeploymentFacts, isTouched } from "../../shared/kubernetes/deployment.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { isTerminating, type PodFacts } from "../../shared/kubernetes/pod.ts";
import { spillKey, spillNameOf, spillOptIn, wantsSpill } from "../../shared/kubernetes/spill.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration } from "../../shared/time/duration.ts";
import { isForLackOfRoom } from "./lack-of-room.ts";
import type { WorkloadFacts } from "./observe-workload.ts";
import { ownPool, poolWithRoom, roomIn } from "./other-pool.ts";
import type { Policy } from "./policy.ts";
import { refusalOf, type SpillRefusalReason } from "./refusal.ts";

type SpillPolicy = Pick<Policy, "pendingForMs" | "rejudgeAfterMs">;

export type SpillReason =
  // left
  | "WorkloadGoing"
  | "IsSpill"
  | "RoomForAll"
  | "SpillNotAsked"
  | "SpillTouched"
  // waited for
  | "UnschedulableYet"
  | "RolloutPaused"
  | "RollingOut"
  | "PoolsUnknown"
  | "SpillGoing"
  | "Spilled"
  | "OriginalStarting"
  | "SpillCannotGrow"
  // told to people
  | "NoRoomElsewhere"
  | "SpillNameTaken"
  // done
  | "OtherPoolHasRoom"
  | "MoreUnschedulable"
  | "FewerUnschedulable"
  | "RoomIsBack"
  | "OptInWithdrawn"
  | "TemplateChanged"
  // refused by name
  | SpillRefusalReason;

type SpillVerdict = Verdict<SpillReason>;

/** What to do about a workload whose pods may find no room. `now` by the cluster's own clock. */
export function decideWorkload(facts: WorkloadFacts, policy: SpillPolicy, now: Instant): SpillVerdict {
  const { workload, spill } = facts.subject;
  if (isTerminating(workload)) {
    return leave("WorkloadGoing", `${describeRef(workload.ref)} is being deleted, and its spill with it.`);
  }
  if (workload.spill !== undefined || workload.labels[spillKey] !== undefined) {
    return leave("IsSpill", `${describeRef(workload.ref)} is a spill itself.`);
  }
  const own = ownSpillOf(facts.subject);
  if (own !== undefined) return keep(facts, own, policy, now);
  if (spill?.spill?.of === workload.ref.uid) {
    return wait("SpillGoing", `${describeRef(spill.ref)} is being deleted.`, now + policy.rejudgeAfterMs);
  }
  return begin(facts, policy, now);
}

/** A first spill, or a word why there is none. */
function begin(facts: WorkloadFacts, policy: SpillPolicy, now: Instant): SpillVerdict {
  const { workload, namespace, spill } = facts.subject;
  const who = describeRef(workload.ref);
  const lacking = lackingRoom(facts);
  if (lacking.length === 0) {
    return { kind: "leave", reason: "RoomForAll", message: `No pod of ${who} lacks room.`, ends: true };
  }
  if (!wantsSpill(workload, namespace)) {
    const message = `${lacking.length} pods of ${who} lack room; nobody asked for another pool (${spillKey}: ${spillOptIn}).`;
    return leave("SpillNotAsked", message);
  }
  const again = now + policy.rejudgeAfterMs;
  const refusal = refusalOf(facts, lacking);
  if (refusal !== undefined) return { kind: "escalate", ...refusal };
  if (spill !== undefined) {
    const message = `${who} would be spilled, but a Deployment ${spill.ref.name} is there that is not its spill.`;
    return { kind: "escalate", reason: "SpillNameTaken", message };
  }
  if (workload.paused) return wait("RolloutPaused", `The rollout of ${who} is paused.`, again);
  if (workload.rollingOut) return wait("RollingOut", `${who} is being rolled out.`, again);
  const lasting = lacking.filter((each) => now - since(each, now) >= policy.pendingForMs);
  const [pod] = lasting;
  if (pod === undefined) {
    const oldest = Math.min(...lacking.map((each) => since(each, now)));
    const message = `${lacking.length} pods of ${who} have lacked room for less than ${formatDuration(policy.pendingForMs)}.`;
    return wait("UnschedulableYet", message, oldest + policy.pendingForMs);
  }
  if (facts.pools === undefined) return wait("PoolsUnknown", "No report says what the pools have left.", again);
  const replicas = Math.min(lasting.length, workload.replicas ?? 1);
  const other = poolWithRoom(facts, pod, replicas);
  if (other === undefined) {
    const message = `${replicas} pods of ${who} lack room in pool ${ownPool(facts)?.value ?? ""}, and no other pool has it for them.`;
    return { kind: "escalate", reason: "NoRoomElsewhere", message, until: again };
  }
  return {
    kind: "heal",
    heal: {
      kind: "CreateSpill",
      workload: workload.ref,
      resourceVersion: workload.resourceVersion,
      name: spillNameOf(workload.ref.name),
      replicas,
      ...other,
    },
    reason: "OtherPoolHasRoom",
    message: `${replicas} pods of ${who} lack room in pool ${ownPool(facts)?.value ?? ""}; pool ${other.pool.value} has it.`,
  };
}

/** What stands is judged anew: it goes where its reason is gone, and otherwise follows the original. */
function keep(facts: WorkloadFacts, spill: DeploymentFacts, policy: SpillPolicy, now: Instant): SpillVerdict {
  const { workload, namespace } = facts.subject;
  const who = describeRef(workload.ref);
  if (isTouched(spill)) {
    return leave("SpillTouched", `Somebody else has changed ${describeRef(spill.ref)}: it is theirs now.`);
  }
  const remove = (reason: SpillReason, because: string): SpillVerdict => ({
    kind: "heal",
    heal: { kind: "RemoveSpill", workload: workload.ref, spill: spill.ref, resourceVersion: spill.resourceVersion },
    reason,
    message: `${describeRef(spill.ref)} goes: ${because}`,
  });
  if (!wantsSpill(workload, namespace)) {
    return remove("OptInWithdrawn", `${spillKey}: ${spillOptIn} was taken away from ${who}.`);
  }
  if (workload.template.digest !== spill.spill?.template) {
    return remove("TemplateChanged", `${who} has another template by now.`);
  }
  const lacking = lackingRoom(facts);
  const refusal = refusalOf(facts, lacking);
  if (refusal !== undefined) return remove(refusal.reason, refusal.message);

  const again = now + policy.rejudgeAfterMs;
  const size = spill.replicas ?? 0;
  const wanted = sizeFor(facts, size, lacking, policy, now);
  if (wanted === 0) return remove("RoomIsBack", `all ${workload.replicas ?? 0} pods of ${who} run without it.`);
  const scale = { kind: "ScaleSpill", workload: workload.ref, spill: spill.ref } as const;
  const fence = { resourceVersion: spill.resourceVersion, generation: spill.generation };
  if (wanted < size) {
    const message = `${describeRef(spill.ref)} gives back ${size - wanted} of ${size}: the original needs no more.`;
    return { kind: "heal", heal: { ...scale, ...fence, replicas: wanted }, reason: "FewerUnschedulable", message };
  }
  const [pod] = lacking;
  if (wanted > size && pod !== undefined) {
    const pool = spill.spill.pool;
    const more = roomIn(facts, pool, pod, wanted - size);
    const what = `${wanted} pods of ${who} lack room, and ${size} stand in pool ${pool}`;
    if (more === undefined) return wait("SpillCannotGrow", `${what}, which has no more.`, again);
    const heal = { ...scale, ...fence, replicas: wanted, room: more.room };
    return { kind: "heal", heal, reason: "MoreUnschedulable", message: `${what}, which has more.` };
  }
  const message = `${size} of ${who} stand in pool ${spill.spill.pool} (${spill.readyReplicas} ready), as ${lacking.length} lack room in their own.`;
  return lacking.length >= size ? wait("Spilled", message, again) : wait("OriginalStarting", message, again);
}

/**
 * As many as lack room; but what stands gives way only to pods of the original that are ready: one that was bound a moment ago serves nobody yet.
 * Never more than the original has.
 */
function sizeFor(
  { subject }: WorkloadFacts,
  size: number,
  lacking: readonly PodFacts[],
  policy: SpillPolicy,
  now: Instant,
): number {
  const replicas = subject.workload.replicas ?? 1;
  const lasting = lacking.filter((each) => now - since(each, now) >= policy.pendingForMs).length;
  const unready = Math.max(0, replicas - subject.workload.readyReplicas);
  return Math.min(replicas, Math.max(lasting, Math.min(size, Math.max(unready, lacking.length))));
}

/** Pods of it that the scheduler finds no room for, longest first. */
function lackingRoom({ subject }: WorkloadFacts): readonly PodFacts[] {
  return subject.pending
    .filter((each) => !isTerminating(each) && each.nodeName === undefined && each.schedulingGates.length === 0)
    .filter(({ conditions }) => {
      const scheduled = findCondition(conditions, "PodScheduled");
      return (
        scheduled?.status === "False" &&
        scheduled.reason === "Unschedulable" &&
        isForLackOfRoom(scheduled.message ?? "")
      );
    })
    .sort((a, b) => since(a, 0) - since(b, 0));
}

function since(pod: PodFacts, now: Instant): Instant {
  return findCondition(pod.conditions, "PodScheduled")?.lastTransitionTime ?? pod.creationTimestamp ?? now;
}

function leave(reason: SpillReason, message: string): SpillVerdict {
  return { kind: "leave", reason, message };
}

function wait(reason: SpillReason, message: string, until: Instant): SpillVerdict {
  return { kind: "wait", until, reason, message };
}
