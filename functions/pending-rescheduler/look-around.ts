import type { Catalogue } from "../../shared/catalogue/catalogue.ts";
import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import type { Knowledge } from "../../shared/heal/healer.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import {
  boundSince,
  isStuckWaiting,
  isTerminal,
  isTerminating,
  type PodFacts,
  silentSince,
  startingSince,
} from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import type { Around, BoundAround, SilentPod } from "./facts.ts";
import { fewOtherNodes } from "./few-other-nodes.ts";
import { lookAtProbes } from "./look-at-probes.ts";
import { marginMs, type Policy } from "./policy.ts";
import { saidByState, saidOf } from "./said.ts";
import { unreadyFor } from "./unready.ts";

const silentAtMost = 200;

export interface Asking {
  readonly cluster: ClusterReader;
  readonly known: Knowledge;
  readonly policy: Policy;
  /** All Pending pods of the cluster, at most a few seconds old. */
  pending(): Promise<readonly PodFacts[]>;
  /** All pods of a node, at most a few seconds old. */
  podsOn(nodeName: string): Promise<readonly PodFacts[]>;
}

/** What is to be known beside the pod itself: each kind of trouble reads no more than it needs. */
export async function lookAround(asking: Asking, subject: PodSubject): Promise<Around> {
  const { pod } = subject;
  if (isTerminating(pod) || isTerminal(pod)) return { kind: "ending" };
  if (pod.nodeName === undefined) return unbound(asking, pod);
  const events = await asking.cluster.eventsAbout(pod.ref);
  // A kubelet that writes Events has heard of the pod: whatever it waits for, it is not silent (S0-14).
  const since = events.some(({ source }) => source === "kubelet") ? undefined : silentSince(pod);
  if (since !== undefined) return silence(asking, pod, since);
  const { cluster, policy } = asking;
  const isUnready = unreadyFor(pod, cluster.now() ?? 0) >= policy.pendingForMs;
  return isUnready ? lookAtProbes(asking, pod, events) : bound(asking, pod, events);
}

async function unbound({ cluster, known }: Asking, pod: PodFacts): Promise<Around> {
  const events = await cluster.eventsAbout(pod.ref);
  const scaledUpAt = latest(events.filter(isScaleUp).flatMap(({ lastSeenAt }) => lastSeenAt ?? []));
  return {
    kind: "unbound",
    ...(scaledUpAt === undefined ? {} : { scaledUpAt }),
    pools: known.report?.report.pools ?? [],
  };
}

/** cluster-autoscaler and Karpenter say it of the pod that they make room for. */
function isScaleUp({ reason, source }: EventFacts): boolean {
  return (
    (reason === "TriggeredScaleUp" && source === "cluster-autoscaler") ||
    (reason === "Nominated" && source === "karpenter")
  );
}

async function silence({ cluster, policy, pending }: Asking, pod: PodFacts, since: Instant): Promise<Around> {
  const others = await pending();
  const elsewhere = others.filter(({ nodeName }) => nodeName !== undefined && nodeName !== pod.nodeName);
  const isProof = (at: Instant | undefined) => at !== undefined && at >= since + marginMs(policy);
  let startedAt = latest(elsewhere.flatMap(({ startTime }) => startTime ?? []));
  if (!isProof(startedAt)) startedAt = latest([startedAt ?? 0, ...(await startsOnOtherNodes(cluster, pod, isProof))]);
  return {
    kind: "silent",
    silent: silentPods(others),
    ...(startedAt === undefined || startedAt === 0 ? {} : { startedElsewhereAt: startedAt }),
  };
}

/** The latest start on each of a few other Ready nodes, until one is proof. */
async function startsOnOtherNodes(
  cluster: ClusterReader,
  { nodeName = "" }: PodFacts,
  isProof: (at: Instant | undefined) => boolean,
): Promise<readonly Instant[]> {
  const starts: Instant[] = [];
  for (const name of fewOtherNodes(await cluster.nodes(), nodeName)) {
    const at = latest((await cluster.pods({ nodeName: name })).flatMap(({ startTime }) => startTime ?? []));
    if (at !== undefined) starts.push(at);
    if (isProof(at)) break;
  }
  return starts;
}

/** Those that are being deleted count as well: evicting the first of two must not make the second look alone. */
function silentPods(pods: readonly PodFacts[]): readonly SilentPod[] {
  const silent = pods.flatMap((each): readonly SilentPod[] => {
    const { deletionTimestamp: _, ...living } = each;
    const since = silentSince(living);
    return since === undefined || each.nodeName === undefined ? [] : [{ node: each.nodeName, since }];
  });
  return silent.toSorted((a, b) => a.since - b.since).slice(0, silentAtMost);
}

async function bound(
  { cluster, known, policy, pending }: Asking,
  pod: PodFacts,
  events: readonly EventFacts[],
): Promise<BoundAround> {
  const now = cluster.now() ?? 0;
  const { said, saidMore } = saidOf(pod, events, known.catalogue, now);
  const mayBeTheNode = said.some(({ signature }) => signature?.remedy === "handOver" || signature?.remedy === "evict");
  const others = mayBeTheNode ? await pending() : [];
  const pulling = pullUnderWay(pod, events);
  const alikeHere = others.filter((each) => isOfSameNode(each, pod) && callsForEviction(each, known.catalogue)).length;
  return {
    kind: "bound",
    said,
    saidMore,
    ...(pulling === undefined ? {} : { pulling }),
    failsOn: nodesThatFailToo(pod, others, policy, now),
    ...(alikeHere === 0 ? {} : { alikeHere }),
    silent: silentPods(others),
  };
}

function isOfSameNode({ ref, nodeName }: PodFacts, pod: PodFacts): boolean {
  return nodeName === pod.nodeName && ref.uid !== pod.ref.uid;
}

/** By its own state alone. */
function callsForEviction(pod: PodFacts, catalogue: Catalogue): boolean {
  return saidByState(pod, catalogue).some(({ signature }) => signature?.remedy === "evict");
}

/** A Pulling without a word of its end: kubelets pull one image after the other, and do not say that one waits for its turn (S0-34). */
function pullUnderWay(pod: PodFacts, events: readonly EventFacts[]): BoundAround["pulling"] {
  const at = ({ lastSeenAt }: EventFacts) => lastSeenAt ?? 0;
  const [last] = events
    .filter(({ reason, source }) => source === "kubelet" && ["Pulling", "Pulled", "Failed", "BackOff"].includes(reason))
    .sort((a, b) => at(b) - at(a) || Number(a.reason === "Pulling") - Number(b.reason === "Pulling"));
  if (pod.phase !== "Pending" || last === undefined || last.reason !== "Pulling") return undefined;
  return { at: at(last), message: (last.message ?? "Pulling an image").slice(0, 300) };
}

/** The same workload, or a container of the same image, is stuck elsewhere as well: then this node is not the cause (S0-25, S0-33). */
function nodesThatFailToo(
  pod: PodFacts,
  others: readonly PodFacts[],
  { pendingForMs }: Policy,
  now: Instant,
): readonly string[] {
  const images = new Set(pod.containers.filter(isStuckWaiting).map(({ image }) => image));
  const isAlike = (each: PodFacts) =>
    (each.owner !== undefined && each.owner.uid === pod.owner?.uid) ||
    each.containers.some((container) => isStuckWaiting(container) && images.has(container.image));
  const isStuck = (each: PodFacts) =>
    startingSince(each) !== undefined &&
    (each.containers.some(isStuckWaiting) || now - (boundSince(each) ?? now) >= pendingForMs);
  const nodes = others
    .filter((each) => each.nodeName !== pod.nodeName && isAlike(each) && isStuck(each))
    .flatMap(({ nodeName }) => nodeName ?? []);
  return [...new Set(nodes)].sort().slice(0, 10);
}

function latest(instants: readonly Instant[]): Instant | undefined {
  return instants.length === 0 ? undefined : Math.max(...instants);
}
