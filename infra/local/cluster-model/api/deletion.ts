import type { ObjectMeta } from "../objects/meta.ts";
import { timestamp } from "../objects/meta.ts";
import { isTerminal, type Pod } from "../objects/pod.ts";
import type { DeleteOptions } from "../objects/policy.ts";
import type { Resource } from "../resources.ts";
import { preconditionFailed } from "./failure.ts";

/** What a DELETE means for an object that exists. `metadata` is the object's new metadata where there is one. */
export type Deletion =
  /** `marksFirst`: the end of the grace is written before the object goes, so watchers see MODIFIED, then DELETED. */
  | { kind: "remove"; metadata: ObjectMeta; marksFirst: boolean }
  | { kind: "mark"; metadata: ObjectMeta }
  | { kind: "alreadyDeleting" };

/** UID and resourceVersion that the client insists on: the only real fence there is. */
export function checkPreconditions(resource: Resource, metadata: ObjectMeta, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    throw preconditionFailed(
      resource,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw preconditionFailed(
      resource,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/**
 * The decision of a real API server, rule for rule: `BeforeDelete` in apiserver/pkg/registry/rest/delete.go, `CheckGracefulDelete`
 * in pkg/registry/core/pod/strategy.go and `updateForGracefulDeletionAndFinalizers` in apiserver/pkg/registry/generic/registry/store.go,
 * all of v1.36.3. Only pods are deleted gracefully; everything else goes at once unless a finalizer holds it.
 *
 * ```
 *  first DELETE, grace g > 0      deletionTimestamp = now + g, deletionGracePeriodSeconds = g
 *  first DELETE, g = 0            removed (or held by finalizers with grace 0)
 *  again, no g or g ≥ stored      nothing happens
 *  again, 0 < g < stored          deletionTimestamp moves back by (stored − g), never into the past (then g becomes 1)
 *  again, g = 0, or stored = 0    removed
 * ```
 */
export function decideDeletion(
  resource: Resource,
  object: { metadata: ObjectMeta },
  options: DeleteOptions,
  now: number,
): Deletion {
  const { metadata } = object;
  checkPreconditions(resource, metadata, options);
  const graceful: Grace =
    resource.name === "pods" ? podGrace(object as Pod, graceAsked(options), now) : { kind: "ungraceful" };
  if (graceful.kind === "pending") return { kind: "alreadyDeleting" };

  const finalizers = finalizersFor(resource, metadata.finalizers ?? [], options);
  const next: ObjectMeta = { ...metadata, ...(graceful.kind === "graceful" ? graceful.fields : {}) };
  if (finalizers.length === 0) delete next.finalizers;
  else next.finalizers = finalizers;

  if (graceful.kind === "graceful") {
    if (metadata.deletionTimestamp === undefined && next.generation) next.generation += 1;
    return finalizers.length > 0 || graceful.fields.deletionGracePeriodSeconds > 0
      ? { kind: "mark", metadata: next }
      : { kind: "remove", metadata: next, marksFirst: true };
  }
  if (finalizers.length === 0) return { kind: "remove", metadata: next, marksFirst: false };
  return { kind: "mark", metadata: markedNow(next, metadata, now) };
}

/** Negative values mean one second. */
function graceAsked({ gracePeriodSeconds }: DeleteOptions): number | undefined {
  return gracePeriodSeconds !== undefined && gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds;
}

/** `markAsDeleting`: held by finalizers, with no grace left. */
function markedNow(next: ObjectMeta, old: ObjectMeta, now: number): ObjectMeta {
  const marked = { ...next, deletionGracePeriodSeconds: 0 };
  if (old.deletionTimestamp === undefined && marked.generation) marked.generation += 1;
  if (old.deletionTimestamp === undefined || Date.parse(old.deletionTimestamp) > now) {
    marked.deletionTimestamp = timestamp(now);
  }
  return marked;
}

type Grace =
  | { kind: "ungraceful" }
  | { kind: "pending" }
  | { kind: "graceful"; fields: { deletionTimestamp: string; deletionGracePeriodSeconds: number } };

function podGrace(pod: Pod, asked: number | undefined, now: number): Grace {
  const { deletionTimestamp, deletionGracePeriodSeconds: stored } = pod.metadata;
  if (deletionTimestamp === undefined) {
    const grace = firstGrace(pod, asked);
    return {
      kind: "graceful",
      fields: { deletionTimestamp: timestamp(now + grace * 1_000), deletionGracePeriodSeconds: grace },
    };
  }
  if (stored === undefined || stored === 0) return { kind: "ungraceful" };
  if (asked === undefined || asked >= stored) return { kind: "pending" };
  const shortened = Date.parse(deletionTimestamp) - stored * 1_000 + asked * 1_000;
  if (shortened >= now) {
    return {
      kind: "graceful",
      fields: { deletionTimestamp: timestamp(shortened), deletionGracePeriodSeconds: asked },
    };
  }
  return {
    kind: "graceful",
    fields: { deletionTimestamp: timestamp(now), deletionGracePeriodSeconds: asked === 0 ? 0 : 1 },
  };
}

/** Unscheduled and finished pods go at once, whatever was asked. */
function firstGrace(pod: Pod, asked: number | undefined): number {
  if (pod.spec.nodeName === undefined || pod.spec.nodeName === "" || isTerminal(pod)) return 0;
  const grace = asked ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return grace < 0 ? 1 : grace;
}

const orphan = "orphan";
const foreground = "foregroundDeletion";

/** The garbage collector's own finalizers, as the propagation policy asks for them (`deletionFinalizersForGarbageCollection`). */
function finalizersFor(resource: Resource, current: readonly string[], options: DeleteOptions): string[] {
  const others = current.filter((each) => each !== orphan && each !== foreground);
  const policy = propagation(resource, current, options);
  if (policy === "Orphan") return [...others, orphan];
  return policy === "Foreground" ? [...others, foreground] : others;
}

function propagation(resource: Resource, finalizers: readonly string[], options: DeleteOptions) {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? "Orphan" : "Background";
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  if (finalizers.includes(orphan)) return "Orphan";
  if (finalizers.includes(foreground)) return "Foreground";
  return resource.orphansByDefault ? "Orphan" : "Background";
}
