import { isTerminating } from "../objects/pod.ts";
import { allResources } from "../resources.ts";
import { type Controller, type ControllerParts, whenChanged } from "./controller.ts";

/** `--event-ttl`. */
const eventTtlMs = 60 * 60_000;
const eventSweepMs = 60_000;

/** Empties terminating namespaces, then lets them go. */
export function namespaceController({ store, actor }: ControllerParts): Controller {
  const contents = allResources.filter((resource) => resource.namespaced).map((resource) => resource.name);
  return whenChanged(store, ["namespaces", ...contents], () => {
    for (const namespace of store.all("namespaces")) {
      if (isTerminating(namespace) && empty(namespace.metadata.name)) actor.finalizeNamespace(namespace.metadata.name);
    }
    return undefined;
  });

  /** Deletes what is there; true if nothing was. */
  function empty(namespace: string): boolean {
    const found = contents.flatMap((resource) =>
      store
        .all(resource)
        .filter((object) => object.metadata.namespace === namespace)
        .map((object) => ({ resource, object })),
    );
    for (const { resource, object } of found) {
      if (!isTerminating(object)) actor.remove(resource, object, { propagationPolicy: "Background" });
    }
    return found.length === 0;
  }
}

/** Events live for an hour. In a real cluster etcd's own lease ends them. */
export function eventTtl({ store }: ControllerParts): Controller {
  let lastAt: number | undefined;
  return {
    step(now) {
      lastAt ??= now;
      if (now - lastAt < eventSweepMs) return;
      lastAt = now;
      for (const event of store.all("events")) {
        const at = Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
        if (now - at > eventTtlMs) store.commit("events", "DELETED", event);
      }
    },
  };
}

/** Binds every claim at once: the model has no storage. A claim of the class "missing" stays Pending, as one without a provisioner does. */
export function volumeBinder({ store, actor }: ControllerParts): Controller {
  return whenChanged(store, ["persistentvolumeclaims"], () => {
    for (const claim of store.all("persistentvolumeclaims")) {
      if (claim.status?.phase === "Bound" || claim.spec.storageClassName === "missing") continue;
      const bound = actor.modify("persistentvolumeclaims", claim, "", (next) => {
        next.spec.volumeName = `pvc-${claim.metadata.uid}`;
      });
      if (bound) actor.setStatus("persistentvolumeclaims", bound, { ...bound.status, phase: "Bound" });
    }
    return undefined;
  });
}
