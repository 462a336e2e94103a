import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import { type PodSubject, workloadOf } from "../../shared/heal/subject.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import { markOn, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { hasRun } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, seconds } from "../../shared/time/duration.ts";
import type { SilentPod } from "./facts.ts";
import type { Policy } from "./policy.ts";

/** One look at one pod. `now` by the cluster's own clock. */
export interface Look {
  readonly subject: PodSubject;
  readonly openCase: Case;
  readonly policy: Policy;
  readonly now: Instant;
}

/** What is waited for is looked at again this often: an autoscaler, a person or the kubelet may have changed it. */
const lookEveryMs = seconds(60);

/** As many nodes on which pods wait for a word are no sick kubelets, but a control plane that is behind (S0-15). */
const manySilentNodes = 3;

export function leave<Reason extends string>({ subject }: Look, reason: Reason, what: string): Verdict<Reason> {
  return { kind: "leave", reason, message: `${describeRef(subject.pod.ref)} ${what}.` };
}

export function waitUntil<Reason extends string>(
  { subject, now }: Look,
  reason: Reason,
  dueAt: Instant,
  what: string,
): Verdict<Reason> {
  const left = formatDuration(Math.max(0, dueAt - now));
  const message = `${describeRef(subject.pod.ref)} ${what}: waited for, ${left} more at most.`;
  return { kind: "wait", until: Math.min(dueAt, now + lookEveryMs), reason, message };
}

/** Without an end of its own: whatever holds it must go first. */
export function hold<Reason extends string>({ subject, now }: Look, reason: Reason, what: string): Verdict<Reason> {
  return { kind: "wait", until: now + lookEveryMs, reason, message: `${describeRef(subject.pod.ref)} ${what}.` };
}

/** Told once about the workload, however many of its pods show it; about the pod itself where nothing owns it. */
export function tellOwner<Reason extends string>({ subject }: Look, reason: Reason, what: string): Verdict<Reason> {
  const { pod } = subject;
  const about = workloadOf(subject)?.ref ?? pod.ref;
  return { kind: "escalate", about, reason, message: `${describeRef(pod.ref)} ${what}.` };
}

export function evict<Reason extends string>({ subject }: Look, reason: Reason, what: string): Verdict<Reason> {
  const { ref, resourceVersion } = subject.pod;
  return {
    kind: "heal",
    heal: { kind: "EvictStuckPod", pod: ref, resourceVersion },
    reason,
    message: `${describeRef(ref)} ${what}.`,
  };
}

/** Nothing of it ever ran, nothing of it is stored, and a ReplicaSet makes another. The rail judges the same again by itself. */
export function isMovable({ pod, owners }: PodSubject): boolean {
  return (
    owners.kind === "known" &&
    owners.chain[0]?.ref.kind === "ReplicaSet" &&
    pod.phase === "Pending" &&
    pod.nodeName !== undefined &&
    !pod.containers.some(hasRun) &&
    pod.volumeClaims.length === 0 &&
    !pod.hasResourceClaims
  );
}

/** The control plane is behind: nobody is handed over and nothing is moved (S0-15). */
export function isManyNodesSilent({ policy, now }: Look, silent: readonly SilentPod[]): boolean {
  const nodes = silent.filter(({ since }) => now - since >= policy.silentForMs).map(({ node }) => node);
  return new Set(nodes).size >= manySilentNodes;
}

/** What is judged to be the node's: under our mark that is said again while it goes on, or the mark would go, and come back with the next word. */
export function ofMarked<Reason extends string>(
  { policy, now }: Look,
  node: NodeFacts,
  symptom: string,
  verdict: Verdict<Reason>,
): Verdict<Reason> {
  if (markOn(node, suspectMark) === undefined) return verdict;
  if (verdict.kind !== "escalate" && verdict.kind !== "leave") return { ...verdict, symptom };
  // Far more often than a node must have stayed well before it is given back, in the lab too.
  return { ...verdict, symptom, until: now + Math.min(policy.rejudgeAfterMs, lookEveryMs) };
}

export function handOver<Reason extends string>(
  { subject }: Look,
  node: NodeFacts,
  reason: Reason,
  what: string,
): Verdict<Reason> {
  return { kind: "handOver", node: node.ref, reason, message: `${describeRef(subject.pod.ref)} ${what}.` };
}
