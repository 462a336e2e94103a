import type { Verdict } from "../../shared/heal/heal.ts";
import { workloadOf } from "../../shared/heal/subject.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { isOfGang } from "../../shared/kubernetes/gang.ts";
import {
  readSchedulerMessage,
  type SchedulerClass,
  type SchedulerMessage,
  type SchedulerPart,
} from "../../shared/kubernetes/scheduler-message.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { UnboundAround } from "./facts.ts";
import { isLackOfRoom } from "./lack-of-room.ts";
import { hold, type Look, leave, tellOwner, waitUntil } from "./look.ts";
import { roomFor } from "./room.ts";
import { spillWishOf } from "./spill-opt-in.ts";

export type UnboundReason =
  // left
  | "SchedulingGated"
  | "GangPod"
  | "SchedulerWordsUnknown"
  // waited for
  | "PendingYet"
  | "AutoscalerAtWork"
  | "NodesUnready"
  | "WaitingForSpill"
  // told
  | "SchedulerSilent"
  | "NoRoom"
  | "Fragmented"
  | "TaintsUntolerated"
  | "AffinityUnmet"
  | "SpreadUnmet"
  | "PortsTaken"
  | "VolumeMissing"
  | "VolumeUnbound"
  | "VolumeElsewhere"
  | "VolumeLimit"
  | "SpillOptInUnreadable";

/** An autoscaler that has said so is waited for. A wait for other controllers: the lab does not divide it. */
const autoscalerMs = minutes(10);

/** Taints of nodes that are out of order or not for workloads at all: no wish that keeps this pod from a pool. */
const passingTaints: ReadonlySet<string> = new Set([
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
  "node.kubernetes.io/unschedulable",
  "node.kubernetes.io/memory-pressure",
  "node.kubernetes.io/disk-pressure",
  "node.kubernetes.io/pid-pressure",
  "node.kubernetes.io/network-unavailable",
  "node.kubernetes.io/out-of-service",
  "node.cloudprovider.kubernetes.io/uninitialized",
  "node.cloudprovider.kubernetes.io/shutdown",
  "node-role.kubernetes.io/control-plane",
  "node-role.kubernetes.io/master",
  "knitbone.io/suspect",
]);

/** A pod without a node: whose it is to find it one. */
export function unbound(look: Look, around: UnboundAround): Verdict<UnboundReason> {
  const { subject, policy, now } = look;
  const { pod } = subject;
  const condition = findCondition(pod.conditions, "PodScheduled");
  if (pod.schedulingGates.length > 0 || condition?.reason === "SchedulingGated") {
    return leave(look, "SchedulingGated", "is held back by scheduling gates: somebody's wish");
  }
  if (isOfGang(pod.labels, pod.annotations)) return leave(look, "GangPod", "starts together with others or not at all");
  const since = condition?.lastTransitionTime ?? pod.creationTimestamp ?? now;
  const due = since + policy.pendingForMs;
  if (condition?.status !== "False") {
    const what = "has had no word from its scheduler";
    if (now < due) return waitUntil(look, "PendingYet", due, what);
    return tellOwner(look, "SchedulerSilent", `${what}. Is the one running that its schedulerName asks for?`);
  }
  const words = readSchedulerMessage(condition.message ?? "");
  const strange = words?.parts.find((each) => each.class === "unknown");
  if (words === undefined || strange !== undefined) {
    const said = strange?.text ?? condition.message ?? "nothing";
    return leave(look, "SchedulerWordsUnknown", `is not placed, in words that nobody has seen: ${said.slice(0, 300)}`);
  }
  if (now < due) return waitUntil(look, "PendingYet", due, `is not placed yet: ${words.said.slice(0, 300)}`);
  return blocked(look, words, around);
}

/** What no other node and no other pool would change, the firmest first. */
const volumeReasons = [
  ["volumeMissing", "VolumeMissing"],
  ["volumeUnbound", "VolumeUnbound"],
  ["volumeElsewhere", "VolumeElsewhere"],
  ["volumeLimit", "VolumeLimit"],
] as const satisfies readonly (readonly [SchedulerClass, UnboundReason])[];

const wishReasons = [
  ["affinity", "AffinityUnmet"],
  ["topologySpread", "SpreadUnmet"],
  ["ports", "PortsTaken"],
] as const satisfies readonly (readonly [SchedulerClass, UnboundReason])[];

function blocked(look: Look, { parts, said }: SchedulerMessage, around: UnboundAround): Verdict<UnboundReason> {
  const has = (kind: SchedulerClass) => parts.some((each) => each.class === kind);
  const text = said.slice(0, 300);
  const volume = volumeReasons.find(([kind]) => has(kind));
  if (volume !== undefined) return tellOwner(look, volume[1], `has no node: ${text}${claimAdvice(look, volume[1])}`);
  const scaledUpFor = look.now - (around.scaledUpAt ?? Number.NEGATIVE_INFINITY);
  if (scaledUpFor < autoscalerMs) {
    const until = look.now - scaledUpFor + autoscalerMs;
    return waitUntil(look, "AutoscalerAtWork", until, `has no node, and an autoscaler makes room (${text})`);
  }
  if (has("resources")) return noRoom(look, parts, text, around);
  const wish = wishReasons.find(([kind]) => has(kind));
  if (wish !== undefined) return tellOwner(look, wish[1], `fits nowhere by what it asks for: ${text}`);
  const keys = parts.flatMap((each) => (each.class === "taint" ? (each.taintKey ?? "any") : []));
  return keys.every((each) => passingTaints.has(each))
    ? hold(look, "NodesUnready", `waits for nodes that are out of order: ${text}`)
    : tellOwner(look, "TaintsUntolerated", `tolerates no node's taints: ${text}`);
}

/** A StatefulSet makes a claim only together with its pod (S0-21). */
function claimAdvice({ subject }: Look, reason: UnboundReason): string {
  const isSet = subject.owners.kind === "known" && subject.owners.chain[0]?.ref.kind === "StatefulSet";
  return reason === "VolumeMissing" && isSet
    ? ". Its StatefulSet makes the claim anew when this pod is deleted, if the claim is of its template"
    : "";
}

function noRoom(
  look: Look,
  parts: readonly SchedulerPart[],
  said: string,
  { pools }: UnboundAround,
): Verdict<UnboundReason> {
  const { subject, now } = look;
  const wish = spillWishOf(subject);
  if (wish.kind === "unreadable") {
    const what = `finds no room, and ${wish.where} asks for knitbone.io/spill=${JSON.stringify(wish.value)}`;
    return tellOwner(look, "SpillOptInUnreadable", `${what}: only other-pool is known`);
  }
  const workload = workloadOf(subject);
  if (wish.kind === "otherPool" && workload?.ref.kind === "Deployment" && isLackOfRoom(parts)) {
    const message = `No room in its pool: ${said}. Whether ${workload.ref.name} may spill into another one is looked at.`;
    return { kind: "wait", until: now + minutes(1), reason: "WaitingForSpill", message, alsoLookAt: [workload.ref] };
  }
  const room = roomFor(subject.pod, pools);
  const text = `${said}. ${room.words}`;
  return room.isFragmented
    ? tellOwner(look, "Fragmented", `finds no room on one node, though there is enough in all: ${text}`)
    : tellOwner(look, "NoRoom", `finds no room: ${text}`);
}
