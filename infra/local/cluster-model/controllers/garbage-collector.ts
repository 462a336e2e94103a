import type { KubeObject, OwnerReference } from "../objects/meta.ts";
import { isTerminating } from "../objects/pod.ts";
import { allResources, type ResourceName, resourceOfKind } from "../resources.ts";
import type { Controller, ControllerParts } from "./controller.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

interface Entry {
  resource: ResourceName;
  object: KubeObject;
}

/**
 * Deletes what no owner owns any more. An owner counts as gone when its name holds no object with that uid; one in foreground deletion
 * waits until the dependents that block it are gone; with the orphan finalizer its dependents only lose the reference.
 */
export function garbageCollector({ store, actor }: ControllerParts): Controller {
  /** uids that some object names as its owner. */
  const owners = new Set<string>();
  /** Dependents that are new or changed owners. */
  let fresh: Entry[] = [];
  /** An owner has gone or is going: everything is looked at. */
  let changed = false;
  /** Some owner in foreground deletion waits for its dependents. */
  let waiting = false;

  // What cannot matter is dropped here, so that a cluster full of heartbeats and pods costs nothing.
  store.listen(({ type, resource, object, previous }) => {
    const references = object.metadata.ownerReferences;
    if (type === "DELETED") {
      const owned = owners.delete(object.metadata.uid);
      changed ||= owned || (waiting && references !== undefined);
      return;
    }
    if (isTerminating(object) && object.metadata.finalizers !== undefined) changed = true;
    if (references === undefined || references === previous?.metadata.ownerReferences) return;
    for (const owner of references) owners.add(owner.uid);
    fresh.push({ resource, object });
  });

  return {
    step() {
      const dependents = fresh;
      fresh = [];
      if (changed) {
        changed = false;
        collect();
      } else for (const entry of dependents) settleDependent(entry);
    },
  };

  function collect(): void {
    const entries = allResources.flatMap(({ name }) =>
      store.all(name).map((object): Entry => ({ resource: name, object })),
    );
    const owned = entries.filter(({ object }) => object.metadata.ownerReferences !== undefined);
    const held = entries.filter(({ object }) => isTerminating(object) && object.metadata.finalizers !== undefined);
    waiting = held.some(({ object }) => object.metadata.finalizers?.includes(foreground));
    for (const entry of held) settleOwner(entry, owned);
    for (const entry of owned) settleDependent(entry);
  }

  function settleOwner({ resource, object }: Entry, owned: readonly Entry[]): void {
    const finalizers = object.metadata.finalizers ?? [];
    const { uid } = object.metadata;
    const dependents = owned.filter((entry) => referenceTo(entry.object, uid) !== undefined && current(entry));
    if (finalizers.includes(orphan)) {
      for (const entry of dependents) dropReference(entry, uid);
      dropFinalizer(resource, object, orphan);
      return;
    }
    if (!finalizers.includes(foreground)) return;
    for (const entry of dependents) if (!isTerminating(entry.object)) remove(entry, "Foreground");
    const blocking = dependents.filter((entry) => current(entry) && blocks(entry.object, uid));
    if (blocking.length === 0) dropFinalizer(resource, object, foreground);
  }

  /** The object as it is now; undefined when it went, or another took its name. */
  function current({ resource, object: { metadata } }: Entry): KubeObject | undefined {
    const found = store.get(resource, metadata.namespace ?? "", metadata.name);
    return found?.metadata.uid === metadata.uid ? found : undefined;
  }

  function settleDependent(entry: Entry): void {
    const object = current(entry);
    if (!object || isTerminating(object)) return;
    const owners = object.metadata.ownerReferences ?? [];
    const gone = owners.filter((owner) => !exists(owner, object.metadata.namespace));
    if (gone.length === 0) return;
    if (gone.length === owners.length) remove({ ...entry, object }, "Background");
    else for (const owner of gone) dropReference({ ...entry, object }, owner.uid);
  }

  function exists(owner: OwnerReference, namespace: string | undefined): boolean {
    const resource = resourceOfKind(owner.apiVersion, owner.kind);
    // A kind that the model does not keep: as for a custom resource, its owner is believed to be there.
    if (!resource) return true;
    const place = resource.namespaced ? (namespace ?? "") : "";
    return store.get(resource.name, place, owner.name)?.metadata.uid === owner.uid;
  }

  function remove({ resource, object }: Entry, propagationPolicy: "Background" | "Foreground"): void {
    const { uid, resourceVersion } = object.metadata;
    const preconditions = propagationPolicy === "Background" ? { uid, resourceVersion } : { uid };
    actor.remove(resource, object, { propagationPolicy, preconditions });
  }

  function dropReference({ resource, object }: Entry, uid: string): void {
    actor.modify(resource, object, "", (next: KubeObject) => {
      const kept = (next.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      next.metadata.ownerReferences = kept;
    });
  }

  function dropFinalizer(resource: ResourceName, object: KubeObject, finalizer: string): void {
    actor.modify(resource, object, "", (next: KubeObject) => {
      next.metadata.finalizers = (next.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    });
  }
}

const referenceTo = (object: KubeObject, uid: string): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.uid === uid);

const blocks = (object: KubeObject, uid: string): boolean => referenceTo(object, uid)?.blockOwnerDeletion === true;
