import type { Random } from "../../../shared/random/random.ts";
import { badRequest, conflict, invalid, unsupportedPatch } from "./api/failure.ts";
import { asJson, copyOf, isJsonObject, type Json, type JsonObject, sameJson } from "./objects/json.ts";
import type { KubeObject, ObjectMeta } from "./objects/meta.ts";
import { jsonPatch } from "./patch/json-patch.ts";
import { mergePatch } from "./patch/merge-patch.ts";
import { strategicMergePatch } from "./patch/strategic-merge-patch.ts";
import { groupVersion, qualifiedKind, type Resource } from "./resources.ts";
import { storageKey } from "./store.ts";

/** The optimistic lock's words in every 409 about a version. */
const modified = "the object has been modified; please apply your changes to the latest version and try again";

/** The optimistic lock: a version that is named must be the stored one; some resources insist that one is named. */
export function checkVersion(resource: Resource, { metadata }: KubeObject, version: Json | undefined): void {
  const unnamed = version === undefined || version === "";
  if (unnamed && !resource.unconditionalUpdate) {
    throw invalid(qualifiedKind(resource), metadata.name, [
      {
        reason: "FieldValueInvalid",
        field: "metadata.resourceVersion",
        message: "Invalid value: 0: must be specified for an update",
      },
    ]);
  }
  if (!unnamed && version !== metadata.resourceVersion) throw conflict(resource, metadata.name, modified);
}

/** No finalizer left and no grace to wait for: `ShouldDeleteDuringUpdate`. */
export function isReleased(metadata: ObjectMeta): boolean {
  return (metadata.finalizers ?? []).length === 0 && (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

export function patched(target: JsonObject, type: string, patch: Json): Json {
  switch (type) {
    case "application/merge-patch+json":
      if (!isJsonObject(patch)) throw badRequest("error decoding patch: a merge patch must be an object");
      return mergePatch(target, patch);
    case "application/strategic-merge-patch+json":
      if (!isJsonObject(patch)) throw badRequest("error decoding patch: a strategic merge patch must be an object");
      return strategicMergePatch(target, patch);
    case "application/json-patch+json":
      if (!Array.isArray(patch)) throw badRequest("error decoding patch: a JSON patch must be a list");
      return jsonPatch(target, patch);
    default:
      throw unsupportedPatch();
  }
}

export function bodyOf(resource: Resource, body: Json): JsonObject {
  if (!isJsonObject(body)) throw badRequest("the body of the request is not an object");
  const { apiVersion = groupVersion(resource), kind = resource.kind } = body;
  if (apiVersion !== groupVersion(resource)) {
    const version = String(apiVersion);
    throw badRequest(
      `${String(kind)} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  if (kind !== resource.kind) {
    throw badRequest(
      `${String(kind)} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: converting (${resource.version}.${String(kind)}) to (${resource.group || "core"}.${resource.kind}): unknown conversion`,
    );
  }
  return { apiVersion, kind, ...copyOf(body) };
}

/** The metadata of a copy that we own; a missing one is made. */
export function metadataOf(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (isJsonObject(metadata)) return metadata;
  const made: JsonObject = {};
  object["metadata"] = made;
  return made;
}

export function withNamespace(object: JsonObject, namespace: string): JsonObject {
  const metadata = metadataOf(object);
  if (namespace === "") delete metadata["namespace"];
  else metadata["namespace"] = namespace;
  return object;
}

export function checkName(inBody: Json | undefined, inPath: string): void {
  if (inBody === undefined || inBody === "" || inBody === inPath) return;
  throw badRequest(`the name of the object (${String(inBody)}) does not match the name on the URL (${inPath})`);
}

export function checkNamespace(inBody: Json | undefined, inPath: string): void {
  if (inBody === undefined || inBody === "" || inBody === inPath) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

export function uidMismatch(
  resource: Resource,
  namespace: string,
  name: string,
  asked: string,
  actual: string,
): string {
  const path = `/registry/${resource.name === "nodes" ? "minions" : resource.name}/${storageKey(namespace, name)}`;
  return `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${asked}, UID in object meta: ${actual}`;
}

/** Five letters that cannot spell a word, as the API server makes them. */
export function suffix(random: Random): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  return Array.from({ length: 5 }, () => letters[Math.floor(random.next() * letters.length)]).join("");
}

export function keep(target: JsonObject, from: JsonObject, field: string): void {
  const value = from[field];
  if (value === undefined) delete target[field];
  else target[field] = value;
}

export function keepServerFields(metadata: JsonObject, old: ObjectMeta): void {
  const before = asJson(old);
  if (metadata["uid"] === undefined || metadata["uid"] === "") metadata["uid"] = old.uid;
  metadata["name"] ??= old.name;
  for (const field of ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"]) {
    keep(metadata, before, field);
  }
  keep(metadata, before, "generateName");
  delete metadata["managedFields"];
  const { finalizers, labels, annotations, ownerReferences } = metadata;
  if (Array.isArray(finalizers) && finalizers.length === 0) delete metadata["finalizers"];
  if (Array.isArray(ownerReferences) && ownerReferences.length === 0) delete metadata["ownerReferences"];
  if (isJsonObject(labels) && Object.keys(labels).length === 0) delete metadata["labels"];
  if (isJsonObject(annotations) && Object.keys(annotations).length === 0) delete metadata["annotations"];
}

/** A write to the object leaves its status alone, a write to its status leaves everything else of substance alone. */
export function keepOtherHalf(resource: Resource, object: JsonObject, old: JsonObject, subresource: string): void {
  if (!resource.subresources.includes("status")) return;
  if (subresource === "status") keep(object, old, "spec");
  else keep(object, old, "status");
}

/** Generation counts changes of the spec; a Deployment's annotations count as well. */
export function rises(resource: Resource, next: JsonObject, old: KubeObject): boolean {
  const before = asJson(old);
  if (!sameJson(next["spec"], before["spec"])) return true;
  if (resource.name !== "deployments") return false;
  return !sameJson(metadataOf(next)["annotations"], old.metadata.annotations);
}

export function labelNamespace(metadata: JsonObject): void {
  const labels = isJsonObject(metadata["labels"]) ? metadata["labels"] : {};
  metadata["labels"] = { ...labels, "kubernetes.io/metadata.name": metadata["name"] };
}

/** A new node takes nothing until it is seen ready: the TaintNodesByCondition admission plugin. */
export function admitNode(node: JsonObject): void {
  const spec = isJsonObject(node["spec"]) ? node["spec"] : {};
  const taints = Array.isArray(spec["taints"]) ? spec["taints"] : [];
  const key = "node.kubernetes.io/not-ready";
  if (!taints.some((taint) => isJsonObject(taint) && taint["key"] === key && taint["effect"] === "NoSchedule")) {
    taints.push({ key, effect: "NoSchedule" });
  }
  node["spec"] = { ...spec, taints };
}
