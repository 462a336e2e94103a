import { frozen } from "./objects/json.ts";
import type { KubeObject } from "./objects/meta.ts";
import { allResources, type ResourceName, type ResourceTypes } from "./resources.ts";

type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** One committed change. `object` carries the change's own resourceVersion, also when it says DELETED. */
export interface Change {
  revision: number;
  at: number;
  type: ChangeType;
  resource: ResourceName;
  object: KubeObject;
  previous?: KubeObject;
}

/**
 * The objects of one cluster, as etcd holds them: one revision for all resources that rises by one with every write. Objects are
 * frozen when they are stored, so that every reader may keep a reference and nobody can change history.
 */
export interface Store {
  revision(): number;
  /** Revision of the last change to this resource: cheap "has anything changed" for controllers. */
  changed(resource: ResourceName): number;
  get<Name extends ResourceName>(resource: Name, namespace: string, name: string): ResourceTypes[Name] | undefined;
  /** All objects in the order of their creation. The array is shared: do not change it. */
  all<Name extends ResourceName>(resource: Name): readonly ResourceTypes[Name][];
  /** All objects by namespace and name, as lists answer them. Shared as well. */
  sorted<Name extends ResourceName>(resource: Name): readonly ResourceTypes[Name][];
  /** Stores (or, for DELETED, removes) an object under a new resourceVersion and tells the listeners. */
  commit<T extends KubeObject>(resource: ResourceName, type: ChangeType, object: T): T;
  listen(listener: (change: Change) => void): void;
}

interface Table {
  objects: Map<string, KubeObject>;
  inOrder?: readonly KubeObject[];
  byName?: readonly KubeObject[];
  changed: number;
}

export function storageKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

export function keyOf(object: KubeObject): string {
  return storageKey(object.metadata.namespace, object.metadata.name);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `firstRevision`: where this cluster's counter stands before the first write; a real one is never near zero. */
export function memoryStore(now: () => number, firstRevision = 1_000): Store {
  let revision = firstRevision;
  const listeners: ((change: Change) => void)[] = [];
  const tables = new Map<ResourceName, Table>(
    allResources.map((resource) => [resource.name, { objects: new Map(), changed: firstRevision }]),
  );
  const table = (resource: ResourceName): Table => {
    const found = tables.get(resource);
    if (!found) throw new Error(`reading the cluster model: no table for ${resource}`);
    return found;
  };
  return {
    revision: () => revision,
    changed: (resource) => table(resource).changed,
    get: <Name extends ResourceName>(resource: Name, namespace: string, name: string) =>
      table(resource).objects.get(storageKey(namespace, name)) as ResourceTypes[Name] | undefined,
    all: <Name extends ResourceName>(resource: Name) => {
      const own = table(resource);
      own.inOrder ??= [...own.objects.values()];
      return own.inOrder as readonly ResourceTypes[Name][];
    },
    sorted: <Name extends ResourceName>(resource: Name) => {
      const own = table(resource);
      own.byName ??= [...own.objects.entries()].sort(([a], [b]) => compareText(a, b)).map(([, object]) => object);
      return own.byName as readonly ResourceTypes[Name][];
    },
    commit(resource, type, object) {
      const own = table(resource);
      const key = keyOf(object);
      const previous = own.objects.get(key);
      revision += 1;
      const stored = frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
      if (type === "DELETED") own.objects.delete(key);
      else own.objects.set(key, stored);
      delete own.inOrder;
      delete own.byName;
      own.changed = revision;
      const change = { revision, at: now(), type, resource, object: stored, ...(previous ? { previous } : {}) };
      for (const listener of listeners) listener(change);
      return stored;
    },
    listen: (listener) => {
      listeners.push(listener);
    },
  };
}
