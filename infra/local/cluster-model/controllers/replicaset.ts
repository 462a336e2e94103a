import { sameJson } from "../objects/json.ts";
import { isPodReady, isTerminal, isTerminating, type Pod } from "../objects/pod.ts";
import type { ReplicaSet } from "../objects/workload.ts";
import { type Controller, type ControllerParts, podFrom, whenChanged } from "./controller.ts";

/** Creations and deletions a second for all ReplicaSets together, and how many may come at once: what was seen of a real controller-manager (14 a second, QPS 20, burst 30). */
const perSecond = 14;
const burst = 30;

/** Most that one ReplicaSet does in one sync (`BurstReplicas`). */
const mostPerSync = 500;

/**
 * Keeps `replicas` active pods. Finished pods do not count and are left where they are, so that a node that rejects everything makes
 * them without end; terminating pods do not count either, so that a replacement comes before the old one is gone.
 */
export function replicaSetController({ store, actor, record, podsByOwner }: ControllerParts): Controller {
  let tokens = burst;
  let filledAt: number | undefined;
  const due = (): boolean => {
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };

  return whenChanged(store, ["replicasets", "pods"], (now) => {
    tokens = Math.min(burst, tokens + ((now - (filledAt ?? now)) / 1_000) * perSecond);
    filledAt = now;
    let unfinished = false;
    for (const set of store.all("replicasets")) {
      const pods = podsByOwner().get(set.metadata.uid) ?? [];
      if (!isTerminating(set)) unfinished = adjust(set, pods, now) || unfinished;
      report(set, podsByOwner().get(set.metadata.uid) ?? []);
    }
    return unfinished ? now : undefined;
  });

  /** True if the rate held something back. */
  function adjust(set: ReplicaSet, pods: readonly Pod[], now: number): boolean {
    const active = pods.filter((pod) => !isTerminal(pod) && !isTerminating(pod));
    const missing = (set.spec.replicas ?? 1) - active.length;
    for (let left = Math.min(missing, mostPerSync); left > 0; left--) {
      if (!due()) return true;
      const pod = actor.create("pods", set.metadata.namespace ?? "", podFrom(set, set.spec.template));
      if (!pod) return false;
      record(set, { type: "Normal", reason: "SuccessfulCreate", message: `Created pod: ${pod.metadata.name}` }, now);
    }
    for (const pod of surplus(active, -missing)) {
      if (!due()) return true;
      actor.remove("pods", pod, { preconditions: { uid: pod.metadata.uid } });
      record(set, { type: "Normal", reason: "SuccessfulDelete", message: `Deleted pod: ${pod.metadata.name}` }, now);
    }
    return false;
  }

  function report(set: ReplicaSet, pods: readonly Pod[]): void {
    const active = pods.filter((pod) => !isTerminal(pod) && !isTerminating(pod));
    const ready = active.filter(isPodReady).length;
    const terminating = pods.filter((pod) => !isTerminal(pod) && isTerminating(pod)).length;
    const status = {
      replicas: active.length,
      ...(active.length > 0 ? { fullyLabeledReplicas: active.length } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
      terminatingReplicas: terminating,
      observedGeneration: set.metadata.generation ?? 1,
    };
    if (sameJson(set.status, status)) return;
    actor.setStatus("replicasets", set, status);
  }
}

/** The pods to give up first: without a node, then not ready, then the youngest. */
function surplus(active: readonly Pod[], count: number): Pod[] {
  if (count <= 0) return [];
  const rank = (pod: Pod): number => {
    if (pod.spec.nodeName === undefined || pod.spec.nodeName === "") return 0;
    return isPodReady(pod) ? 2 : 1;
  };
  return [...active]
    .sort((a, b) => rank(a) - rank(b) || b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))
    .slice(0, count);
}
