import type { Cause } from "../../shared/catalogue/signature.ts";
import { lostDevices } from "../../shared/kubernetes/devices.ts";
import type { Instant } from "../../shared/time/clock.ts";
import type { Look } from "./look.ts";
import type { ConditionReason } from "./reasons.ts";
import { isFresh, latches, type Said } from "./said.ts";

/** What a condition beside Ready calls for, on a node that calls itself Ready. */
export interface ConditionFinding {
  readonly reason: ConditionReason;
  /** Goes on after "Node n1 ". */
  readonly words: string;
  /** Since when. */
  readonly since: Instant;
}

const reasons: readonly (readonly [Cause, ConditionReason])[] = [
  ["RuntimeDown", "RuntimeDown"],
  ["ProcessHung", "ProcessHung"],
  ["KubeletRestarting", "KubeletRestarting"],
  ["FilesystemReadOnly", "FilesystemReadOnly"],
  ["LayerCorrupt", "LayerCorrupt"],
  ["CgroupMissing", "CgroupMissing"],
  ["KubeletStartFailed", "KubeletStartFailed"],
  ["HousekeepingStuck", "HousekeepingStuck"],
  ["KernelMemory", "KernelMemory"],
  ["ContainerHung", "ContainerHung"],
  ["CgroupFrozen", "CgroupFrozen"],
];

/** The kubelet's own, whose taint keeps new pods away already (S0-55, S0-56), and what helps. */
const pressures: readonly (readonly [string, ConditionReason, string])[] = [
  ["DiskPressure", "DiskPressure", "clean its images and logs; a reboot does not help"],
  ["MemoryPressure", "MemoryPressure", "move what is big there, or bound it"],
  ["PIDPressure", "PIDPressure", "look for what makes so many processes there"],
];
/** Events that name what was killed for want of memory: the kubelet's, and node-problem-detector's. */
const kills: ReadonlySet<string> = new Set(["SystemOOM", "OOMKilling"]);

function conditions({ facts, now }: Look): readonly Said[] {
  return (facts.said ?? []).filter((each) => each.by === "condition" && isFresh(each, now));
}

function finding({ name, text, since, known }: Said): ConditionFinding {
  const reason = reasons.find(([cause]) => cause === known?.cause)?.[1] ?? "NodeConditionBad";
  const meaning = known === undefined ? "" : `: ${known.meaning.replace(/\.$/, "")}`;
  return { reason, words: `says ${name} (${text})${meaning}`, since: since ?? 0 };
}

/** One that its agent takes back when it is over, and that the catalogue counts as the node's own trouble: it may count by itself. */
export function liveCondition(look: Look): ConditionFinding | undefined {
  const live = conditions(look).find((each) => each.known?.remedy === "handOver" && !latches(each));
  return live && finding(live);
}

/** One that stands for ever once it stood: it counts only beside something else that is seen now. */
export function latchedCondition(look: Look): ConditionFinding | undefined {
  const latched = conditions(look).find((each) => each.known?.remedy === "handOver" && latches(each));
  return latched && finding(latched);
}

/** What no restart of a service helps against: beside a Ready that is False, it says better what to try. */
const outlivesRestarts: ReadonlySet<ConditionReason> = new Set([
  "CgroupMissing",
  "KubeletStartFailed",
  "HousekeepingStuck",
  "KernelMemory",
]);

/** The condition that explains a node that is not Ready, where its Ready cannot: seen beside an ailment, so that one that latches counts as well. */
export function graverCondition(look: Look): ConditionFinding | undefined {
  return conditions(look)
    .filter((each) => each.known?.remedy === "handOver")
    .map(finding)
    .find(({ reason }) => outlivesRestarts.has(reason));
}

/** What people are told of, and nothing else is done about. */
export function toldCondition(look: Look): ConditionFinding | undefined {
  return lostDevice(look) ?? pressure(look) ?? latchedCondition(look) ?? tellable(look);
}

function tellable(look: Look): ConditionFinding | undefined {
  const told = conditions(look).find((each) => each.known?.remedy === "tell");
  return told && finding(told);
}

/** Fewer devices than there are, or than there were (S0-60): pods that use them are never moved or deleted for it. */
function lostDevice({ subject, openCase, now }: Look): ConditionFinding | undefined {
  const lost = lostDevices(subject.node, openCase.memory?.devices);
  if (lost.length === 0) return undefined;
  const words = `offers fewer devices than it has (${lost.join(", ")}): look at its device plug-in and the devices; nothing on it is deleted`;
  return { reason: "DeviceLost", words, since: openCase.memory?.devicesLostSince ?? now };
}

function pressure({ subject, facts, now }: Look): ConditionFinding | undefined {
  for (const [type, reason, help] of pressures) {
    const condition = subject.node.conditions.find((each) => each.type === type && each.status === "True");
    if (condition === undefined) continue;
    const told = condition.message === undefined ? "" : ` (${condition.message})`;
    const killed = type === "MemoryPressure" ? killedThere(facts, now) : "";
    const words = `has ${type}${told}: its kubelet keeps new pods away and evicts by itself; ${help}${killed}`;
    return { reason, words, since: condition.lastTransitionTime ?? 0 };
  }
  return undefined;
}

/** The last three that were killed, in the words of whoever saw it (S0-56). */
function killedThere({ said = [] }: Look["facts"], now: Instant): string {
  const killed = said.filter((each) => each.by === "event" && kills.has(each.name) && isFresh(each, now));
  return killed.length === 0
    ? ""
    : `. Killed there: ${killed
        .slice(0, 3)
        .map(({ text }) => text)
        .join("; ")}`;
}
