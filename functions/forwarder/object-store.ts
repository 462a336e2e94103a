import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { isOlderVersion } from "./resource-version.ts";

/** As little as possible about one object: a cluster may have hundreds of thousands. */
export interface Known {
  readonly ref: ObjectRef;
  readonly resourceVersion: string;
}

/** What is known of one resource, by uid: an object that was deleted and made again under one name is two objects (`safety.md` §2.3). */
export interface ObjectStore<T extends Known> {
  /** Whether this version or a newer one of the object is known already. */
  isOld(ref: ObjectRef, resourceVersion: string): boolean;
  /** The same, for whoever knows the uid alone. */
  has(uid: string, resourceVersion: string): boolean;
  /** Who bears the name of `ref` under another uid: it must have gone unseen. */
  replacedBy(ref: ObjectRef): T | undefined;
  /** Takes a state, and forgets who bore the name before. */
  put(entry: T): void;
  get(uid: string): T | undefined;
  named(namespace: string, name: string): T | undefined;
  /** Forgets a uid; what was known of it. Undefined as well when `resourceVersion` is older than what is known. */
  remove(uid: string, resourceVersion?: string): T | undefined;
  /** Those that are not among `uids`. */
  missingFrom(uids: ReadonlySet<string>): readonly T[];
  /** From now on every version counts as newer than the known ones. */
  forgetVersions(): void;
  values(): IterableIterator<T>;
  size(): number;
}

export function objectStore<T extends Known>(): ObjectStore<T> {
  const byUid = new Map<string, T>();
  const uidByName = new Map<string, string>();
  /** uids whose known version is void. */
  let voided: Set<string> | undefined;
  const nameOf = (ref: Pick<ObjectRef, "namespace" | "name">) => `${ref.namespace}/${ref.name}`;

  function drop(entry: T): void {
    byUid.delete(entry.ref.uid);
    voided?.delete(entry.ref.uid);
    if (uidByName.get(nameOf(entry.ref)) === entry.ref.uid) uidByName.delete(nameOf(entry.ref));
  }

  function replacedBy(ref: ObjectRef): T | undefined {
    const holder = byUid.get(uidByName.get(nameOf(ref)) ?? "");
    return holder?.ref.uid === ref.uid ? undefined : holder;
  }

  function has(uid: string, version: string): boolean {
    const known = byUid.get(uid)?.resourceVersion;
    if (known === undefined || voided?.has(uid)) return false;
    return version === known || isOlderVersion(version, known);
  }

  return {
    isOld(ref, version) {
      if (ref.uid === "") throw new Error(`an object without a uid: ${nameOf(ref)}`);
      return has(ref.uid, version);
    },
    has,
    replacedBy,
    put(entry) {
      const { ref } = entry;
      const holder = replacedBy(ref);
      if (holder !== undefined) drop(holder);
      byUid.set(ref.uid, entry);
      uidByName.set(nameOf(ref), ref.uid);
      voided?.delete(ref.uid);
    },
    get: (uid) => byUid.get(uid),
    named: (namespace, name) => byUid.get(uidByName.get(nameOf({ namespace, name })) ?? ""),
    remove(uid, resourceVersion) {
      const known = byUid.get(uid);
      if (known === undefined) return undefined;
      const stale = resourceVersion !== undefined && isOlderVersion(resourceVersion, known.resourceVersion);
      if (stale && !voided?.has(uid)) return undefined;
      drop(known);
      return known;
    },
    missingFrom: (uids) => [...byUid.values()].filter((each) => !uids.has(each.ref.uid)),
    forgetVersions() {
      voided = new Set(byUid.keys());
    },
    values: () => byUid.values(),
    size: () => byUid.size,
  };
}
