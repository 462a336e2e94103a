/**
 * Why the scheduler finds no node for a pod: the message of PodScheduled=False (pkg/scheduler/framework `FitError`, v1.36).
 *
 *   0/6 nodes are available: 1 node(s) had untolerated taint(s), 4 Insufficient cpu. no new claims to deallocate, preemption: 0/6 nodes are available: …
 *   0/6 nodes are available: persistentvolumeclaim "data" not found. not found
 *
 * Filters say how many nodes they refuse; what is said before any filter ran has no count and holds for all nodes. What follows the first full stop is about
 * preemption. Commas stand within a part too: one begins only where a count does (S0-13).
 */
export type SchedulerClass =
  /** A resource is used up, or never was so large. */
  | "resources"
  | "taint"
  /** `spec.unschedulable`. */
  | "cordon"
  /** What the pod asks of nodes or of its neighbours. */
  | "affinity"
  | "topologySpread"
  | "ports"
  /** A claim or its volume is not there, or is going. */
  | "volumeMissing"
  /** A claim has no volume yet. */
  | "volumeUnbound"
  /** The volume is bound to other nodes or zones. */
  | "volumeElsewhere"
  /** No more volumes fit on these nodes. */
  | "volumeLimit"
  /** Nobody has seen these words. */
  | "unknown";

export interface SchedulerPart {
  readonly class: SchedulerClass;
  /** Nodes that it holds for. */
  readonly nodes: number;
  readonly text: string;
  /** Resources only: "cpu", "pods", "example.com/gpu". */
  readonly resource?: string;
  /** Taints only, and only where the message names it (before v1.36): its key. */
  readonly taintKey?: string;
}

export interface SchedulerMessage {
  /** Nodes of the cluster, as the scheduler sees them. */
  readonly nodes: number;
  readonly parts: readonly SchedulerPart[];
  /** The parts, word for word. */
  readonly said: string;
  /** What it says about making room by ending others; "" where it says nothing. */
  readonly preemption: string;
}

const words: readonly (readonly [RegExp, SchedulerClass])[] = [
  [/^Insufficient (?<resource>\S+)$/, "resources"],
  [/^Too many pods$/, "resources"],
  [/^node\(s\) had untolerated taint\(s\)$/, "taint"],
  [/^node\(s\) had untolerated taint \{(?<taint>[^:}]+): [^}]*\}$/, "taint"],
  [/^node\(s\) had taint \{(?<taint>[^:}]+): [^}]*\}, that the pod didn't tolerate$/, "taint"],
  [/^node\(s\) were unschedulable$/, "cordon"],
  [/^node\(s\) didn't match Pod's node affinity(\/selector)?$/, "affinity"],
  [/^node\(s\) didn't match node selector$/, "affinity"],
  [/^node\(s\) didn't match the requested node name$/, "affinity"],
  [/^node\(s\) didn't match pod (anti-)?affinity(\/anti-affinity)?( rules)?$/, "affinity"],
  [/^node\(s\) didn't satisfy existing pods anti-affinity rules$/, "affinity"],
  [/^node\(s\) didn't match pod topology spread constraints( \(missing required label\))?$/, "topologySpread"],
  [/^node\(s\) didn't have free ports for the requested pod ports$/, "ports"],
  [/^persistentvolumeclaim "[^"]+" not found$/, "volumeMissing"],
  [/^persistentvolumeclaim "[^"]+" is being deleted$/, "volumeMissing"],
  [/^persistentvolumeclaim "[^"]+" bound to non-existent persistentvolume "[^"]+"$/, "volumeMissing"],
  [/^node\(s\) unavailable due to one or more pvc\(s\) bound to non-existent pv\(s\)$/, "volumeMissing"],
  [/^(pod has|node\(s\) had) unbound immediate PersistentVolumeClaims$/, "volumeUnbound"],
  [/^waiting for ephemeral volume controller to create the persistentvolumeclaim "[^"]+"$/, "volumeUnbound"],
  [/^node\(s\) didn't find available persistent volumes to bind$/, "volumeUnbound"],
  [/^node\(s\) had volume node affinity conflict$/, "volumeElsewhere"],
  [/^node\(s\) didn't match PersistentVolume's node affinity$/, "volumeElsewhere"],
  [/^node\(s\) had no available volume zone$/, "volumeElsewhere"],
  [/^node\(s\) exceed max volume count$/, "volumeLimit"],
  [/^node\(s\) did not have enough free storage$/, "volumeLimit"],
];

const longestMessage = 4_096;

/** undefined: not a word of it is the scheduler's way to say that no node fits. */
export function readSchedulerMessage(message: string): SchedulerMessage | undefined {
  const [, total, rest] = /^0\/(\d+) nodes are available: (.*)$/s.exec(message.slice(0, longestMessage)) ?? [];
  if (total === undefined || rest === undefined) return undefined;
  const nodes = Number(total);
  // A full stop ends the filters' words only before a space or at the end: names have some within.
  const stop = /\.(?= |$)/.exec(rest)?.index ?? rest.length;
  const said = rest.slice(0, stop);
  const parts = said
    .split(/, (?=\d+ )/)
    .filter((each) => each !== "")
    .map((each) => partOf(each, nodes));
  return parts.length === 0 ? undefined : { nodes, parts, said, preemption: rest.slice(stop + 1).trim() };
}

function partOf(piece: string, all: number): SchedulerPart {
  const [, count, counted] = /^(\d+) (.*)$/s.exec(piece) ?? [];
  const text = counted ?? piece;
  const nodes = count === undefined ? all : Number(count);
  for (const [pattern, kind] of words) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const { resource, taint } = match.groups ?? {};
    const named = resource ?? (text === "Too many pods" ? "pods" : undefined);
    return {
      class: kind,
      nodes,
      text,
      ...(named === undefined ? {} : { resource: named }),
      ...(taint === undefined ? {} : { taintKey: taint }),
    };
  }
  return { class: "unknown", nodes, text };
}
