import type { Case } from "../../shared/case/case.ts";
import type { Cause } from "../../shared/catalogue/signature.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { isTerminating } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { type BoundReason, bound } from "./bound.ts";
import { decideWorkload, type SpillReason } from "./decide-workload.ts";
import type { Facts } from "./facts.ts";
import { type Look, leave } from "./look.ts";
import type { WorkloadFacts } from "./observe-workload.ts";
import type { Policy } from "./policy.ts";
import { type SilentReason, silent } from "./silent.ts";
import { type UnboundReason, unbound } from "./unbound.ts";
import { type UnreadyReason, unready } from "./unready.ts";

export type EndingReason =
  // left
  "AlreadyTerminating" | "PodEnded" | "NodeGone" | "NodeNotReady";

export type Reason = EndingReason | UnboundReason | SilentReason | BoundReason | UnreadyReason | SpillReason | Cause;

/** What to do about a pod that does not start or does not get ready, or about a workload whose pods find no room. `now` by the cluster's own clock. */
export function decide(facts: Facts, openCase: Case, policy: Policy, now: Instant): Verdict<Reason> {
  if (isOfWorkload(facts)) return decideWorkload(facts, policy, now);
  const { subject, around } = facts;
  const look: Look = { subject, openCase, policy, now };
  const { node } = subject;
  if (around.kind === "ending") {
    return isTerminating(subject.pod)
      ? leave(look, "AlreadyTerminating", "is being deleted: terminating-reaper's")
      : {
          kind: "leave",
          reason: "PodEnded",
          message: `${describeRef(subject.pod.ref)} has ended: not this healer's.`,
          ends: true,
        };
  }
  if (around.kind === "unbound") return unbound(look, around);
  if (typeof node === "string") return leave(look, "NodeGone", "is bound to a node that does not exist: PodGC's");
  if (readyStatus(node) !== "True" && (around.kind === "unready" || !hasStarted(subject.pod.phase))) {
    return leave(look, "NodeNotReady", `is on ${node.ref.name}, which is not Ready: notready-handler's`);
  }
  if (around.kind === "unready") return unready(look, node, around);
  return around.kind === "silent" ? silent(look, node, around) : bound(look, node, around);
}

function hasStarted(phase: string): boolean {
  return phase !== "Pending";
}

export function isOfWorkload(facts: Facts): facts is WorkloadFacts {
  return facts.subject.kind === "workload";
}
