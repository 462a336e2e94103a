import { recentList } from "../../shared/cluster/recent-list.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import { observeSubject } from "../../shared/heal/subject.ts";
import { decide, isOfWorkload, type Reason } from "./decide.ts";
import type { Facts, PodFactsAround } from "./facts.ts";
import { lookAround } from "./look-around.ts";
import { observeSpilling } from "./observe-workload.ts";
import type { Policy } from "./policy.ts";

const signals: ReadonlySet<string> = new Set([
  "PodUnscheduled",
  "PodSilent",
  "PodWaiting",
  "PodStarting",
  "PodUnready",
]);

/** Containers that are kept as evidence: a status may hold thousands. */
const containersKept = 50;

/** Says why a pod does not start or does not get ready, and whose it is; moves only pods of which nothing ever ran, away from the node that is the cause. */
export const pendingRescheduler = (policy: Policy): Healer<Facts, Reason> => {
  const pendingPods = recentList((cluster) => cluster.pods({ phase: "Pending" }));
  const podsOfNode = recentList((cluster, nodeName) => cluster.pods({ nodeName }));
  return {
    name: "pending-rescheduler",

    concerns: ({ object, delta, signals: seen }) =>
      object.kind === "Pod" && (delta !== "suspect" || seen.some((each) => signals.has(each))),

    async observe(cluster, object, known) {
      // A pod's verdict calls for its workload (`alsoLookAt`), which spills or does not.
      if (object.kind === "Deployment") return observeSpilling(cluster, object, known);
      const subject = await observeSubject(cluster, object);
      if (subject === undefined) return undefined;
      const asking = {
        cluster,
        known,
        policy,
        pending: () => pendingPods(cluster, ""),
        podsOn: (nodeName: string) => podsOfNode(cluster, nodeName),
      };
      return { subject, around: await lookAround(asking, subject) };
    },

    decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

    evidence: (facts) => (isOfWorkload(facts) ? facts : podEvidence(facts)),
  };
};

function podEvidence({ subject, around }: PodFactsAround): unknown {
  const { containers } = subject.pod;
  const kept = { ...subject.pod, containers: containers.slice(0, containersKept) };
  return { subject: { ...subject, pod: kept }, containers: containers.length, around };
}
