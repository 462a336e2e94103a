import type { ApiObject } from "./api-client.ts";
import { byProduct } from "./audit-log.ts";
import type { ControlPlane } from "./control-plane.ts";
import { startKubelet } from "./kubelet.ts";
import { eventually, sleep } from "./wait.ts";
import { createNamespace, createPod, createReplicaSet, podsOf, runningPods, scaleReplicaSet } from "./workloads.ts";

/** What a ReplicaSet left behind whose template names a node that has no room: Failed pods, made in two bursts some seconds apart. */
export interface Residue {
  readonly namespace: string;
  readonly replicaSet: ApiObject;
  readonly older: readonly ApiObject[];
  /** At least five. */
  readonly newer: readonly ApiObject[];
}

const owner = "pinned";
/** So many at once: at most these does its controller still take for running, and delete itself, when it is scaled down. */
const replicas = 3;

/**
 * A node with room for one pod, and that one on it. It is made to look as if it had been Ready for an hour (the kubelet keeps the time of the
 * last transition as it finds it): what a node says in its first five minutes after a silence is not trusted, and that rule is not what the
 * stories here are about.
 */
export async function stageFullNode(cluster: ControlPlane, node: string): Promise<void> {
  await startKubelet(cluster, { node, maxPods: 1 });
  await createNamespace(cluster, node);
  await createPod(cluster, node, "filler", { nodeName: node });
  await runningPods(cluster, node, "filler", 1);
  const anHourAgo = new Date(
    Date.parse((await cluster.api.get(`/api/v1/nodes/${node}`)).metadata.creationTimestamp) - 3_600_000,
  );
  await cluster.api.patch(`/api/v1/nodes/${node}/status`, "strategic-merge", {
    status: { conditions: [{ type: "Ready", lastTransitionTime: anHourAgo.toISOString().replace(/\.\d+Z$/, "Z") }] },
  });
}

/**
 * Lets the loop run twice in a namespace of its own, and ends it each time by scaling down: at least `older`, then at least `newer` pods.
 * Some may be swept away meanwhile; what their own controller deleted is not residue.
 */
export async function leaveResidue(
  cluster: ControlPlane,
  options: { readonly node: string; readonly namespace: string; readonly older: number; readonly newer: number },
): Promise<Residue> {
  const { node, namespace } = options;
  await createNamespace(cluster, namespace);
  const replicaSet = await createReplicaSet(cluster, namespace, owner, 0, { nodeName: node });
  const seen = new Map<string, ApiObject>();
  const older = await burst(cluster, namespace, options.older + replicas, seen);
  // The API keeps whole seconds: without a pause "newer" would mean nothing.
  await sleep(3_000);
  const newer = await burst(cluster, namespace, options.newer + replicas, seen);
  const deletedByOthers = new Set(
    cluster.audit
      .podRemovals((record) => !byProduct(record) && record.object.namespace === namespace)
      .map(({ name }) => name),
  );
  const left = (pods: readonly ApiObject[]) => pods.filter(({ metadata }) => !deletedByOthers.has(metadata.name));
  return { namespace, replicaSet, older: left(older), newer: left(newer) };
}

export async function remainingPods(cluster: ControlPlane, { namespace }: Residue): Promise<readonly ApiObject[]> {
  return podsOf(cluster, namespace, owner);
}

/** Runs the loop until it has made this many pods that were not `seen` before, and answers these when all have failed. */
async function burst(
  cluster: ControlPlane,
  namespace: string,
  atLeast: number,
  seen: Map<string, ApiObject>,
): Promise<readonly ApiObject[]> {
  const made: ApiObject[] = [];
  const look = async () => {
    const pods = await podsOf(cluster, namespace, owner);
    for (const pod of pods) {
      if (seen.has(pod.metadata.uid) || pod.status.phase !== "Failed") continue;
      seen.set(pod.metadata.uid, pod);
      made.push(pod);
    }
    return pods;
  };
  await scaleReplicaSet(cluster, namespace, owner, replicas);
  await eventually(
    `${atLeast} rejected pods in ${namespace}`,
    120_000,
    async () => {
      await look();
      return made.length >= atLeast || undefined;
    },
    () => `${made.length} so far`,
  );
  await scaleReplicaSet(cluster, namespace, owner, 0);
  await eventually(`the loop in ${namespace} to end`, 60_000, async () => {
    const { status } = await cluster.api.get(`/apis/apps/v1/namespaces/${namespace}/replicasets/${owner}`);
    const pods = await look();
    return (
      (status.observedGeneration >= 2 &&
        status.replicas === 0 &&
        pods.every(({ status: { phase } }) => phase === "Failed")) ||
      undefined
    );
  });
  return made;
}
