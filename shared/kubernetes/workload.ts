import { conditionFromRaw, findCondition } from "./condition.ts";
import { type Meta, metaFromRaw } from "./meta.ts";
import { type Raw, rawList, rawNumber, rawObject, rawText } from "./raw.ts";

/** The controllers that we know, with their API group and version. */
export const workloadApis = {
  Deployment: "apps/v1",
  ReplicaSet: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
} as const;

export type WorkloadKind = keyof typeof workloadApis;

/** The kind, where it is one that we know of that API group and version. */
export function workloadKind(apiVersion: string, kind: string): WorkloadKind | undefined {
  const known = (Object.keys(workloadApis) as WorkloadKind[]).find((each) => each === kind);
  return known !== undefined && workloadApis[known] === apiVersion ? known : undefined;
}

/** An owner of pods, or the owner of one: what rails and healers ask of it. */
export interface WorkloadFacts extends Meta {
  readonly apiVersion: string;
  /** Deployment only: "RollingUpdate" or "Recreate". */
  readonly strategy?: string;
  readonly replicas?: number;
  /** The pod template names a node itself (`spec.nodeName`, or a selector or affinity on kubernetes.io/hostname). */
  readonly templateNamesNode: boolean;
  /** Job only. */
  readonly jobFinished?: boolean;
}

export function workloadFromRaw(kind: string, raw: Raw): WorkloadFacts {
  const spec = rawObject(raw["spec"]);
  const strategy = rawText(rawObject(spec["strategy"])["type"]);
  const replicas = rawNumber(spec["replicas"]);
  const conditions = rawList(rawObject(raw["status"])["conditions"]).map(conditionFromRaw);
  const finished = ["Complete", "Failed"].some((type) => findCondition(conditions, type)?.status === "True");
  return {
    ...metaFromRaw(kind, raw),
    apiVersion: rawText(raw["apiVersion"]) ?? "",
    ...(kind === "Deployment" ? { strategy: strategy ?? "RollingUpdate" } : {}),
    ...(replicas === undefined ? {} : { replicas }),
    templateNamesNode: templateNamesNode(rawObject(rawObject(rawObject(spec["template"])["spec"]))),
    ...(kind === "Job" ? { jobFinished: finished } : {}),
  };
}

function templateNamesNode(podSpec: Raw): boolean {
  if (rawText(podSpec["nodeName"])) return true;
  if (rawObject(podSpec["nodeSelector"])["kubernetes.io/hostname"] !== undefined) return true;
  const required = rawObject(
    rawObject(rawObject(podSpec["affinity"])["nodeAffinity"])["requiredDuringSchedulingIgnoredDuringExecution"],
  );
  return rawList(required["nodeSelectorTerms"]).some((term) =>
    [...rawList(term["matchExpressions"]), ...rawList(term["matchFields"])].some(
      (each) => each["key"] === "kubernetes.io/hostname" || each["key"] === "metadata.name",
    ),
  );
}
