import type { Random } from "../../../shared/random/random.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import type { NodeShape } from "./kubelet/node-status.ts";
import { type ClusterModel, clusterModel } from "./model.ts";
import type { Pod, PodSpec } from "./objects/pod.ts";
import type { PodDisruptionBudget } from "./objects/policy.ts";
import type { DaemonSet, Deployment, Job, PersistentVolumeClaim, ReplicaSet, StatefulSet } from "./objects/workload.ts";
import type { ResourceName, ResourceTypes } from "./resources.ts";

export interface ClusterShape {
  clock: Clock;
  random: Random;
  name: string;
  nodes: readonly NodeShape[];
  namespaces?: readonly string[];
  nodeMonitorGraceMs?: number;
  auditLimit?: number;
}

/** A cluster with its nodes registered and Ready. */
export function aCluster({ nodes, namespaces = [], ...options }: ClusterShape): ClusterModel {
  const model = clusterModel(options);
  const admin = model.as("admin");
  for (const name of namespaces) admin.create("namespaces", "", { metadata: { name } });
  for (const node of nodes) model.addNode(node);
  model.step();
  return model;
}

/** What most tests want to say of a workload; everything else has a default. */
export interface WorkloadShape {
  name: string;
  /** Default "default"; made if it is missing. */
  namespace?: string;
  replicas?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  podAnnotations?: Record<string, string>;
  cpu?: string;
  memory?: string;
  /** Merged over the pod template's spec. */
  podSpec?: Partial<PodSpec>;
}

function podSpecOf({ cpu = "100m", memory = "64Mi", podSpec = {} }: WorkloadShape): PodSpec {
  const container = { name: "app", image: "registry.example/app:1.0", resources: { requests: { cpu, memory } } };
  return { containers: [container], ...podSpec };
}

function manifest(shape: WorkloadShape) {
  const { name, labels = {}, annotations, podAnnotations } = shape;
  const selected = { app: name };
  return {
    metadata: { name, labels: { ...selected, ...labels }, ...(annotations ? { annotations } : {}) },
    selector: { matchLabels: selected },
    template: {
      metadata: { labels: { ...selected, ...labels }, ...(podAnnotations ? { annotations: podAnnotations } : {}) },
      spec: podSpecOf(shape),
    },
  };
}

function made<Name extends ResourceName>(
  model: ClusterModel,
  resource: Name,
  { namespace = "default", name }: { namespace?: string; name: string },
  object: Parameters<ReturnType<ClusterModel["as"]>["create"]>[2],
): ResourceTypes[Name] {
  const admin = model.as("admin");
  if (!model.store.get("namespaces", "", namespace)) admin.create("namespaces", "", { metadata: { name: namespace } });
  const created = admin.create(resource, namespace, object);
  if (!created)
    throw new Error(`creating ${resource} ${namespace}/${name} in cluster ${model.name}: refused, see the audit log`);
  return created;
}

export function createDeployment(
  model: ClusterModel,
  shape: WorkloadShape & { strategy?: Deployment["spec"]["strategy"] },
): Deployment {
  const { metadata, selector, template } = manifest(shape);
  const { replicas = 1, strategy } = shape;
  return made(model, "deployments", shape, {
    metadata,
    spec: { replicas, selector, template, ...(strategy ? { strategy } : {}) },
  });
}

/** Without a Deployment above it. */
export function createReplicaSet(model: ClusterModel, shape: WorkloadShape): ReplicaSet {
  const { metadata, selector, template } = manifest(shape);
  return made(model, "replicasets", shape, { metadata, spec: { replicas: shape.replicas ?? 1, selector, template } });
}

export function createStatefulSet(
  model: ClusterModel,
  shape: WorkloadShape & { volumeClaimTemplates?: StatefulSet["spec"]["volumeClaimTemplates"] },
): StatefulSet {
  const { metadata, selector, template } = manifest(shape);
  const { replicas = 1, volumeClaimTemplates, name } = shape;
  return made(model, "statefulsets", shape, {
    metadata,
    spec: {
      replicas,
      serviceName: name,
      selector,
      template,
      ...(volumeClaimTemplates ? { volumeClaimTemplates } : {}),
    },
  });
}

export function createDaemonSet(model: ClusterModel, shape: WorkloadShape): DaemonSet {
  const { metadata, selector, template } = manifest(shape);
  return made(model, "daemonsets", shape, { metadata, spec: { selector, template } });
}

/** Its pods end well after `runsForMs` (default: never). */
export function createJob(
  model: ClusterModel,
  shape: WorkloadShape & { runsForMs?: number; spec?: Partial<Job["spec"]> },
): Job {
  const { metadata, template } = manifest(shape);
  const { runsForMs, spec = {} } = shape;
  const annotations = {
    ...template.metadata.annotations,
    ...(runsForMs === undefined ? {} : { "model.knitbone.io/exit-after-ms": String(runsForMs) }),
  };
  return made(model, "jobs", shape, {
    metadata,
    spec: {
      template: {
        metadata: { ...template.metadata, annotations },
        spec: { restartPolicy: "Never", ...template.spec },
      },
      ...spec,
    },
  });
}

/** A pod without an owner. */
export function createPod(model: ClusterModel, shape: WorkloadShape & { finalizers?: string[] }): Pod {
  const { metadata } = manifest(shape);
  const { podAnnotations, finalizers } = shape;
  return made(model, "pods", shape, {
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, ...podAnnotations },
      ...(finalizers ? { finalizers } : {}),
    },
    spec: podSpecOf(shape),
  });
}

/** A budget over the pods of the workload `over` (label `app`). @public used by tests only */
export function createPodDisruptionBudget(
  model: ClusterModel,
  shape: { name: string; namespace?: string; over: string } & Pick<
    PodDisruptionBudget["spec"],
    "minAvailable" | "maxUnavailable" | "unhealthyPodEvictionPolicy"
  >,
): PodDisruptionBudget {
  const { name, over, namespace: _namespace, ...spec } = shape;
  return made(model, "poddisruptionbudgets", shape, {
    metadata: { name },
    spec: { ...spec, selector: { matchLabels: { app: over } } },
  });
}

export function createPersistentVolumeClaim(
  model: ClusterModel,
  shape: { name: string; namespace?: string; storageClassName?: string },
): PersistentVolumeClaim {
  const { name, storageClassName = "standard" } = shape;
  return made(model, "persistentvolumeclaims", shape, {
    metadata: { name },
    spec: { storageClassName, resources: { requests: { storage: "1Gi" } } },
  });
}

/** The pods of a workload by its `app` label, in order of creation. */
export function podsOf(model: ClusterModel, app: string, namespace = "default"): Pod[] {
  return model.store
    .all("pods")
    .filter((pod) => pod.metadata.namespace === namespace && pod.metadata.labels?.["app"] === app);
}
