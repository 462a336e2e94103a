import type { Case } from "../../shared/case/case.ts";
import type { Heal, Verdict } from "../../shared/heal/heal.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import { type NodeSubject, observeNode, observeSubject, type PodSubject } from "../../shared/heal/subject.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import { type NodeMark, suspectMark } from "../../shared/kubernetes/node-marks.ts";

export interface ScriptedFacts {
  readonly subject: PodSubject;
}

export interface ScriptedNodeFacts {
  readonly subject: NodeSubject;
}

/** A healer whose verdict a test writes: for what the pipeline does with verdicts, whoever reaches them. */
export function scriptedHealer(
  decide: (facts: ScriptedFacts) => Verdict = forceDelete,
  name = "terminating-reaper",
): Healer<ScriptedFacts, string> {
  return {
    name,
    concerns: () => true,
    observe: async (cluster, object) => {
      const subject = await observeSubject(cluster, object);
      return subject === undefined ? undefined : { subject };
    },
    decide: (facts) => decide(facts),
    evidence: ({ subject }) => ({ phase: subject.pod.phase, node: subject.pod.nodeName }),
  };
}

/** The same for nodes, under their healer's name; it marks whatever it looks at. */
export function scriptedNodeHealer(
  decide: (subject: NodeSubject, openCase: Case) => Verdict = ({ node }) => markNode(node, suspectMark),
): Healer<ScriptedNodeFacts, string> {
  return {
    name: "notready-handler",
    concerns: () => true,
    observe: async (cluster, object) => {
      const subject = await observeNode(cluster, object);
      return subject === undefined ? undefined : { subject };
    },
    decide: ({ subject }, openCase) => decide(subject, openCase),
    evidence: ({ subject }) => subject,
  };
}

export function markNode(
  { ref, resourceVersion }: NodeFacts,
  taint: NodeMark,
  kind: "TaintNode" | "UntaintNode" = "TaintNode",
): Verdict {
  return { kind: "heal", heal: { kind, node: ref, resourceVersion, taint }, reason: "Marked", message: "It is sick." };
}

function forceDelete({ subject }: ScriptedFacts): Verdict {
  const node = typeof subject.node === "string" ? undefined : subject.node.ref;
  if (node === undefined) return { kind: "leave", reason: "NoNode", message: "The pod has no node." };
  const heal: Heal = {
    kind: "ForceDeletePod",
    pod: subject.pod.ref,
    resourceVersion: subject.pod.resourceVersion,
    node,
  };
  return { kind: "heal", heal, reason: "Overdue", message: "Past its deletion time." };
}

export function evictTerminal({ subject }: ScriptedFacts): Verdict {
  const heal: Heal = { kind: "EvictTerminalPod", pod: subject.pod.ref, resourceVersion: subject.pod.resourceVersion };
  return { kind: "heal", heal, reason: "Residue", message: "Failed long ago." };
}

export function evictOrphan({ subject }: ScriptedFacts): Verdict {
  const heal: Heal = { kind: "EvictOrphan", pod: subject.pod.ref, resourceVersion: subject.pod.resourceVersion };
  return { kind: "heal", heal, reason: "Orphan", message: "Its owner is gone." };
}

export function evictStuck({ subject }: ScriptedFacts): Verdict {
  const heal: Heal = { kind: "EvictStuckPod", pod: subject.pod.ref, resourceVersion: subject.pod.resourceVersion };
  return { kind: "heal", heal, reason: "Stuck", message: "Its node starts nothing." };
}
