import type { Instant } from "../time/clock.ts";
import { gangKeys } from "./gang.ts";
import type { ObjectRef } from "./object-ref.ts";
import { type Raw, rawInstant, rawList, rawObject, rawText, rawTextMap, rawTexts } from "./raw.ts";

export interface OwnerRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What every object has, projected to a positive list: identity, owner, ages, finalizers, allowed labels and annotations. */
export interface Meta {
  readonly ref: ObjectRef;
  readonly resourceVersion: string;
  readonly creationTimestamp?: Instant;
  readonly deletionTimestamp?: Instant;
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The managing controller (`ownerReferences[controller=true]`). */
  readonly owner?: OwnerRef;
}

/** Label keys that may leave a cluster. Values of others stay there. */
const labelKeys = new Set([
  "app",
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/component",
  "job-name",
  "batch.kubernetes.io/job-name",
  "pod-template-hash",
  "knitbone.io/heal",
  "knitbone.io/orphans",
  "knitbone.io/spill",
  "policy.kruise.io/delete-protection",
  ...gangKeys,
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "eks.amazonaws.com/nodegroup",
  "eks.amazonaws.com/compute-type",
  "karpenter.sh/nodepool",
  "cloud.google.com/gke-nodepool",
  "kubernetes.azure.com/agentpool",
  "type",
  "node-role.kubernetes.io/control-plane",
  "node-role.kubernetes.io/master",
]);

/** Annotation keys that may leave a cluster: opt-outs, marks of other remediators, gangs, the mirror-pod mark. */
const annotationKeys = new Set([
  "knitbone.io/heal",
  "knitbone.io/orphans",
  "knitbone.io/spill",
  "knitbone.io/task",
  "kubernetes.io/config.mirror",
  "kubernetes.io/config.source",
  "karpenter.sh/do-not-disrupt",
  "karpenter.sh/do-not-evict",
  "cluster-autoscaler.kubernetes.io/safe-to-evict",
  "cluster.x-k8s.io/delete-machine",
  ...gangKeys,
  "machine.cluster.x-k8s.io/exclude-node-draining",
  "remediation.medik8s.io/exclude-from-remediation",
  "policy.kruise.io/delete-protection",
]);

export function metaFromRaw(kind: string, raw: Raw, extraLabelKeys: ReadonlySet<string> = new Set()): Meta {
  const metadata = rawObject(raw["metadata"]);
  const owner = rawList(metadata["ownerReferences"]).find((each) => each["controller"] === true);
  const creationTimestamp = rawInstant(metadata["creationTimestamp"]);
  const deletionTimestamp = rawInstant(metadata["deletionTimestamp"]);
  const grace = metadata["deletionGracePeriodSeconds"];
  return {
    ref: {
      kind,
      namespace: rawText(metadata["namespace"]) ?? "",
      name: rawText(metadata["name"]) ?? "",
      uid: rawText(metadata["uid"]) ?? "",
    },
    resourceVersion: rawText(metadata["resourceVersion"]) ?? "",
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(typeof grace === "number" ? { deletionGracePeriodSeconds: grace } : {}),
    finalizers: rawTexts(metadata["finalizers"]),
    labels: rawTextMap(metadata["labels"], (key) => labelKeys.has(key) || extraLabelKeys.has(key)),
    annotations: rawTextMap(metadata["annotations"], (key) => annotationKeys.has(key)),
    ...(owner === undefined ? {} : { owner: ownerFromRaw(owner) }),
  };
}

function ownerFromRaw(raw: Raw): OwnerRef {
  return {
    apiVersion: rawText(raw["apiVersion"]) ?? "",
    kind: rawText(raw["kind"]) ?? "",
    name: rawText(raw["name"]) ?? "",
    uid: rawText(raw["uid"]) ?? "",
  };
}
