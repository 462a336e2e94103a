import type { Catalogue } from "../../shared/catalogue/catalogue.ts";
import { weightOf } from "../../shared/catalogue/fragments.ts";
import { saidByEvent, saidByPod } from "../../shared/catalogue/said.ts";
import type { Sighting } from "../../shared/catalogue/signature.ts";
import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import type { Knowledge } from "../../shared/heal/healer.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import {
  boundSince,
  isReady,
  isStuckWaiting,
  isTerminal,
  isTerminating,
  type PodFacts,
  silentSince,
  startingSince,
} from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { Around, BoundAround, Said, SilentPod } from "./facts.ts";
import { marginMs, type Policy } from "./policy.ts";

/** An Event that was last seen so long ago explains nothing of now. */
const eventLifeMs = minutes(10);
/** Texts that are looked up for one pod: a status may hold thousands. */
const saidAtMost = 50;
/** Other nodes whose pods are read for what they started, where the Pending ones do not tell. */
const nodesAsked = 10;
const silentAtMost = 200;

export interface Asking {
  readonly cluster: ClusterReader;
  readonly known: Knowledge;
  readonly policy: Policy;
  /** All Pending pods of the cluster, at most a few seconds old. */
  pending(): Promise<readonly PodFacts[]>;
}

/** What is to be known beside the pod itself: each kind of trouble reads no more than it needs. */
export async function lookAround(asking: Asking, subject: PodSubject): Promise<Around> {
  const { pod } = subject;
  if (isTerminating(pod) || isTerminal(pod)) return { kind: "ending" };
  if (pod.nodeName === undefined) return unbound(asking, pod);
  const events = await asking.cluster.eventsAbout(pod.ref);
  // A kubelet that writes Events has heard of the pod: whatever it waits for, it is not silent (S0-14).
  const since = events.some(({ source }) => source === "kubelet") ? undefined : silentSince(pod);
  return since === undefined ? bound(asking, pod, events) : silence(asking, pod, since);
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
  const nodes = (await cluster.nodes()).filter((each) => readyStatus(each) === "True").map(({ ref }) => ref.name);
  const inOrder = nodes.filter((each) => each !== nodeName).sort();
  // Not the same ten of a thousand whichever node is silent.
  const from = inOrder.findIndex((each) => each > nodeName);
  const asked = [...inOrder.slice(Math.max(0, from)), ...inOrder.slice(0, Math.max(0, from))].slice(0, nodesAsked);
  const starts: Instant[] = [];
  for (const name of asked) {
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
  const fresh = events.filter(
    ({ source, lastSeenAt }) => speakers.has(source) && now - (lastSeenAt ?? now) <= eventLifeMs,
  );
  const spoken = [
    ...saidByPod(pod).map((sighting) => ({ from: "state" as const, sighting })),
    ...fresh
      .filter((each) => each.type === "Warning" && explains(each, pod))
      .flatMap((each) => saidByEvent(each).map((sighting) => ({ from: "event" as const, sighting }))),
  ];
  const distinct = [...new Map(spoken.map((each) => [JSON.stringify(each), each])).values()];
  const said = distinct.slice(0, saidAtMost).map(({ from, sighting }) => lookedUp(known.catalogue, from, sighting));
  const mayBeTheNode = said.some(({ signature }) => signature?.remedy === "handOver" || signature?.remedy === "evict");
  const others = mayBeTheNode ? await pending() : [];
  const pulling = pullUnderWay(pod, events);
  const alikeHere = others.filter((each) => isOfSameNode(each, pod) && callsForEviction(each, known.catalogue)).length;
  return {
    kind: "bound",
    said,
    saidMore: distinct.length > saidAtMost,
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
  return saidByPod(pod)
    .slice(0, saidAtMost)
    .some((each) => lookedUp(catalogue, "state", each).signature?.remedy === "evict");
}

/** Who speaks of a bound pod that does not start. */
const speakers: ReadonlySet<string> = new Set(["kubelet", "attachdetach-controller"]);
/** Said before there is a sandbox. */
const beforeSandbox: ReadonlySet<string> = new Set([
  "FailedCreatePodSandBox",
  "FailedCreatePodContainer",
  "FailedMount",
  "FailedAttachVolume",
  "NetworkNotReady",
]);
/** Said of a container that waits for more than its turn. */
const ofContainers: ReadonlySet<string> = new Set(["Failed", "InspectFailed", "ErrImageNeverPull"]);

/** An Event only explains what the pod itself shows (K12): anyone who may write Events could say anything else. */
function explains({ reason }: EventFacts, pod: PodFacts): boolean {
  if (beforeSandbox.has(reason)) {
    return pod.phase === "Pending" && findCondition(pod.conditions, "PodReadyToStartContainers")?.status !== "True";
  }
  if (ofContainers.has(reason)) return pod.containers.some(isStuckWaiting);
  return !isReady(pod);
}

function lookedUp(catalogue: Catalogue, from: Said["from"], sighting: Sighting): Said {
  const match = catalogue.match(sighting);
  const { reason } = sighting;
  const text = sighting.text.slice(0, 300);
  if (match.kind === "unknown") return { from, reason, text };
  const { id, meaning, cause, scope, remedy, fragments } = match.signature;
  const weight = weightOf(fragments);
  return {
    from,
    reason,
    text,
    signature: { id, meaning, cause, scope, weight, ...(remedy === undefined ? {} : { remedy }) },
  };
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
