import { matchesLabels } from "../api/label-selector.ts";
import { sameJson } from "../objects/json.ts";
import { controllerOf, timestamp } from "../objects/meta.ts";
import { isPodReady, isTerminal, isTerminating, type Pod } from "../objects/pod.ts";
import type { PodDisruptionBudget } from "../objects/policy.ts";
import { type ResourceTypes, resourceOfKind } from "../resources.ts";
import { type Controller, type ControllerParts, whenChanged } from "./controller.ts";

/** An eviction that has not shown within this is taken back (`DeletionTimeout`). */
const confirmMs = 2 * 60_000;

/** Keeps the status of disruption budgets: how many of their pods may go right now. */
export function disruptionController({ store, actor }: ControllerParts): Controller {
  return whenChanged(store, ["poddisruptionbudgets", "pods", "replicasets", "statefulsets", "deployments"], (now) => {
    let next = Number.POSITIVE_INFINITY;
    for (const budget of store.all("poddisruptionbudgets")) next = Math.min(next, sync(budget, now));
    return next;
  });

  function sync(budget: PodDisruptionBudget, now: number): number {
    const matches = matchesLabels(budget.spec.selector);
    const pods = store
      .all("pods")
      .filter(
        (pod) =>
          pod.metadata.namespace === budget.metadata.namespace &&
          matches(pod.metadata.labels ?? {}) &&
          !isTerminal(pod),
      );
    const orphaned = countsByOwners(budget) ? pods.find(isOrphaned) : undefined;
    if (orphaned) {
      failSafe(budget, `found no controllers for pod "${orphaned.metadata.name}"`, now);
      return Number.POSITIVE_INFINITY;
    }
    const { expected, desired } = expectation(budget, pods);
    const disrupted = stillDisrupted(budget, pods, now);
    const healthy = pods.filter(
      (pod) => isPodReady(pod) && !isTerminating(pod) && disrupted[pod.metadata.name] === undefined,
    ).length;
    const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
    const status = {
      observedGeneration: budget.metadata.generation ?? 1,
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: [allowedCondition(budget, allowed, now)],
    };
    if (!sameJson(budget.status, status)) {
      actor.setStatus("poddisruptionbudgets", budget, status);
    }
    const times = Object.values(disrupted).map((at) => Date.parse(at) + confirmMs);
    return Math.min(Number.POSITIVE_INFINITY, ...times);
  }

  /** Nothing may go, and what was seen stays unsaid: a budget that was never counted is answered as still being processed. */
  function failSafe(budget: PodDisruptionBudget, message: string, now: number): void {
    const { observedGeneration } = budget.status ?? {};
    const before = budget.status?.conditions?.find(
      (each) => each.type === "DisruptionAllowed" && each.status === "False",
    );
    const status = {
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
      ...budget.status,
      disruptionsAllowed: 0,
      conditions: [
        {
          type: "DisruptionAllowed",
          status: "False",
          reason: "SyncFailed",
          message,
          lastTransitionTime: before?.lastTransitionTime ?? timestamp(now),
          ...(observedGeneration === undefined ? {} : { observedGeneration }),
        },
      ],
    };
    if (!sameJson(budget.status, status)) actor.setStatus("poddisruptionbudgets", budget, status);
  }

  function isOrphaned(pod: Pod): boolean {
    const owner = controllerOf(pod);
    if (!owner) return false;
    const resource = resourceOfKind(owner.apiVersion, owner.kind);
    return !resource || store.get(resource.name, pod.metadata.namespace ?? "", owner.name)?.metadata.uid !== owner.uid;
  }

  function expectation(budget: PodDisruptionBudget, pods: readonly Pod[]): { expected: number; desired: number } {
    const { minAvailable, maxUnavailable } = budget.spec;
    if (typeof minAvailable === "number") return { expected: pods.length, desired: minAvailable };
    const expected = wantedByOwners(pods);
    if (minAvailable !== undefined) return { expected, desired: Math.ceil(share(minAvailable) * expected) };
    if (maxUnavailable === undefined) return { expected: pods.length, desired: 0 };
    const most = typeof maxUnavailable === "number" ? maxUnavailable : Math.ceil(share(maxUnavailable) * expected);
    return { expected, desired: Math.max(0, expected - most) };
  }

  /** Sum of the replicas that the pods' controllers want, each counted once. */
  function wantedByOwners(pods: readonly Pod[]): number {
    const seen = new Set<string>();
    let total = 0;
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (!owner || seen.has(owner.uid)) continue;
      seen.add(owner.uid);
      const resource = resourceOfKind(owner.apiVersion, owner.kind);
      const object = resource && store.get(resource.name, pod.metadata.namespace ?? "", owner.name);
      total += (object as ResourceTypes["replicasets"] | undefined)?.spec?.replicas ?? 0;
    }
    return total;
  }
}

/** A number of pods that must stay is counted from the pods alone. */
const countsByOwners = ({ spec }: PodDisruptionBudget): boolean =>
  spec.maxUnavailable !== undefined || typeof spec.minAvailable === "string";

const share = (percent: number | string): number => Number.parseFloat(String(percent)) / 100;

/** Evictions that were granted and whose pods are neither going nor overdue. */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], now: number): Record<string, string> {
  const granted = Object.entries(budget.status?.disruptedPods ?? {});
  return Object.fromEntries(
    granted.filter(([name, at]) => {
      const pod = pods.find((each) => each.metadata.name === name);
      return pod !== undefined && !isTerminating(pod) && Date.parse(at) + confirmMs > now;
    }),
  );
}

function allowedCondition(budget: PodDisruptionBudget, allowed: number, now: number) {
  const status = allowed > 0 ? ("True" as const) : ("False" as const);
  const reason = allowed > 0 ? "SufficientPods" : "InsufficientPods";
  const before = budget.status?.conditions?.find((condition) => condition.type === "DisruptionAllowed");
  const since = before?.status === status ? before.lastTransitionTime : undefined;
  return {
    type: "DisruptionAllowed",
    status,
    reason,
    message: "",
    lastTransitionTime: since ?? timestamp(now),
    observedGeneration: budget.metadata.generation ?? 1,
  };
}
