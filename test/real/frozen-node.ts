import type { ApiObject } from "./api-client.ts";
import type { ControlPlane } from "./control-plane.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import {
  cordon,
  createDeployment,
  createJob,
  createNamespace,
  createStatefulSet,
  deletePod,
  runningPods,
} from "./workloads.ts";

/** A node whose kubelet is about to freeze, full of pods, beside a spare one for their replacements. Its namespace is called like it. */
export interface FrozenNode {
  readonly namespace: string;
  readonly node: string;
  readonly kubelet: Kubelet;
  /** One pod each of three Deployments. */
  readonly stateless: readonly ApiObject[];
  readonly statefulSetPod: ApiObject;
  readonly jobPod: ApiObject;
}

const deployments = ["web-1", "web-2", "web-3"];

/** Runs three Deployment pods, one StatefulSet pod and one Job pod on one node, which has room for no more. */
export async function stageFrozenNode(cluster: ControlPlane, namespace: string): Promise<FrozenNode> {
  const node = `${namespace}-frozen`;
  const spare = `${namespace}-spare`;
  const pool = { nodeSelector: { pool: namespace } };
  const labels = { pool: namespace };
  await createNamespace(cluster, namespace);
  const [kubelet] = await Promise.all([
    startKubelet(cluster, { node, labels, maxPods: 5 }),
    startKubelet(cluster, { node: spare, labels }),
  ]);
  await cordon(cluster, spare, true);
  await Promise.all([
    ...deployments.map((name) => createDeployment(cluster, namespace, name, pool)),
    createStatefulSet(cluster, namespace, "db", pool),
    createJob(cluster, namespace, "report", pool),
  ]);
  const pods = await Promise.all(
    [...deployments, "db", "report"].map((app) => runningPods(cluster, namespace, app, 1)),
  );
  await cordon(cluster, spare, false);
  const [first, second, third, statefulSetPod, jobPod] = pods.flat();
  if (!(first && second && third && statefulSetPod && jobPod))
    throw new Error("unreachable: one pod of each is running");
  return { namespace, node, kubelet, stateless: [first, second, third], statefulSetPod, jobPod };
}

/** Stops the kubelet and asks for the deletion of these pods, as anybody would. The node stays Ready. */
export async function freezeAndDelete(
  cluster: ControlPlane,
  { kubelet }: FrozenNode,
  pods: readonly ApiObject[],
): Promise<void> {
  kubelet.freeze();
  await Promise.all(pods.map((pod) => deletePod(cluster, pod)));
}

/** The instant before which nobody may force it away: its grace and, in the lab, six seconds. Milliseconds since the epoch. */
export async function marginEndsAt({ api }: ControlPlane, pod: ApiObject): Promise<number> {
  const { metadata } = await api.get(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`);
  if (metadata.uid !== pod.metadata.uid || metadata.deletionTimestamp === undefined) {
    throw new Error(`${metadata.name} is not the pod that is being deleted`);
  }
  return Date.parse(metadata.deletionTimestamp) + 6_000;
}
