import type { KubeEvent } from "./objects/event.ts";
import type { KubeObject } from "./objects/meta.ts";
import type { Lease, Namespace, Node } from "./objects/node.ts";
import type { Pod } from "./objects/pod.ts";
import type { PodDisruptionBudget } from "./objects/policy.ts";
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  PersistentVolumeClaim,
  ReplicaSet,
  StatefulSet,
} from "./objects/workload.ts";

/** The objects behind each resource name. */
export interface ResourceTypes {
  pods: Pod;
  nodes: Node;
  namespaces: Namespace;
  events: KubeEvent;
  persistentvolumeclaims: PersistentVolumeClaim;
  leases: Lease;
  replicasets: ReplicaSet;
  deployments: Deployment;
  statefulsets: StatefulSet;
  daemonsets: DaemonSet;
  jobs: Job;
  cronjobs: CronJob;
  poddisruptionbudgets: PodDisruptionBudget;
  horizontalpodautoscalers: KubeObject;
}

export type ResourceName = keyof ResourceTypes;

/** How one resource behaves at the API server: the facts of its registry strategy in Kubernetes v1.36.3. */
export interface Resource {
  name: ResourceName;
  singular: string;
  kind: string;
  group: string;
  version: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: readonly ("status" | "eviction" | "binding" | "scale")[];
  /** `generation`: starts at 1 and rises with every change of the spec. */
  generation: boolean;
  /** PUT without resourceVersion is allowed (`AllowUnconditionalUpdate`). */
  unconditionalUpdate: boolean;
  /** PUT on a name that does not exist creates it (`AllowCreateOnUpdate`). */
  createOnUpdate: boolean;
  /** Dependents of an object deleted without a propagation policy. Jobs orphan theirs, for old clients' sake. */
  orphansByDefault: boolean;
  /** Field selectors beside metadata.name and metadata.namespace. */
  fields: readonly string[];
}

const defaults = {
  group: "",
  version: "v1",
  namespaced: true,
  shortNames: [],
  categories: [],
  subresources: ["status"],
  generation: false,
  unconditionalUpdate: true,
  createOnUpdate: false,
  orphansByDefault: false,
  fields: [],
} as const;

const apps = { ...defaults, group: "apps", generation: true, categories: ["all"] } as const;
const scalable = { ...apps, subresources: ["status", "scale"] } as const;

export const resources: { readonly [Name in ResourceName]: Resource } = {
  pods: {
    ...defaults,
    name: "pods",
    singular: "pod",
    kind: "Pod",
    shortNames: ["po"],
    categories: ["all"],
    subresources: ["status", "eviction", "binding"],
    generation: true,
    fields: [
      "spec.nodeName",
      "spec.restartPolicy",
      "spec.schedulerName",
      "spec.serviceAccountName",
      "spec.hostNetwork",
      "status.phase",
      "status.podIP",
      "status.nominatedNodeName",
    ],
  },
  nodes: {
    ...defaults,
    name: "nodes",
    singular: "node",
    kind: "Node",
    namespaced: false,
    shortNames: ["no"],
    fields: ["spec.unschedulable"],
  },
  namespaces: {
    ...defaults,
    name: "namespaces",
    singular: "namespace",
    kind: "Namespace",
    namespaced: false,
    shortNames: ["ns"],
    fields: ["status.phase"],
  },
  events: {
    ...defaults,
    name: "events",
    singular: "event",
    kind: "Event",
    shortNames: ["ev"],
    subresources: [],
    createOnUpdate: true,
    fields: [
      "involvedObject.kind",
      "involvedObject.namespace",
      "involvedObject.name",
      "involvedObject.uid",
      "involvedObject.apiVersion",
      "involvedObject.resourceVersion",
      "involvedObject.fieldPath",
      "reason",
      "reportingComponent",
      "source",
      "type",
    ],
  },
  persistentvolumeclaims: {
    ...defaults,
    name: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    kind: "PersistentVolumeClaim",
    shortNames: ["pvc"],
  },
  leases: {
    ...defaults,
    name: "leases",
    singular: "lease",
    kind: "Lease",
    group: "coordination.k8s.io",
    subresources: [],
    unconditionalUpdate: false,
    createOnUpdate: true,
  },
  replicasets: {
    ...scalable,
    name: "replicasets",
    singular: "replicaset",
    kind: "ReplicaSet",
    shortNames: ["rs"],
    fields: ["status.replicas"],
  },
  deployments: { ...scalable, name: "deployments", singular: "deployment", kind: "Deployment", shortNames: ["deploy"] },
  statefulsets: {
    ...scalable,
    name: "statefulsets",
    singular: "statefulset",
    kind: "StatefulSet",
    shortNames: ["sts"],
  },
  daemonsets: { ...apps, name: "daemonsets", singular: "daemonset", kind: "DaemonSet", shortNames: ["ds"] },
  jobs: {
    ...apps,
    name: "jobs",
    singular: "job",
    kind: "Job",
    group: "batch",
    orphansByDefault: true,
    fields: ["status.successful"],
  },
  cronjobs: {
    ...apps,
    name: "cronjobs",
    singular: "cronjob",
    kind: "CronJob",
    group: "batch",
    shortNames: ["cj"],
  },
  poddisruptionbudgets: {
    ...defaults,
    name: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    kind: "PodDisruptionBudget",
    group: "policy",
    shortNames: ["pdb"],
    generation: true,
    unconditionalUpdate: false,
  },
  // Objects only: no controller scales by them.
  horizontalpodautoscalers: {
    ...defaults,
    name: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    kind: "HorizontalPodAutoscaler",
    group: "autoscaling",
    version: "v2",
    shortNames: ["hpa"],
    categories: ["all"],
  },
};

export const allResources: readonly Resource[] = Object.values(resources);

/** `apps/v1`, or `v1` for the core group. */
export function groupVersion(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `deployments.apps`, or `pods` for the core group: how error messages name a resource. */
export function qualified(resource: Resource): string {
  return resource.group === "" ? resource.name : `${resource.name}.${resource.group}`;
}

/** `Deployment.apps`, or `Pod`: how messages about invalid objects name a kind. */
export function qualifiedKind(resource: Resource): string {
  return resource.group === "" ? resource.kind : `${resource.kind}.${resource.group}`;
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return allResources.find((each) => each.kind === kind && groupVersion(each) === apiVersion);
}
