import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import type { Healer, Knowledge } from "../../shared/heal/healer.ts";
import { type NodeSubject, observeNode, observeSubject } from "../../shared/heal/subject.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import { describeRef, type ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { minutes } from "../../shared/time/duration.ts";
import { decide, type Facts, type Reason } from "./decide.ts";
import { type DrainFacts, poolsFor } from "./drain.ts";
import { fleetOf } from "./fleet.ts";
import type { NodeCaseFacts } from "./look.ts";
import type { Policy } from "./policy.ts";
import { saidOfNode } from "./said.ts";

const signals: ReadonlySet<string> = new Set(["NodeNotReady", "NodeCondition", "NodeLeaseStale"]);

/** Pods whose Events are read where a kubelet may be restarted. */
const askedPods = 10;
/** An Event of before says nothing of now. */
const hungWithinMs = minutes(15);

/** Takes sick nodes out of scheduling by our own taint, tells people what ails them, moves what runs there, and gives them back when they have stayed well. */
export const notreadyHandler = (policy: Policy): Healer<Facts, Reason> => ({
  name: "notready-handler",

  concerns: ({ object, delta, signals: seen }) =>
    object.kind === "Node" && (delta !== "suspect" || seen.some((each) => signals.has(each))),

  observe: (cluster, object, known) =>
    object.kind === "Pod" ? observePod(cluster, object, known) : observeSickNode(cluster, object, known, policy),

  decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

  evidence: ({ subject, ...around }) => ({ ...subject, ...around }),
});

async function observeSickNode(
  cluster: ClusterReader,
  object: ObjectRef,
  { catalogue, report, hopeless = [] }: Knowledge,
  policy: Policy,
): Promise<NodeCaseFacts | undefined> {
  const [subject, events] = await Promise.all([observeNode(cluster, object), cluster.eventsAbout(object)]);
  if (subject === undefined) return undefined;
  const mayHaveCompany = readyStatus(subject.node) !== "True" && notReadyBy(report) !== 1;
  const mayRestart = policy.rungs.includes("restart-kubelet");
  const [nodes, hungPods] = await Promise.all([
    mayHaveCompany ? cluster.nodes() : undefined,
    mayRestart ? hungPodsOf(cluster, subject) : [],
  ]);
  return {
    subject,
    said: saidOfNode(subject.node, events, catalogue),
    ...(nodes === undefined ? {} : { fleet: fleetOf(nodes, object, cluster.now() ?? 0) }),
    ...(hungPods.length === 0 ? {} : { hungPods }),
    ...(hopeless.length === 0 ? {} : { hopeless }),
    ...(report === undefined ? {} : { serverVersion: report.report.serverVersion }),
  };
}

/** How many nodes the last report counts as not Ready. Where it is this one alone, the others need not be read: a list of thousands of nodes is large. */
function notReadyBy(report: Knowledge["report"]): number | undefined {
  return report?.report.zones.reduce((sum, { notReady, unknown }) => sum + notReady + unknown, 0);
}

/** Pods there of which an Event says that a container cannot be stopped (S3-12): those that are not Ready, or past their time. */
async function hungPodsOf(cluster: ClusterReader, { pods }: NodeSubject): Promise<readonly string[]> {
  const asked = pods.filter(({ unready, endsBy }) => unready || endsBy !== undefined).slice(0, askedPods);
  const events = await Promise.all(asked.map(({ ref }) => cluster.eventsAbout(ref)));
  const now = cluster.now() ?? 0;
  return asked
    .filter((_, n) =>
      events[n]?.some(
        (each) => isStopFailure(each.reason, each.message) && now - (each.lastSeenAt ?? 0) <= hungWithinMs,
      ),
    )
    .map(({ ref }) => describeRef(ref));
}

function isStopFailure(reason: string, message = ""): boolean {
  return reason === "FailedKillPod" || message.includes("KillContainerError");
}

async function observePod(
  cluster: ClusterReader,
  object: ObjectRef,
  { report }: Knowledge,
): Promise<DrainFacts | undefined> {
  const subject = await observeSubject(cluster, object);
  if (subject === undefined) return undefined;
  const [budgets, places] = await Promise.all([cluster.disruptionBudgetsOf(object), cluster.placesFor(object)]);
  const self = typeof subject.node === "string" ? object : subject.node.ref;
  return {
    subject,
    budgets: budgets.length,
    pools: poolsFor(subject, places, report?.report.pools ?? []),
    fleet: fleetOf(
      places.map(({ node }) => node),
      self,
      cluster.now() ?? 0,
    ),
  };
}
