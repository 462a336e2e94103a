import type { Controller, ControllerParts } from "./controller.ts";
import { daemonSetController } from "./daemonset.ts";
import { deploymentController } from "./deployment.ts";
import { disruptionController } from "./disruption.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { eventTtl, namespaceController, volumeBinder } from "./housekeeping.ts";
import { jobController } from "./job.ts";
import { nodeLifecycle } from "./node-lifecycle.ts";
import { podGarbageCollector } from "./pod-gc.ts";
import { replicaSetController } from "./replicaset.ts";
import { scheduler } from "./scheduler.ts";
import { statefulSetController } from "./statefulset.ts";
import { taintEviction } from "./taint-eviction.ts";

export type ControllerName =
  | "deployment"
  | "replicaset"
  | "statefulset"
  | "daemonset"
  | "job"
  | "disruption"
  | "namespace"
  | "garbage-collector"
  | "node-lifecycle"
  | "taint-eviction"
  | "pod-gc"
  | "event-ttl"
  | "volume-binder"
  | "scheduler";

export interface ControllerSettings {
  nodeMonitorGraceMs: number;
}

/** All control loops in the order in which one round runs them. */
export function controllers(
  partsFor: (user: string) => ControllerParts,
  { nodeMonitorGraceMs }: ControllerSettings,
): { name: ControllerName; loop: Controller }[] {
  const of = (name: string) => partsFor(`system:serviceaccount:kube-system:${name}`);
  return [
    { name: "node-lifecycle", loop: nodeLifecycle(of("node-controller"), nodeMonitorGraceMs) },
    { name: "taint-eviction", loop: taintEviction(of("taint-eviction-controller")) },
    { name: "pod-gc", loop: podGarbageCollector(of("pod-garbage-collector")) },
    { name: "garbage-collector", loop: garbageCollector(of("generic-garbage-collector")) },
    { name: "deployment", loop: deploymentController(of("deployment-controller")) },
    { name: "replicaset", loop: replicaSetController(of("replicaset-controller")) },
    { name: "statefulset", loop: statefulSetController(of("statefulset-controller")) },
    { name: "daemonset", loop: daemonSetController(of("daemon-set-controller")) },
    { name: "job", loop: jobController(of("job-controller")) },
    { name: "volume-binder", loop: volumeBinder(of("persistent-volume-binder")) },
    { name: "disruption", loop: disruptionController(of("disruption-controller")) },
    { name: "namespace", loop: namespaceController(of("namespace-controller")) },
    { name: "event-ttl", loop: eventTtl(of("event-ttl")) },
    { name: "scheduler", loop: scheduler(partsFor("system:kube-scheduler")) },
  ];
}
