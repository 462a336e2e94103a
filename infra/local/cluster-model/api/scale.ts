import { asJson, isJsonObject, type Json, type JsonObject } from "../objects/json.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Registry } from "../registry.ts";
import type { Resource } from "../resources.ts";
import { badRequest } from "./failure.ts";

const part = (object: JsonObject, field: string): JsonObject => {
  const value = object[field];
  return isJsonObject(value) ? value : {};
};

/** The `scale` subresource of a workload, for `kubectl scale`. */
export function readScale(object: KubeObject): JsonObject {
  const { name, namespace = "", uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = part(part(part(asJson(object), "spec"), "selector"), "matchLabels");
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: part(asJson(object), "spec")["replicas"] ?? 0 },
    status: { replicas: part(asJson(object), "status")["replicas"] ?? 0, selector: selector.join(",") },
  };
}

export function writeScale(
  registry: Registry,
  resource: Resource,
  namespace: string,
  name: string,
  body: Json,
  dryRun: boolean,
): KubeObject {
  const replicas = isJsonObject(body) ? part(body, "spec")["replicas"] : undefined;
  if (typeof replicas !== "number" || replicas < 0) throw badRequest("spec.replicas: Required value");
  const change = (object: KubeObject): KubeObject => {
    part(asJson(object), "spec")["replicas"] = replicas;
    return object;
  };
  return registry.modify(resource, namespace, name, "", change, { dryRun });
}
