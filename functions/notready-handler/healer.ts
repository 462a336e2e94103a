import type { Healer } from "../../shared/heal/healer.ts";
import { observeNode } from "../../shared/heal/subject.ts";
import { decide, type Facts, type Reason } from "./decide.ts";
import type { Policy } from "./policy.ts";

const signals: ReadonlySet<string> = new Set(["NodeNotReady", "NodeCondition", "NodeLeaseStale"]);

/** Takes sick nodes out of scheduling by our own taint, tells people what ails them, and gives them back when they have stayed well. */
export const notreadyHandler = (policy: Policy): Healer<Facts, Reason> => ({
  name: "notready-handler",

  concerns: ({ object, delta, signals: seen }) =>
    object.kind === "Node" && (delta !== "suspect" || seen.some((each) => signals.has(each))),

  async observe(cluster, object) {
    const subject = await observeNode(cluster, object);
    return subject === undefined ? undefined : { subject };
  },

  decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

  evidence: ({ subject }) => subject,
});
