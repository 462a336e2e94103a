import type { Random } from "../../../shared/random/random.ts";
import type { Instant } from "../../../shared/time/clock.ts";
import type { Admit } from "./api/admission.ts";
import { applyDefaults } from "./api/defaults.ts";
import { type Deletion, decideDeletion } from "./api/deletion.ts";
import { alreadyExists, badRequest, bareFailure, conflict, forbidden, notFound } from "./api/failure.ts";
import { validateCreate, validateUpdate } from "./api/validation.ts";
import { asJson, copyOf, isJsonObject, type Json, type JsonObject, sameJson } from "./objects/json.ts";
import { type KubeObject, type ObjectMeta, timestamp } from "./objects/meta.ts";
import type { DeleteOptions } from "./objects/policy.ts";
import {
  admitNode,
  bodyOf,
  checkName,
  checkNamespace,
  checkVersion,
  isReleased,
  keep,
  keepOtherHalf,
  keepServerFields,
  labelNamespace,
  metadataOf,
  patched,
  rises,
  suffix,
  uidMismatch,
  withNamespace,
} from "./registry-rules.ts";
import { type Resource, resources } from "./resources.ts";
import type { Store } from "./store.ts";

interface WriteOptions {
  dryRun: boolean;
  /** Not there for the cluster's own components. */
  admit?: Admit;
}

interface Updated {
  object: KubeObject;
  created: boolean;
}

interface Removed {
  /** As it was left: marked, unchanged, or as it stood when it went. */
  object: KubeObject;
  removed: boolean;
}

export type PatchType =
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/json-patch+json";

export const patchTypes: readonly PatchType[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** The verbs on objects, with the rules of a real API server and nothing of HTTP. All of them throw `ApiFailure` when they refuse. */
export interface Registry {
  read(resource: Resource, namespace: string, name: string): KubeObject;
  create(resource: Resource, namespace: string, body: Json, options: WriteOptions): KubeObject;
  /** `subresource`: "" or "status". */
  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: Json,
    subresource: string,
    options: WriteOptions,
  ): Updated;
  patch(
    resource: Resource,
    namespace: string,
    name: string,
    type: string,
    patch: Json,
    subresource: string,
    options: WriteOptions,
  ): KubeObject;
  remove(resource: Resource, namespace: string, name: string, options: DeleteOptions, admit?: Admit): Removed;
  /** Changes an object in place under all update rules; `change` gets a copy. */
  modify(
    resource: Resource,
    namespace: string,
    name: string,
    subresource: string,
    change: (object: KubeObject) => KubeObject,
    options?: WriteOptions,
  ): KubeObject;
  /** Stores an object as it is, past all rules: for what the server does to objects by itself. */
  replace<T extends KubeObject>(resource: Resource, object: T): T;
  /** PUT namespaces/<name>/finalize: the namespace controller's last word. */
  finalize(name: string, body: Json): KubeObject;
}

export function registry(store: Store, now: () => Instant, random: Random): Registry {
  function read(resource: Resource, namespace: string, name: string): KubeObject {
    const object = store.get(resource.name, namespace, name);
    if (!object) throw notFound(resource, name);
    return object;
  }

  function requireNamespace(resource: Resource, namespace: string, name: string): void {
    if (!resource.namespaced) return;
    const found = store.get("namespaces", "", namespace);
    if (!found) throw notFound(resources.namespaces, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(resource, name, why, [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ]);
  }

  function create(resource: Resource, namespace: string, body: Json, { dryRun, admit }: WriteOptions): KubeObject {
    const draft = bodyOf(resource, body);
    const metadata = metadataOf(draft);
    checkNamespace(metadata["namespace"], namespace);
    if (metadata["resourceVersion"])
      throw bareFailure(500, "resourceVersion should not be set on objects to be created");
    const object: JsonObject = { ...draft, metadata };
    nameIt(resource, namespace, metadata);
    for (const field of [
      "deletionTimestamp",
      "deletionGracePeriodSeconds",
      "generation",
      "managedFields",
      "selfLink",
    ]) {
      delete metadata[field];
    }
    if (resource.namespaced) metadata["namespace"] = namespace;
    else delete metadata["namespace"];
    metadata["uid"] = random.id();
    metadata["creationTimestamp"] = timestamp(now());
    if (resource.generation) metadata["generation"] = 1;
    applyDefaults(resource, object);
    if (resource.name === "namespaces") labelNamespace(metadata);
    if (resource.name === "nodes") admitNode(object);
    validateCreate(resource, object);
    const name = String(metadata["name"]);
    requireNamespace(resource, namespace, name);
    admit?.();
    if (store.get(resource.name, namespace, name)) throw alreadyExists(resource, name);
    const ready = object as unknown as KubeObject;
    return dryRun ? ready : store.commit(resource.name, "ADDED", ready);
  }

  function nameIt(resource: Resource, namespace: string, metadata: JsonObject): void {
    const { name, generateName } = metadata;
    if ((name !== undefined && name !== "") || typeof generateName !== "string" || generateName === "") return;
    for (let attempt = 0; attempt < 8; attempt++) {
      metadata["name"] = generateName + suffix(random);
      if (!store.get(resource.name, namespace, String(metadata["name"]))) return;
    }
  }

  /** `next` is what the client wants the object to be; everything that only the server may set is put back. */
  function settle(
    resource: Resource,
    old: KubeObject,
    next: JsonObject,
    subresource: string,
    { dryRun, admit }: WriteOptions,
  ): KubeObject {
    const metadata = metadataOf(next);
    checkVersion(resource, old, metadata["resourceVersion"]);
    const object: JsonObject = { ...next, apiVersion: old.apiVersion, kind: old.kind, metadata };
    metadata["resourceVersion"] = old.metadata.resourceVersion;
    keepServerFields(metadata, old.metadata);
    keepOtherHalf(resource, object, asJson(old), subresource);
    if (subresource === "status" && resource.name === "pods") keep(metadata, asJson(old.metadata), "ownerReferences");
    if (resource.generation && subresource === "" && rises(resource, object, old)) {
      metadata["generation"] = (old.metadata.generation ?? 0) + 1;
    }
    const ready = object as unknown as KubeObject;
    validateUpdate(resource, ready, old, subresource);
    admit?.();
    if (sameJson(ready, old)) return old;
    if (dryRun) return ready;
    // The last finalizer of an object that is being deleted with no grace left: it goes with this update.
    if (old.metadata.deletionTimestamp !== undefined && isReleased(ready.metadata)) {
      store.commit(resource.name, "DELETED", ready);
      return ready;
    }
    return store.commit(resource.name, "MODIFIED", ready);
  }

  return {
    read,
    create,
    update(resource, namespace, name, body, subresource, options) {
      const draft = bodyOf(resource, body);
      const metadata = metadataOf(draft);
      checkName(metadata["name"], name);
      checkNamespace(metadata["namespace"], namespace);
      const old = store.get(resource.name, namespace, name);
      if (!old) {
        if (!resource.createOnUpdate || subresource !== "") throw notFound(resource, name);
        const named = { ...draft, metadata: { ...metadata, name } };
        return { object: create(resource, namespace, named, options), created: true };
      }
      const uid = metadata["uid"];
      if (uid !== undefined && uid !== "" && uid !== old.metadata.uid) {
        throw conflict(resource, name, uidMismatch(resource, namespace, name, String(uid), old.metadata.uid));
      }
      const next: JsonObject = { ...draft, metadata: { ...metadata, name } };
      if (resource.namespaced) metadataOf(next)["namespace"] = namespace;
      return { object: settle(resource, old, withNamespace(next, namespace), subresource, options), created: false };
    },
    patch(resource, namespace, name, type, patch, subresource, options) {
      const old = read(resource, namespace, name);
      const next = patched(asJson(copyOf(old)), type, patch);
      if (!isJsonObject(next)) throw badRequest("the patch does not leave an object");
      checkName(metadataOf(next)["name"], name);
      return settle(resource, old, next, subresource, options);
    },
    modify(resource, namespace, name, subresource, change, options = { dryRun: false }) {
      const old = read(resource, namespace, name);
      return settle(resource, old, asJson(change(copyOf(old))), subresource, options);
    },
    replace: (resource, object) => store.commit(resource.name, "MODIFIED", object),
    finalize(name, body) {
      const old = read(resources.namespaces, "", name);
      const spec = isJsonObject(body) && isJsonObject(body["spec"]) ? body["spec"] : {};
      const finalizers = Array.isArray(spec["finalizers"]) ? spec["finalizers"].map(String) : [];
      const next = { ...old, spec: { finalizers } };
      const gone = finalizers.length === 0 && old.metadata.deletionTimestamp !== undefined;
      return store.commit("namespaces", gone ? "DELETED" : "MODIFIED", next);
    },
    remove(resource, namespace, name, options, admit) {
      const old = read(resource, namespace, name);
      const dryRun = (options.dryRun ?? []).length > 0;
      if (resource.name === "namespaces") return removeNamespace(old, options, { dryRun, ...(admit ? { admit } : {}) });
      const decision = decideDeletion(resource, old, options, now());
      // What does nothing is not asked about.
      if (decision.kind !== "alreadyDeleting") admit?.();
      return carriedOut(resource, old, decision, dryRun);
    },
  };

  function carriedOut(resource: Resource, old: KubeObject, decision: Deletion, dryRun: boolean): Removed {
    if (decision.kind === "alreadyDeleting") return { object: old, removed: false };
    const next = { ...old, metadata: decision.metadata };
    const removed = decision.kind === "remove";
    if (dryRun) return { object: next, removed };
    if (!removed) {
      return { object: sameJson(next, old) ? old : store.commit(resource.name, "MODIFIED", next), removed };
    }
    if (decision.marksFirst) store.commit(resource.name, "MODIFIED", next);
    return { object: store.commit(resource.name, "DELETED", next), removed };
  }

  /** A namespace stays, Terminating, until the namespace controller has emptied it and taken its `kubernetes` finalizer. */
  function removeNamespace(old: KubeObject, options: DeleteOptions, { dryRun, admit }: WriteOptions): Removed {
    decideDeletion(resources.namespaces, old, options, now());
    admit?.();
    if (old.metadata.deletionTimestamp !== undefined) return { object: old, removed: false };
    const metadata: ObjectMeta = { ...old.metadata, deletionTimestamp: timestamp(now()) };
    const next = { ...asJson(old), metadata, status: { phase: "Terminating" } } as unknown as KubeObject;
    return { object: dryRun ? next : store.commit("namespaces", "MODIFIED", next), removed: false };
  }
}
