import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import type { HopelessRung } from "../../shared/heal/rung-record.ts";
import type { NodeSubject } from "../../shared/heal/subject.ts";
import type { NodeMark } from "../../shared/kubernetes/node-marks.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { formatDuration, seconds } from "../../shared/time/duration.ts";
import type { Fleet } from "./fleet.ts";
import type { Policy } from "./policy.ts";
import type { DrainReason, LeftReason, ServiceReason, SickReason, ToldReason, WaitReason } from "./reasons.ts";
import type { Said } from "./said.ts";

export type Reason = LeftReason | WaitReason | SickReason | ToldReason | ServiceReason | DrainReason;

/** A node and what stands around it. */
export interface NodeCaseFacts extends HealerFacts {
  readonly subject: NodeSubject;
  /** What its message, its conditions and its Events say; nothing when absent. */
  readonly said?: readonly Said[];
  /** The cluster's other nodes, as far as they are not well; read where this one is not Ready. */
  readonly fleet?: Fleet;
  /** "Pod shop/web-1": where an Event says that a container there cannot be stopped. */
  readonly hungPods?: readonly string[];
  /** Rungs that have not helped other nodes of this cluster (S1-07). */
  readonly hopeless?: readonly HopelessRung[];
  /** The API server's (S2-01). */
  readonly serverVersion?: string;
}

/** One look at a node. `now` by the cluster's own clock. */
export interface Look {
  readonly facts: NodeCaseFacts;
  readonly subject: NodeSubject;
  readonly openCase: Case;
  readonly policy: Policy;
  readonly now: Instant;
  readonly name: string;
}

/** What a sick node is waited for is looked at again this often: two minutes without a look count as blind, and start its clocks anew. */
export const lookEveryMs = seconds(60);

export function inStateSince({ memory }: Case, state: string, now: Instant): Instant {
  return memory?.state === state ? memory.since : now;
}

export function target({ node }: NodeSubject) {
  return { node: node.ref, resourceVersion: node.resourceVersion };
}

export function mark({ subject }: Look, taint: NodeMark, reason: Reason, message: string): Verdict<Reason> {
  return { kind: "heal", heal: { kind: "TaintNode", ...target(subject), taint }, reason, message };
}

/** `about`: another node, where one word stands for many. */
export function tell(
  { name, now, subject }: Look,
  reason: Reason,
  what: string,
  about?: ObjectRef,
): Extract<Verdict<Reason>, { kind: "escalate" }> {
  const other = about === undefined || about.uid === subject.node.ref.uid ? {} : { about };
  return { kind: "escalate", ...other, reason, message: `${name} ${what}.`, until: now + lookEveryMs };
}

export function wait({ name, now }: Look, reason: Reason, dueAt: Instant, what: string): Verdict<Reason> {
  const left = formatDuration(Math.max(0, dueAt - now));
  const message = `${name} ${what}: looked at for another ${left}.`;
  return { kind: "wait", until: Math.min(dueAt, now + lookEveryMs), reason, message };
}
