import type { Condition } from "../../shared/kubernetes/condition.ts";
import type { OwnerRef } from "../../shared/kubernetes/meta.ts";
import type { ContainerFacts, PodFacts } from "../../shared/kubernetes/pod.ts";
import { hours, minutes } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type ObjectOverrides, type Overrides, override, overrideObject, uidOf } from "./overrides.ts";

/** A reference to an owner: the ReplicaSet that `aReplicaSet()` builds, unless told otherwise. */
export function anOwnerRef(overrides: Overrides<OwnerRef> = {}): OwnerRef {
  const kind = overrides.kind ?? "ReplicaSet";
  const name = overrides.name ?? "web-5d9c";
  const apiVersion = kind === "Job" || kind === "CronJob" ? "batch/v1" : "apps/v1";
  return override({ apiVersion, kind, name, uid: uidOf(kind, name) }, overrides);
}

/** A main container, running and ready. */
export function aContainer(overrides: Overrides<ContainerFacts> = {}): ContainerFacts {
  return override<ContainerFacts>(
    {
      name: "app",
      role: "main",
      state: "running",
      startedAt: atNoon(-hours(2)),
      restartCount: 0,
      ready: true,
      image: "registry.example/web:1.4.2",
    },
    overrides,
  );
}

export function aCondition(overrides: Overrides<Condition> = {}): Condition {
  return override<Condition>({ type: "Ready", status: "True", lastTransitionTime: atNoon(-hours(2)) }, overrides);
}

/** A healthy, stateless pod "shop/web-1" of a Deployment's ReplicaSet, running on node n1 for two hours. */
export function aPod(overrides: ObjectOverrides<PodFacts> = {}): PodFacts {
  return overrideObject<PodFacts>(
    {
      ref: aRef(),
      resourceVersion: "1000",
      creationTimestamp: atNoon(-hours(2)),
      finalizers: [],
      labels: { app: "web" },
      annotations: {},
      owner: anOwnerRef(),
      phase: "Running",
      nodeName: "n1",
      startTime: atNoon(-hours(2)),
      conditions: [aCondition()],
      containers: [aContainer()],
      qosClass: "Burstable",
      tolerations: [
        {
          key: "node.kubernetes.io/not-ready",
          operator: "Exists",
          value: "",
          effect: "NoExecute",
          tolerationSeconds: 300,
        },
        {
          key: "node.kubernetes.io/unreachable",
          operator: "Exists",
          value: "",
          effect: "NoExecute",
          tolerationSeconds: 300,
        },
      ],
      volumeClaims: [],
      hasResourceClaims: false,
      hasHostPort: false,
      extendedResources: [],
      schedulingGates: [],
      requests: { cpu: 0.5, memory: 256 * 2 ** 20 },
    },
    overrides,
  );
}

/** A pod whose grace (30 s) ended ten minutes before noon and which is still there. */
export function anOverduePod(overrides: ObjectOverrides<PodFacts> = {}): PodFacts {
  return aPod({ deletionTimestamp: atNoon(-minutes(10)), deletionGracePeriodSeconds: 30, ...overrides });
}

/** A pod that its kubelet evicted two hours before noon: phase Failed, residue. */
export function anEvictedPod(overrides: ObjectOverrides<PodFacts> = {}): PodFacts {
  return aPod({
    phase: "Failed",
    reason: "Evicted",
    message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 42Mi.",
    creationTimestamp: atNoon(-hours(5)),
    startTime: atNoon(-hours(5)),
    conditions: [aCondition({ status: "False", reason: "PodFailed", lastTransitionTime: atNoon(-hours(2)) })],
    containers: [
      aContainer({
        state: "terminated",
        exitCode: 137,
        reason: "Error",
        startedAt: atNoon(-hours(5)),
        finishedAt: atNoon(-hours(2)),
        ready: false,
      }),
    ],
    ...overrides,
  });
}
