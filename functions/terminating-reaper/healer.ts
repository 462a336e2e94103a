import type { Healer } from "../../shared/heal/healer.ts";
import { observeSubject } from "../../shared/heal/subject.ts";
import { cannotEnd } from "./cannot-end.ts";
import { decide, type Facts, type Reason } from "./decide.ts";
import type { Policy } from "./policy.ts";

/** Ends what hangs in Terminating: force-deletes overdue pods that are stateless, and says of every other one what holds it. */
export const terminatingReaper = (policy: Policy): Healer<Facts, Reason> => ({
  name: "terminating-reaper",

  concerns: ({ object, delta, signals }) =>
    object.kind === "Pod" && (delta !== "suspect" || signals.includes("PodOverdue")),

  async observe(cluster, object, { catalogue }) {
    const subject = await observeSubject(cluster, object);
    if (subject === undefined) return undefined;
    const now = cluster.now() ?? 0;
    // Before its grace is over nothing is wrong; and without a node no kubelet speaks.
    if (typeof subject.node === "string" || now < (subject.pod.deletionTimestamp ?? now + 1)) return { subject };
    const found = cannotEnd(await cluster.eventsAbout(subject.pod.ref), catalogue, now);
    return { subject, ...(found === undefined ? {} : { cannotEnd: found }) };
  },

  decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

  evidence: (facts) => facts,
});
