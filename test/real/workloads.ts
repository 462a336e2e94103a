import type { ApiObject } from "./api-client.ts";
import type { ControlPlane } from "./control-plane.ts";
import { eventually } from "./wait.ts";

/** Where pods of a story may run: nodes that carry this label, so that stories on one control plane do not meet; and what of. */
export interface Placement {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Default: one that every node has or gets at once. */
  readonly image?: string;
  /** Binds past the scheduler. */
  readonly nodeName?: string;
}

interface PodTemplateOptions extends Placement {
  readonly app: string;
  readonly restartPolicy?: "Always" | "Never";
}

/** One container that runs for ever; nothing pulls the image. Grace 1 s, so that a deletion is overdue soon. */
const pause = "registry.k8s.io/pause:3.10";

function podTemplate({
  app,
  image = pause,
  nodeSelector,
  nodeName,
  restartPolicy = "Always",
}: PodTemplateOptions): object {
  return {
    metadata: { labels: { app } },
    spec: {
      terminationGracePeriodSeconds: 1,
      restartPolicy,
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
      ...(nodeName === undefined ? {} : { nodeName }),
      containers: [{ name: "main", image }],
    },
  };
}

export async function createNamespace({ api }: ControlPlane, name: string): Promise<void> {
  await api.create("/api/v1/namespaces", { metadata: { name } });
}

export function createDeployment(
  { api }: ControlPlane,
  namespace: string,
  name: string,
  placement: Placement,
  replicas = 1,
): Promise<ApiObject> {
  return api.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: podTemplate({ app: name, ...placement }),
    },
  });
}

export function createStatefulSet(
  { api }: ControlPlane,
  namespace: string,
  name: string,
  placement: Placement,
): Promise<ApiObject> {
  return api.create(`/apis/apps/v1/namespaces/${namespace}/statefulsets`, {
    metadata: { name },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: podTemplate({ app: name, ...placement }),
    },
  });
}

export function createJob(
  { api }: ControlPlane,
  namespace: string,
  name: string,
  placement: Placement,
): Promise<ApiObject> {
  return api.create(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
    metadata: { name },
    spec: { template: podTemplate({ app: name, restartPolicy: "Never", ...placement }) },
  });
}

export function createReplicaSet(
  { api }: ControlPlane,
  namespace: string,
  name: string,
  replicas: number,
  placement: Placement,
): Promise<ApiObject> {
  return api.create(`/apis/apps/v1/namespaces/${namespace}/replicasets`, {
    metadata: { name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: podTemplate({ app: name, ...placement }) },
  });
}

export async function scaleReplicaSet(
  { api }: ControlPlane,
  namespace: string,
  name: string,
  replicas: number,
): Promise<void> {
  await api.patch(`/apis/apps/v1/namespaces/${namespace}/replicasets/${name}`, "merge", { spec: { replicas } });
}

/** A pod that nobody owns. */
export function createPod(
  { api }: ControlPlane,
  namespace: string,
  name: string,
  placement: Placement,
): Promise<ApiObject> {
  const { metadata, spec } = podTemplate({ app: name, ...placement }) as { metadata: object; spec: object };
  return api.create(`/api/v1/namespaces/${namespace}/pods`, { metadata: { ...metadata, name }, spec });
}

/** Pods of one workload made here (they all carry `app`). */
export function podsOf({ api }: ControlPlane, namespace: string, app: string): Promise<readonly ApiObject[]> {
  return api.list(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`);
}

export const isRunning = (pod: ApiObject): boolean => {
  const conditions: readonly { type: string; status: string }[] = pod.status.conditions ?? [];
  return pod.status.phase === "Running" && conditions.some(({ type, status }) => type === "Ready" && status === "True");
};

/** Waits until the workload has this many Running and Ready pods that nobody is deleting, and answers them. */
export function runningPods(
  controlPlane: ControlPlane,
  namespace: string,
  app: string,
  count: number,
): Promise<readonly ApiObject[]> {
  let seen: readonly ApiObject[] = [];
  return eventually(
    `${count} running pod(s) of ${namespace}/${app}`,
    60_000,
    async () => {
      seen = await podsOf(controlPlane, namespace, app);
      const running = seen.filter((pod) => isRunning(pod) && pod.metadata.deletionTimestamp === undefined);
      return running.length === count ? running : undefined;
    },
    () =>
      seen
        .map((pod) => `${pod.metadata.name}: ${JSON.stringify({ node: pod.spec.nodeName, ...pod.status })}`)
        .join("\n"),
  );
}

/** Asks for a pod's deletion as anybody would: with its own grace. */
export async function deletePod({ api }: ControlPlane, pod: ApiObject): Promise<void> {
  await api.delete(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`);
}

/** Resolves once the node lifecycle controller has put the taint on the node, or taken it off: the scheduler goes by that one as well. */
export async function cordon({ api }: ControlPlane, node: string, unschedulable: boolean): Promise<void> {
  await api.patch(`/api/v1/nodes/${node}`, "merge", { spec: { unschedulable } });
  await eventually(`the taint of a cordon ${unschedulable ? "on" : "to leave"} node ${node}`, 30_000, async () => {
    const { spec } = await api.get(`/api/v1/nodes/${node}`);
    const taints: readonly RawTaint[] = spec.taints ?? [];
    return taints.some(({ key }) => key === "node.kubernetes.io/unschedulable") === unschedulable ? true : undefined;
  });
}

/** Beside the taints that are there: the list is one value to the API server, and a patch replaces it. */
export function taint(
  cluster: ControlPlane,
  node: string,
  key: string,
  effect: "NoSchedule" | "NoExecute",
): Promise<void> {
  return changeTaints(cluster, node, (taints) => [...taints, { key, effect }]);
}

export function untaint(cluster: ControlPlane, node: string, key: string): Promise<void> {
  return changeTaints(cluster, node, (taints) => taints.filter((each) => each.key !== key));
}

interface RawTaint {
  readonly key: string;
  readonly effect: string;
}

async function changeTaints(
  { api }: ControlPlane,
  node: string,
  change: (taints: readonly RawTaint[]) => readonly RawTaint[],
): Promise<void> {
  // Others write to a node as well: under its version, and again when somebody was faster.
  await eventually(`the taints of node ${node} to be changed`, 10_000, async () => {
    const { metadata, spec } = await api.get(`/api/v1/nodes/${node}`);
    const { resourceVersion } = metadata;
    await api.patch(`/api/v1/nodes/${node}`, "merge", {
      metadata: { resourceVersion },
      spec: { taints: change(spec.taints ?? []) },
    });
    return true;
  });
}

/** The Ready condition as the API shows it; undefined while there is none. */
export async function readyCondition(
  { api }: ControlPlane,
  node: string,
): Promise<{ readonly status: string; readonly reason: string; readonly message: string } | undefined> {
  const found = await api.find(`/api/v1/nodes/${node}`);
  const conditions: readonly { type: string; status: string; reason: string; message: string }[] =
    found?.status.conditions ?? [];
  return conditions.find(({ type }) => type === "Ready");
}

/** Events of a namespace as core/v1 shows them: whoever wrote them, in either API. */
export async function eventsIn(
  { api }: ControlPlane,
  namespace: string,
): Promise<
  readonly {
    readonly reason: string;
    readonly message: string;
    readonly source: { readonly component?: string };
    readonly reportingComponent?: string;
    readonly involvedObject: { readonly uid?: string };
  }[]
> {
  return (await api.list(`/api/v1/namespaces/${namespace}/events`)) as never;
}
