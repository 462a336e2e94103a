import type { KubeObject, LabelSelector } from "./meta.ts";
import type { WorkloadCondition } from "./workload.ts";

export interface PodDisruptionBudget extends KubeObject {
  spec: {
    minAvailable?: number | string;
    maxUnavailable?: number | string;
    selector?: LabelSelector;
    unhealthyPodEvictionPolicy?: "IfHealthyBudget" | "AlwaysAllow";
  };
  status?: {
    observedGeneration?: number;
    disruptedPods?: Record<string, string>;
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    conditions?: (WorkloadCondition & { observedGeneration?: number })[];
  };
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  orphanDependents?: boolean;
  dryRun?: string[];
}

/** Body of a POST to `pods/<name>/eviction`. */
export interface Eviction {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; namespace?: string };
  deleteOptions?: DeleteOptions;
}
