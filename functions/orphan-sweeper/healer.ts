import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import { observeSubject } from "../../shared/heal/subject.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { seconds } from "../../shared/time/duration.ts";
import { decide, type Facts, type Reason, type Residue, residueOf } from "./decide.ts";
import type { Policy } from "./policy.ts";

/** Sweeps up after nodes: Failed pods that only their node's trouble left behind, but for the newest few; stops what makes them without end. */
export const orphanSweeper = (policy: Policy): Healer<Facts, Reason> => {
  const residueIn = recentResidue();
  return {
    name: "orphan-sweeper",

    concerns: ({ object, delta, signals }) =>
      object.kind === "Pod" && (delta !== "suspect" || signals.includes("PodFailed")),

    async observe(cluster, object) {
      const subject = await observeSubject(cluster, object);
      if (subject === undefined) return undefined;
      const { pod } = subject;
      if (residueOf(pod) === undefined) return { subject, siblings: [] };
      const residue = await residueIn(cluster, pod.ref.namespace);
      const siblings = (residue.get(ownerKey(pod)) ?? []).filter((each) => each.uid !== pod.ref.uid);
      return { subject, siblings };
    },

    decide: (facts, openCase, now) => decide(facts, openCase, policy, now),

    evidence: ({ subject, siblings }) => ({
      subject,
      siblings: siblings.length,
      newest: siblings.toSorted((a, b) => b.endedAt - a.endedAt).slice(0, policy.keepNewest),
    }),
  };
};

type ResidueByOwner = ReadonlyMap<string, readonly Residue[]>;

/**
 * A list may be five seconds old: then it is no older than a last look may be. The server's clock is a lower bound, cut to whole seconds, and may
 * be two seconds behind.
 */
const listAgeLimitMs = seconds(5 - 2);

/**
 * The residue of a namespace by owner. In a rejection loop every one of thousands of pods brings a message, and each needs the whole list: a batch
 * shares one. The pod that is judged is never taken from it.
 */
function recentResidue(): (cluster: ClusterReader, namespace: string) => Promise<ResidueByOwner> {
  const lists = new Map<string, { readonly askedAt: Instant; readonly residue: Promise<ResidueByOwner> }>();
  return (cluster, namespace) => {
    const now = cluster.now();
    if (now === undefined) return listResidue(cluster, namespace);
    const key = `${cluster.id}/${namespace}`;
    const recent = lists.get(key);
    // A list from the future is one from before the clock was set back.
    if (recent !== undefined && now >= recent.askedAt && now - recent.askedAt <= listAgeLimitMs) return recent.residue;
    for (const [each, { askedAt }] of lists) {
      if (Math.abs(now - askedAt) > listAgeLimitMs) lists.delete(each);
    }
    const entry = { askedAt: now, residue: listResidue(cluster, namespace) };
    lists.set(key, entry);
    // A list that failed is nobody's answer but the asker's.
    entry.residue.catch(() => {
      if (lists.get(key) === entry) lists.delete(key);
    });
    return entry.residue;
  };
}

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
