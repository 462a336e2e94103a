import { expect } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type AuditLog, type AuditRecord, byProduct, granted, type PodRemoval } from "./audit-log.ts";

/** Pods that the product removed from a namespace, oldest first, as the API server granted it. */
export function removedByProduct(audit: AuditLog, namespace: string): readonly PodRemoval[] {
  return audit.podRemovals((record) => byProduct(record) && record.object.namespace === namespace);
}

/** What the product wrote, or tried to write, in a namespace. */
export function writesIn(audit: AuditLog, namespace: string): readonly AuditRecord[] {
  return audit.productWrites().filter(({ object }) => object.namespace === namespace);
}

/** Warning Events that the product got recorded about this object. */
export function warningsAbout(audit: AuditLog, object: ApiObject): readonly AuditRecord[] {
  return audit.productWrites().filter(({ object: written, verb, status, requestObject }) => {
    if (written.resource !== "events" || verb !== "create" || !granted({ status } as AuditRecord)) return false;
    const regarding = requestObject?.regarding ?? requestObject?.involvedObject;
    return requestObject?.type === "Warning" && regarding?.uid === object.metadata.uid;
  });
}

/**
 * Of what a rejection loop left, the product kept these five and evicted the rest: none of the older burst is among them, and nothing that it
 * evicted is newer than they are. (The last pod of a burst may have failed after the burst was counted. A pod's end is a second apart from its making
 * at most, and the API keeps whole seconds.)
 */
export function expectNewestKept(
  audit: AuditLog,
  residue: { readonly namespace: string; readonly older: readonly ApiObject[]; readonly newer: readonly ApiObject[] },
  kept: readonly ApiObject[],
): void {
  const removals = removedByProduct(audit, residue.namespace);
  const removed = new Set(removals.map(({ preconditionUid }) => preconditionUid));
  const made = (pod: ApiObject) => Date.parse(pod.metadata.creationTimestamp);
  expect(kept).toHaveLength(5);
  expect(removals.filter(({ by }) => by !== "eviction")).toEqual([]);
  expect(removed.size).toBe(removals.length);
  expect(kept.filter(({ metadata }) => removed.has(metadata.uid))).toEqual([]);
  const older = new Set(residue.older.map(({ metadata }) => metadata.uid));
  expect(kept.filter(({ metadata }) => older.has(metadata.uid))).toEqual([]);
  const gone = [...residue.older, ...residue.newer].filter(({ metadata }) => removed.has(metadata.uid));
  expect(Math.max(...gone.map(made)) - Math.min(...kept.map(made))).toBeLessThanOrEqual(1_000);
  const left = new Set(kept.map(({ metadata }) => metadata.uid));
  const known = [...residue.older, ...residue.newer].filter(({ metadata }) => !left.has(metadata.uid));
  expect(known.filter(({ metadata }) => !removed.has(metadata.uid))).toEqual([]);
}

/** What holds of everything that the product ever wrote, whatever the story. */
export function expectExplainableWrites(audit: AuditLog): void {
  const writes = audit.productWrites();
  for (const { userAgent, verb, object } of writes) {
    expect(userAgent, `User-Agent of ${verb} ${object.resource} ${object.namespace}/${object.name}`).toMatch(
      /^knitbone\/\d+\.\d+\.\d+ \((terminating-reaper|orphan-sweeper|notready-handler|pending-rescheduler)\)$/,
    );
  }
  // Pods are removed, nodes marked, workloads spilled, Events recorded; nothing else is a remedy yet.
  const kinds = new Set(
    writes.map(({ verb, object }) =>
      [verb, object.resource, object.subresource].filter((each) => each !== "").join(" "),
    ),
  );
  expect(
    [...kinds].filter(
      (each) =>
        ![
          "delete pods",
          "create pods eviction",
          "create events",
          "patch nodes",
          "create deployments",
          "patch deployments",
          "delete deployments",
        ].includes(each),
    ),
  ).toEqual([]);
  expectOneRemovalPerUid(audit.podRemovals(byProduct));
  expectOwnMarks(audit);
  expectOwnSpills(audit);
  expectLastLooks(audit);
}

/** Writes of the product to Deployments of a namespace, as the API server granted them, oldest first. */
export function spillWritesIn(audit: AuditLog, namespace: string): readonly AuditRecord[] {
  return writesIn(audit, namespace).filter((record) => record.object.resource === "deployments" && granted(record));
}

/** Deployments are made beside their originals, and of them only those are changed: under both preconditions. */
function expectOwnSpills(audit: AuditLog): void {
  const writes = audit.productWrites().filter(({ object }) => object.resource === "deployments");
  for (const { verb, object, userAgent, requestObject } of writes) {
    expect(userAgent).toMatch(/\(pending-rescheduler\)$/);
    // A creation's name stands in its body.
    const name: string = verb === "create" ? requestObject?.metadata?.name : object.name;
    expect(name).toMatch(/-spill$/);
    const preconditions = verb === "delete" ? requestObject?.preconditions : requestObject?.metadata;
    if (verb === "create") expect(requestObject?.metadata?.ownerReferences).toHaveLength(1);
    else
      expect(preconditions).toMatchObject({
        uid: expect.stringMatching(/./),
        resourceVersion: expect.stringMatching(/./),
      });
  }
}

/** A change of a node's taints, as the API server granted it to the product. */
export interface NodeMarking {
  readonly node: string;
  /** What the node carries after it: "key:effect". */
  readonly taints: readonly string[];
  readonly record: AuditRecord;
}

/** Oldest first. */
export function marksByProduct(audit: AuditLog): readonly NodeMarking[] {
  return audit
    .productWrites()
    .filter((record) => record.object.resource === "nodes" && granted(record))
    .map((record) => {
      const taints: readonly { key: string; effect: string }[] = record.requestObject?.spec?.taints ?? [];
      return { node: record.object.name, taints: taints.map(({ key, effect }) => `${key}:${effect}`), record };
    });
}

/** Nothing of a node but its taints, by its healer alone, with uid and version as preconditions, and after a look at it of at most 5 s before. */
function expectOwnMarks(audit: AuditLog): void {
  const looks = audit.records().filter(({ verb, object }) => verb === "get" && object.resource === "nodes");
  for (const { node, record } of marksByProduct(audit)) {
    const { requestObject, userAgent, receivedAt } = record;
    expect(userAgent).toMatch(/\(notready-handler\)$/);
    expect(requestObject).toEqual({
      metadata: { uid: expect.stringMatching(/./), resourceVersion: expect.stringMatching(/./) },
      spec: { taints: expect.any(Array) },
    });
    const look = looks.findLast(
      (each) => each.object.name === node && each.userAgent === userAgent && each.completedAt <= receivedAt,
    );
    expect(receivedAt - (look?.completedAt ?? Number.NEGATIVE_INFINITY)).toBeLessThanOrEqual(5_000);
  }
}

/** Once per uid; or evicted by the nodes' healer, with its own grace, and when that did not end it, force-deleted by terminating-reaper. */
function expectOneRemovalPerUid(removals: readonly PodRemoval[]): void {
  const ways = new Map<string, string[]>();
  for (const { preconditionUid, namespace, name, by, record } of removals) {
    const uid = preconditionUid ?? `none for ${namespace}/${name}`;
    const healer = /\((.*)\)$/.exec(record.userAgent)?.[1] ?? "";
    ways.set(uid, [...(ways.get(uid) ?? []), `${by} by ${healer}`]);
  }
  expect([...ways.keys()].filter((uid) => uid.startsWith("none"))).toEqual([]);
  const twice = [...ways.values()].filter((each) => each.length > 1);
  expect(twice).toEqual(twice.map(() => ["eviction by notready-handler", "delete by terminating-reaper"]));
}

/** Every removal had its pod read, by the same healer, at most 5 s before. */
function expectLastLooks(audit: AuditLog): void {
  const reads = audit
    .records()
    .filter(({ verb, object }) => verb === "get" && object.resource === "pods" && object.subresource === "");
  const unseen = audit
    .podRemovals(byProduct)
    .filter(
      ({ namespace, name, record }) =>
        !reads.some(
          (read) =>
            read.object.namespace === namespace &&
            read.object.name === name &&
            read.userAgent === record.userAgent &&
            read.completedAt <= record.receivedAt &&
            record.receivedAt - read.completedAt <= 5_000,
        ),
    );
  expect(unseen.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([]);
}
