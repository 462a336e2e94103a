import type { WorkloadFacts } from "../../shared/kubernetes/workload.ts";
import { days } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type ObjectOverrides, overrideObject } from "./overrides.ts";
import { anOwnerRef } from "./pod.ts";

function aWorkload(kind: string, name: string, special: Partial<WorkloadFacts>): WorkloadFacts {
  return {
    ref: aRef({ kind, name }),
    apiVersion: kind === "Job" || kind === "CronJob" ? "batch/v1" : "apps/v1",
    resourceVersion: "800",
    creationTimestamp: atNoon(-days(1)),
    finalizers: [],
    labels: {},
    annotations: {},
    templateNamesNode: false,
    ...special,
  };
}

/** Deployment "shop/web" with a rolling update and three replicas. */
export function aDeployment(overrides: ObjectOverrides<WorkloadFacts> = {}): WorkloadFacts {
  return overrideObject(aWorkload("Deployment", "web", { strategy: "RollingUpdate", replicas: 3 }), overrides);
}

/** ReplicaSet "shop/web-5d9c" of Deployment "web". */
export function aReplicaSet(overrides: ObjectOverrides<WorkloadFacts> = {}): WorkloadFacts {
  const owner = anOwnerRef({ kind: "Deployment", name: "web" });
  return overrideObject(aWorkload("ReplicaSet", "web-5d9c", { replicas: 3, owner }), overrides);
}

/** StatefulSet "shop/db". */
export function aStatefulSet(overrides: ObjectOverrides<WorkloadFacts> = {}): WorkloadFacts {
  return overrideObject(aWorkload("StatefulSet", "db", { replicas: 3 }), overrides);
}

/** DaemonSet "shop/agent". */
export function aDaemonSet(overrides: ObjectOverrides<WorkloadFacts> = {}): WorkloadFacts {
  return overrideObject(aWorkload("DaemonSet", "agent", {}), overrides);
}

/** Job "shop/import", unfinished. */
export function aJob(overrides: ObjectOverrides<WorkloadFacts> = {}): WorkloadFacts {
  return overrideObject(aWorkload("Job", "import", { jobFinished: false }), overrides);
}

/** CronJob "shop/nightly". */
export function aCronJob(overrides: ObjectOverrides<WorkloadFacts> = {}): WorkloadFacts {
  return overrideObject(aWorkload("CronJob", "nightly", {}), overrides);
}
