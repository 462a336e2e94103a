import type { Instant } from "../../../../shared/time/clock.ts";
import { type KubeObject, timestamp } from "../objects/meta.ts";
import { isPodReady, isTerminal, isTerminating, type Pod, type PodCondition } from "../objects/pod.ts";
import type { DeleteOptions, Eviction, PodDisruptionBudget } from "../objects/policy.ts";
import type { Registry } from "../registry.ts";
import { resources } from "../resources.ts";
import type { Store } from "../store.ts";
import type { Admit } from "./admission.ts";
import { checkPreconditions } from "./deletion.ts";
import { ApiFailure, badRequest, bareFailure, forbidden, tooManyRequests } from "./failure.ts";
import { matchesLabels } from "./label-selector.ts";

/** Evictions that the budget's controller has not confirmed yet; beyond this many the server refuses (`MaxDisruptedPodSize`). */
const maxDisruptedPods = 2_000;
const violates = "Cannot evict pod as it would violate the pod's disruption budget.";

/**
 * POST pods/<name>/eviction: `EvictionREST.Create` in pkg/registry/core/pod/storage/eviction.go of v1.36.3.
 *
 * A pod that is finished, pending or already terminating is deleted without a look at its budgets (a pending one under its
 * resourceVersion). Every other pod needs its budget, which this spends one disruption of.
 */
export function evict(
  store: Store,
  registry: Registry,
  now: Instant,
  namespace: string,
  name: string,
  eviction: Eviction,
  { dryRun, admit }: { dryRun: boolean; admit: Admit },
): void {
  if (eviction.metadata.name !== name) throw badRequest("name in URL does not match name in Eviction object");
  const options = deleteOptions(eviction, dryRun);
  // Before anybody looks whether there is such a pod. The deletion that follows is not asked about again.
  admit();
  const pod = registry.read(resources.pods, namespace, name) as Pod;
  if (canIgnoreBudgets(pod)) {
    const pinned = isTerminal(pod) || isTerminating(pod) ? options : pinVersion(options, pod);
    markAndDelete(registry, pod, pinned, now);
    return;
  }
  const budgets = budgetsOf(store, pod);
  if (budgets.length > 1) {
    throw bareFailure(
      500,
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  }
  const [budget] = budgets;
  if (!budget) {
    markAndDelete(registry, pod, options, now);
    return;
  }
  if (isFreeToGo(pod, budget)) {
    try {
      markAndDelete(registry, pod, { ...options, ...pinVersion(options, pod) }, now);
    } catch (error) {
      const asked = options.preconditions?.resourceVersion !== undefined;
      if (error instanceof ApiFailure && error.status.code === 409 && !asked) throw stillProcessing(budget);
      throw error;
    }
    return;
  }
  // The real server spends the budget first and then deletes, also when the delete's precondition then fails.
  spend(registry, budget, pod, options, now);
  markAndDelete(registry, pod, options, now);
}

function deleteOptions(eviction: Eviction, dryRun: boolean): DeleteOptions {
  const own = eviction.deleteOptions ?? {};
  return dryRun ? { ...own, dryRun: ["All"] } : own;
}

function canIgnoreBudgets(pod: Pod): boolean {
  return isTerminal(pod) || pod.status?.phase === "Pending" || isTerminating(pod);
}

function pinVersion(options: DeleteOptions, pod: Pod): DeleteOptions {
  if (options.preconditions?.resourceVersion !== undefined) return options;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion } };
}

function budgetsOf(store: Store, pod: Pod): PodDisruptionBudget[] {
  return store
    .all("poddisruptionbudgets")
    .filter(
      (budget) =>
        budget.metadata.namespace === pod.metadata.namespace &&
        matchesLabels(budget.spec.selector)(pod.metadata.labels ?? {}),
    );
}

/** An unready pod does not count as healthy; it may go where the budget is met without it, or always if the budget says so. */
function isFreeToGo(pod: Pod, budget: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false;
  if (budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function stillProcessing(budget: PodDisruptionBudget): ApiFailure {
  const cause = `The disruption budget ${budget.metadata.name} is still being processed by the server.`;
  return tooManyRequests(violates, 10, cause);
}

function spend(registry: Registry, budget: PodDisruptionBudget, pod: Pod, options: DeleteOptions, now: Instant): void {
  const { metadata, status } = budget;
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = status ?? {};
  if (observedGeneration < (metadata.generation ?? 0)) throw stillProcessing(budget);
  if (disruptionsAllowed < 0) {
    throw forbidden(resources.poddisruptionbudgets, metadata.name, "pdb disruptions allowed is negative");
  }
  if (Object.keys(disruptedPods).length > maxDisruptedPods) {
    throw forbidden(
      resources.poddisruptionbudgets,
      metadata.name,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  }
  if (disruptionsAllowed === 0) throw tooManyRequests(violates, 0, whyNone(budget));
  if ((options.dryRun ?? []).length > 0) return;
  registry.modify(resources.poddisruptionbudgets, metadata.namespace ?? "", metadata.name, "status", (object) => {
    const next = object as PodDisruptionBudget;
    return {
      ...next,
      status: {
        currentHealthy: 0,
        desiredHealthy: 0,
        expectedPods: 0,
        ...next.status,
        disruptionsAllowed: disruptionsAllowed - 1,
        disruptedPods: { ...disruptedPods, [pod.metadata.name]: timestamp(now) },
      },
    } as KubeObject;
  });
}

function whyNone(budget: PodDisruptionBudget): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = budget.status ?? {};
  const { name } = budget.metadata;
  const condition = conditions.find((each) => each.type === "DisruptionAllowed" && each.status === "False");
  if (condition?.reason === "SyncFailed" && condition.message) {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`;
  }
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  return `The disruption budget ${name} does not allow evicting pods currently`;
}

/** Writes why the pod goes, then deletes it: watchers see both. */
function markAndDelete(registry: Registry, pod: Pod, options: DeleteOptions, now: Instant): void {
  const { namespace = "", name } = pod.metadata;
  if ((options.dryRun ?? []).length > 0) {
    registry.remove(resources.pods, namespace, name, options);
    return;
  }
  checkPreconditions(resources.pods, pod.metadata, options);
  const marked = registry.modify(resources.pods, namespace, name, "status", (object) => {
    const next = object as Pod;
    const others = (next.status?.conditions ?? []).filter((each) => each.type !== "DisruptionTarget");
    const condition: PodCondition = {
      type: "DisruptionTarget",
      status: "True",
      lastTransitionTime: timestamp(now),
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
    };
    const already = next.status?.conditions?.find((each) => each.type === "DisruptionTarget" && each.status === "True");
    return { ...next, status: { ...next.status, conditions: [...others, { ...condition, ...sinceWhen(already) }] } };
  });
  const preconditions =
    options.preconditions?.resourceVersion === undefined
      ? options.preconditions
      : { ...options.preconditions, resourceVersion: marked.metadata.resourceVersion };
  registry.remove(resources.pods, namespace, name, { ...options, ...(preconditions ? { preconditions } : {}) });
}

const sinceWhen = (condition: PodCondition | undefined) =>
  condition?.lastTransitionTime === undefined ? {} : { lastTransitionTime: condition.lastTransitionTime };
