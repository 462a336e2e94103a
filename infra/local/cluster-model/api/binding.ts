import type { Instant } from "../../../../shared/time/clock.ts";
import { isJsonObject, type Json } from "../objects/json.ts";
import { type KubeObject, timestamp } from "../objects/meta.ts";
import { isTerminating, type Pod } from "../objects/pod.ts";
import type { Registry } from "../registry.ts";
import { resources } from "../resources.ts";
import { badRequest, conflict } from "./failure.ts";

/** POST pods/<name>/binding: the scheduler's only write to a pod's spec. */
export function bind(registry: Registry, now: Instant, namespace: string, name: string, body: Json): void {
  const target = isJsonObject(body) ? body["target"] : undefined;
  const node = isJsonObject(target) ? target["name"] : undefined;
  if (typeof node !== "string" || node === "") throw badRequest("target.name: Required value");
  assignNode(registry, now, namespace, name, node);
}

export function assignNode(
  registry: Registry,
  now: Instant,
  namespace: string,
  name: string,
  node: string,
): KubeObject {
  const pod = registry.read(resources.pods, namespace, name) as Pod;
  if (isTerminating(pod))
    throw conflict(resources.pods, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== "") {
    throw conflict(
      resources.pods,
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
    );
  }
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  const scheduled = {
    type: "PodScheduled",
    status: "True" as const,
    lastProbeTime: null,
    lastTransitionTime: timestamp(now),
  };
  return registry.replace(resources.pods, {
    ...pod,
    spec: { ...pod.spec, nodeName: node },
    status: { ...pod.status, conditions: [...others, scheduled] },
  } as Pod);
}
