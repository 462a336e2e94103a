import { sameJson } from "../objects/json.ts";
import { isPodReady, isTerminal, isTerminating, type Pod } from "../objects/pod.ts";
import type { StatefulSet } from "../objects/workload.ts";
import { type Controller, type ControllerParts, podFrom, whenChanged } from "./controller.ts";

/**
 * One pod per ordinal, in order, one at a time: the next is made only when all before it are ready, and a name is used again only when
 * its pod object is really gone. So a pod that hangs Terminating blocks its identity, and whoever force-deletes it frees it.
 */
export function statefulSetController({ store, actor, record, podsByOwner }: ControllerParts): Controller {
  return whenChanged(store, ["statefulsets", "pods", "persistentvolumeclaims"], (now) => {
    for (const set of store.all("statefulsets")) {
      if (!isTerminating(set)) adjust(set, now);
      report(set);
    }
    return undefined;
  });

  function podsOf(set: StatefulSet): Map<number, Pod> {
    const pods = podsByOwner().get(set.metadata.uid) ?? [];
    return new Map(pods.map((pod) => [Number(pod.metadata.name.slice(set.metadata.name.length + 1)), pod]));
  }

  function adjust(set: StatefulSet, now: number): void {
    const pods = podsOf(set);
    const wanted = set.spec.replicas ?? 1;
    for (let ordinal = 0; ordinal < wanted; ordinal++) {
      const settled = ensure(set, pods.get(ordinal), ordinal, now);
      if (!settled && !isParallel(set)) return;
    }
    const surplus = [...pods].filter(([ordinal]) => ordinal >= wanted).sort(([a], [b]) => b - a);
    // In order, the next lower one goes only when the one above it is gone.
    for (const [, pod] of isParallel(set) ? surplus : surplus.slice(0, 1)) shrink(pod);
  }

  function shrink(pod: Pod): void {
    if (!isTerminating(pod)) actor.remove("pods", pod, { preconditions: { uid: pod.metadata.uid } });
  }

  /** True once the pod of this ordinal runs and is ready. */
  function ensure(set: StatefulSet, pod: Pod | undefined, ordinal: number, now: number): boolean {
    if (!pod) create(set, ordinal, now);
    else if (isTerminal(pod) && !isTerminating(pod)) recreate(set, pod, now);
    return pod !== undefined && isPodReady(pod) && !isTerminating(pod);
  }

  function create(set: StatefulSet, ordinal: number, now: number): void {
    const { name, namespace = "" } = set.metadata;
    const podName = `${name}-${ordinal}`;
    for (const claim of set.spec.volumeClaimTemplates ?? []) {
      const claimName = `${claim.metadata.name}-${podName}`;
      if (store.get("persistentvolumeclaims", namespace, claimName)) continue;
      actor.create("persistentvolumeclaims", namespace, { metadata: { name: claimName }, spec: claim.spec });
    }
    const draft = podFrom(set, set.spec.template, podName);
    const volumes = (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
      name: claim.metadata.name,
      persistentVolumeClaim: { claimName: `${claim.metadata.name}-${podName}` },
    }));
    const labels = {
      ...draft.metadata.labels,
      "apps.kubernetes.io/pod-index": String(ordinal),
      "statefulset.kubernetes.io/pod-name": podName,
      "controller-revision-hash": revisionOf(set),
    };
    const made = actor.create("pods", namespace, {
      metadata: { ...draft.metadata, labels },
      spec: {
        ...draft.spec,
        hostname: podName,
        ...(set.spec.serviceName === undefined ? {} : { subdomain: set.spec.serviceName }),
        ...(volumes.length > 0 ? { volumes: [...(draft.spec.volumes ?? []), ...volumes] } : {}),
      },
    });
    if (!made) return;
    const message = `create Pod ${podName} in StatefulSet ${name} successful`;
    record(set, { type: "Normal", reason: "SuccessfulCreate", message }, now);
  }

  /** A finished pod holds its name: the controller deletes it and makes it again. */
  function recreate(set: StatefulSet, pod: Pod, now: number): void {
    const why = `StatefulSet ${set.metadata.namespace}/${set.metadata.name} is recreating ${pod.status?.phase ?? ""} Pod ${pod.metadata.name}`;
    record(set, { type: "Warning", reason: `Recreating${pod.status?.phase ?? ""}Pod`, message: why }, now);
    actor.remove("pods", pod, { preconditions: { uid: pod.metadata.uid } });
  }

  function report(set: StatefulSet): void {
    const pods = [...podsOf(set).values()];
    const ready = pods.filter((pod) => isPodReady(pod) && !isTerminating(pod)).length;
    const status = {
      observedGeneration: set.metadata.generation ?? 1,
      replicas: pods.length,
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      ...(pods.length > 0 ? { currentReplicas: pods.length, updatedReplicas: pods.length } : {}),
      availableReplicas: ready,
      currentRevision: revisionOf(set),
      updateRevision: revisionOf(set),
    };
    if (sameJson(set.status, status)) return;
    actor.setStatus("statefulsets", set, status);
  }
}

const isParallel = (set: StatefulSet): boolean => set.spec.podManagementPolicy === "Parallel";

/** The model does not roll StatefulSets: one revision for ever. */
const revisionOf = (set: StatefulSet): string => `${set.metadata.name}-1`;
