import type { ClusterReader } from "../../shared/cluster/cluster.ts";
import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { HealerFacts, Knowledge } from "../../shared/heal/healer.ts";
import { observeWorkload, type WorkloadSubject } from "../../shared/heal/subject.ts";
import type { Meta } from "../../shared/kubernetes/meta.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { wantsSpill } from "../../shared/kubernetes/spill.ts";

/** A workload whose pods may find no room, and what is known of room elsewhere. */
export interface WorkloadFacts extends HealerFacts {
  readonly subject: WorkloadSubject;
  /** Who sets its replicas beside its owner. */
  readonly autoscalers: readonly Meta[];
  /** Read where a pod of it waits. */
  readonly nodes: readonly NodeFacts[];
  /** Of the cluster's last report; absent without one. */
  readonly pools?: readonly PoolReport[];
  readonly poolLabel?: string;
}

/** Reads the Deployment of this uid as it is now; undefined when it is gone. */
export async function observeSpilling(
  cluster: ClusterReader,
  object: ObjectRef,
  { report, poolLabel }: Knowledge,
): Promise<WorkloadFacts | undefined> {
  const subject = await observeWorkload(cluster, object);
  if (subject === undefined) return undefined;
  const { workload, namespace, spill, pending } = subject;
  // Pods of every workload that lacks room lead here: where nobody asked for a spill, nothing more is read.
  if (!wantsSpill(workload, namespace) && spill === undefined) return { subject, autoscalers: [], nodes: [] };
  const [autoscalers, nodes] = await Promise.all([
    cluster.autoscalersOf(object),
    pending.length === 0 ? [] : cluster.nodes(),
  ]);
  return {
    subject,
    autoscalers,
    nodes,
    ...(report === undefined ? {} : { pools: report.report.pools }),
    ...(poolLabel === undefined ? {} : { poolLabel }),
  };
}
