import type { Healer } from "../../shared/heal/healer.ts";
import { observeSubject } from "../../shared/heal/subject.ts";
import { decide, type Facts, type Reason } from "./decide.ts";
import type { Policy } from "./policy.ts";

/** Ends what hangs in Terminating: force-deletes overdue pods that are stateless, and says of every other one what holds it. */
export const terminatingReaper = (policy: Policy): Healer<Facts, Reason> => ({
  name: "terminating-reaper",

  concerns: ({ object, delta, signals }) =>
    object.kind === "Pod" && (delta !== "suspect" || signals.includes("PodOverdue")),

  async observe(cluster, object) {
    const subject = await observeSubject(cluster, object);
    return subject === undefined ? undefined : { subject };
  },

  decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

  evidence: ({ subject }) => subject,
});
