import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import type { NodeSubject, PodSubject } from "../../shared/heal/subject.ts";
import { incidentKeeper } from "../../shared/incident/keeper.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { isTerminal, isTerminating, type PodFacts } from "../../shared/kubernetes/pod.ts";
import type { VolumeClaimFacts } from "../../shared/kubernetes/volume-claim.ts";
import { decide, type Facts, type Reason } from "./decide.ts";
import type { Policy } from "./policy.ts";
import { nodeSayings, podSayings } from "./saying.ts";
import { rulesOf } from "./thresholds.ts";

const podSignals: ReadonlySet<string> = new Set(["PodWaiting", "PodSilent", "PodStarting", "PodUnscheduled"]);

/** Finds the one cause behind many failures, across clusters: opens incidents, by which other healers hold back, and closes them. Heals nothing. */
export const dependencyWatch = (policy: Policy): Healer<Facts, Reason> => ({
  name: incidentKeeper,

  concerns: ({ object, delta, signals }) => {
    if (object.kind !== "Pod" && object.kind !== "Node") return false;
    if (delta !== "suspect") return true;
    return object.kind === "Pod" ? signals.some((each) => podSignals.has(each)) : signals.includes("NodeNotReady");
  },

  async observe(cluster, object, { catalogue }) {
    if (object.kind === "Node") {
      const subject = await observeNodeAlone(cluster, object);
      return subject && { subject, sayings: nodeSayings(subject.node, catalogue), claims: [] };
    }
    const subject = await observePodAlone(cluster, object);
    if (subject === undefined) return undefined;
    const { pod } = subject;
    if (!mayBeEvidence(pod)) return { subject, sayings: [], claims: [] };
    const claims = pod.phase === "Pending" ? await claimsOf(cluster, pod) : [];
    const events = await eventsOf(cluster, pod, claims);
    return { subject, claims, sayings: podSayings(pod, events, catalogue) };
  },

  decide: (facts, _openCase, now) => decide(facts, policy, now),

  incidents: rulesOf(policy),

  evidence: (facts) => facts,
});

/**
 * The pod and its node, and not its owners: in an outage thousands are looked at, and no rail asks about one that nobody heals. An owner that was not read
 * counts as unknown.
 */
async function observePodAlone(cluster: ClusterReader, object: ObjectRef): Promise<PodSubject | undefined> {
  const found = await cluster.pod(object.namespace, object.name);
  if (found.kind === "notFound" || found.object.ref.uid !== object.uid) return undefined;
  const pod = found.object;
  const node = pod.nodeName === undefined ? undefined : await cluster.node(pod.nodeName);
  return {
    kind: "pod",
    pod,
    owners: pod.owner === undefined ? { kind: "bare" } : { kind: "unknownKind", owner: pod.owner, chain: [] },
    node: node === undefined ? "none" : node.kind === "found" ? node.object : "notFound",
  };
}

async function observeNodeAlone(cluster: ClusterReader, object: ObjectRef): Promise<NodeSubject | undefined> {
  const found = await cluster.node(object.name);
  if (found.kind === "notFound" || found.object.ref.uid !== object.uid) return undefined;
  return { kind: "node", node: found.object, pods: [] };
}

function mayBeEvidence(pod: PodFacts): boolean {
  if (isTerminating(pod) || isTerminal(pod)) return false;
  return pod.containers.some((each) => each.state === "waiting" || each.state === "absent");
}

/** Those that exist. A generic ephemeral volume's claim is called after its pod and the volume. */
async function claimsOf(cluster: ClusterReader, { ref, volumeClaims }: PodFacts): Promise<readonly VolumeClaimFacts[]> {
  const claims = volumeClaims.map(async (name) => {
    const named = await cluster.volumeClaim(ref.namespace, name);
    const found = named.kind === "found" ? named : await cluster.volumeClaim(ref.namespace, `${ref.name}-${name}`);
    return found.kind === "found" ? [found.object] : [];
  });
  return (await Promise.all(claims)).flat();
}

/** About the pod once it has a node, and about the claims that nothing is bound to: what provisions them speaks of them. */
async function eventsOf(
  cluster: ClusterReader,
  pod: PodFacts,
  claims: readonly VolumeClaimFacts[],
): Promise<readonly EventFacts[]> {
  const unbound = claims.filter(({ phase }) => phase === "Pending").map(({ ref }) => ref);
  const about = pod.nodeName === undefined ? unbound : [pod.ref, ...unbound];
  return (await Promise.all(about.map((each) => cluster.eventsAbout(each)))).flat();
}
