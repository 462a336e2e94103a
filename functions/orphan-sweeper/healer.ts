import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import { recentList } from "../../shared/cluster/recent-list.ts";
import type { Healer, RoundFindings } from "../../shared/heal/healer.ts";
import { observeSubject } from "../../shared/heal/subject.ts";
import type { Meta } from "../../shared/kubernetes/meta.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { ownerGaps, stalledDeletions } from "../../shared/kubernetes/orphan.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { type Residue, residueOf } from "../../shared/kubernetes/residue.ts";
import type { WorkloadKind } from "../../shared/kubernetes/workload.ts";
import { decide, type Facts, type Reason, stalledCollector } from "./decide.ts";
import type { Policy } from "./policy.ts";

/**
 * Sweeps up after nodes: Failed pods that only their node's trouble left behind, but for the newest few; stops what makes them without end. On its rounds it looks for
 * what the garbage collector left behind.
 */
export const orphanSweeper = (policy: Policy): Healer<Facts, Reason> => {
  const residueIn = recentList(listResidue);
  return {
    name: "orphan-sweeper",

    concerns: ({ object, delta, signals }) =>
      object.kind === "Pod" && (delta !== "suspect" || signals.includes("PodFailed")),

    async observe(cluster, object) {
      const subject = await observeSubject(cluster, object);
      if (subject === undefined) return undefined;
      const { pod } = subject;
      if (subject.owners.kind === "missing") {
        return { subject, siblings: [], orphans: await orphansIn(cluster, pod.ref.namespace) };
      }
      if (residueOf(pod) === undefined) return { subject, siblings: [] };
      const residue = await residueIn(cluster, pod.ref.namespace);
      const siblings = (residue.get(ownerKey(pod)) ?? []).filter((each) => each.uid !== pod.ref.uid);
      return { subject, siblings };
    },

    decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

    goRound,

    evidence: ({ subject, siblings, orphans }) => ({
      subject,
      ...(orphans === undefined ? {} : { orphans }),
      siblings: siblings.length,
      newest: siblings.toSorted((a, b) => b.endedAt - a.endedAt).slice(0, policy.keepNewest),
    }),
  };
};

/** All that may own a pod, or own its owner. Read in this order, owned before owner: what was made in between has its owner in the list. */
const ownerKinds = ["ReplicaSet", "Job", "StatefulSet", "DaemonSet", "Deployment", "CronJob"] as const;
/** Orphans that one round has looked at; the others are the next round's, or too many anyway. */
const looksPerRound = 20;

/** Once an hour, metadata only (S0-10, S0-11): pods without their controller, and a garbage collector that does not carry on. */
async function goRound(cluster: ClusterReader): Promise<RoundFindings> {
  const pods = await cluster.metadata("Pod");
  const owners = await ownersIn(cluster);
  const suspects = orphanPods(pods, owners).slice(0, looksPerRound);
  const system = await cluster.namespace("kube-system");
  const now = cluster.now();
  if (system.kind === "notFound" || now === undefined) return { suspects, words: [], settled: [] };
  // The collector has no object of its own: the namespace that it runs in stands for it.
  const about = system.object.ref;
  const words = stalledCollector(about, stalledDeletions([...pods, ...[...owners.values()].flat()], now));
  return { suspects, words, settled: words.length === 0 ? [about] : [] };
}

async function ownersIn(
  cluster: ClusterReader,
  namespace?: string,
): Promise<ReadonlyMap<WorkloadKind, readonly Meta[]>> {
  const owners = new Map<WorkloadKind, readonly Meta[]>();
  for (const kind of ownerKinds) owners.set(kind, await cluster.metadata(kind, namespace));
  return owners;
}

/** Pods without their controller; and one pod each of controllers without theirs, in whose name the gap is looked at. */
function orphanPods(pods: readonly Meta[], owners: ReadonlyMap<WorkloadKind, readonly Meta[]>): readonly ObjectRef[] {
  const own = ownerGaps(pods, owners).map(({ object }) => object);
  const above = ownerGaps([...owners.values()].flat(), owners).flatMap(
    ({ object }) =>
      pods.find(({ owner, deletionTimestamp }) => owner?.uid === object.ref.uid && deletionTimestamp === undefined) ??
      [],
  );
  return [...own, ...above].map(({ ref }) => ref);
}

async function orphansIn(cluster: ClusterReader, namespace: string): Promise<number> {
  const pods = await cluster.metadata("Pod", namespace);
  return ownerGaps(pods, await ownersIn(cluster, namespace)).length;
}

type ResidueByOwner = ReadonlyMap<string, readonly Residue[]>;

async function listResidue(cluster: ClusterReader, namespace: string): Promise<ResidueByOwner> {
  const byOwner = new Map<string, Residue[]>();
  for (const pod of await cluster.pods({ namespace, phase: "Failed" })) {
    const residue = residueOf(pod);
    if (residue === undefined) continue;
    const ofOwner = byOwner.get(ownerKey(pod));
    if (ofOwner === undefined) byOwner.set(ownerKey(pod), [residue]);
    else ofOwner.push(residue);
  }
  return byOwner;
}

/** Ownerless pods of a namespace count as one owner's. */
function ownerKey(pod: PodFacts): string {
  return pod.owner?.uid ?? "";
}
