import type { Case } from "../../shared/case/case.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import { outOfServiceMark } from "../../shared/kubernetes/node-marks.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { type DrainFacts, decideDrain } from "./drain.ts";
import { notReady } from "./ladder-false.ts";
import { ready } from "./ladder-ready.ts";
import { silent } from "./ladder-unknown.ts";
import { type Look, type NodeCaseFacts, type Reason, wait } from "./look.ts";
import { outOfService } from "./out-of-service.ts";
import type { Policy } from "./policy.ts";

export type { Reason } from "./look.ts";

/** Of a node; or of a pod that its node's look called for. */
export type Facts = NodeCaseFacts | DrainFacts;

/** What to do about a node that is not Ready, or that others found to be the cause; and about a pod that is to be moved from one. */
export function decide(facts: Facts, openCase: Case, policy: Policy, now: Instant): Verdict<Reason> {
  if (isOfPod(facts)) return decideDrain(facts, policy, now);
  const { subject } = facts;
  const { node } = subject;
  const look: Look = { facts, subject, openCase, policy, now, name: `Node ${node.ref.name}` };
  if (node.unschedulable) {
    return { kind: "leave", reason: "Cordoned", message: `${look.name} is cordoned: whoever did that has it in hand.` };
  }
  if (node.taints.some((each) => each.key === outOfServiceMark.key)) return outOfService(look);
  const newUntil = (node.creationTimestamp ?? now) + policy.newForMs;
  if (now < newUntil) return wait(look, "NodeNew", newUntil, "was made a moment ago");
  switch (readyStatus(node)) {
    case "True":
      return ready(look);
    case "False":
      return notReady(look);
    case "Unknown":
      return silent(look);
  }
}

function isOfPod(facts: Facts): facts is DrainFacts {
  return facts.subject.kind === "pod";
}
