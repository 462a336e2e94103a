import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { WorkloadFacts } from "./observe-workload.ts";
import { ownPool } from "./other-pool.ts";

/** Why a workload is never spilled, although it was asked for. */
export type SpillRefusalReason =
  | "ScaledByAutoscaler"
  | "OwnedByOther"
  | "RecreateStrategy"
  | "SelectsNoPool"
  | "PinnedToNode"
  | "BoundByTemplate"
  | "GangScheduled"
  | "MountsClaim"
  | "HoldsResourceClaim"
  | "HoldsHostPort";

interface Refusal {
  readonly reason: SpillRefusalReason;
  readonly message: string;
}

/** The first reason, by name. `lacking`: pods of it that lack room. */
export function refusalOf(facts: WorkloadFacts, lacking: readonly PodFacts[]): Refusal | undefined {
  const { workload } = facts.subject;
  return (
    byController(facts) ??
    byTemplate(workload) ??
    (ownPool(facts) === undefined
      ? refuse("SelectsNoPool", workload, "selects no pool: the scheduler has looked for room in all of them")
      : undefined) ??
    byHoldings(workload, lacking)
  );
}

function refuse(reason: SpillRefusalReason, { ref }: DeploymentFacts, because: string): Refusal {
  return { reason, message: `${describeRef(ref)} is not spilled: it ${because}.` };
}

function byController({ subject, autoscalers }: WorkloadFacts): Refusal | undefined {
  const { workload } = subject;
  const [autoscaler] = autoscalers;
  if (autoscaler !== undefined) {
    // A spill would hide from it what it counts by: its pods are in nobody's `replicas`.
    return refuse("ScaledByAutoscaler", workload, `is scaled by ${describeRef(autoscaler.ref)}`);
  }
  if (workload.owner !== undefined) {
    return refuse("OwnedByOther", workload, `belongs to ${workload.owner.kind} ${workload.owner.name}`);
  }
  return workload.strategy === "RollingUpdate"
    ? undefined
    : refuse("RecreateStrategy", workload, "uses Recreate: its pods must never run side by side");
}

function byTemplate(workload: DeploymentFacts): Refusal | undefined {
  const { bindings } = workload.template;
  if (workload.templateNamesNode) return refuse("PinnedToNode", workload, "names its node itself");
  if (bindings.includes("gang")) return refuse("GangScheduled", workload, "is placed as a gang, all or none");
  return bindings.length === 0
    ? undefined
    : refuse("BoundByTemplate", workload, `is bound by more than its pool: ${bindings.join(", ")}`);
}

function byHoldings(workload: DeploymentFacts, pods: readonly PodFacts[]): Refusal | undefined {
  const claims = pods.flatMap((each) => each.volumeClaims);
  if (claims[0] !== undefined) return refuse("MountsClaim", workload, `mounts the volume claim ${claims[0]}`);
  if (pods.some((each) => each.hasResourceClaims)) {
    return refuse("HoldsResourceClaim", workload, "holds a ResourceClaim");
  }
  return pods.some((each) => each.hasHostPort)
    ? refuse("HoldsHostPort", workload, "needs a port of its node")
    : undefined;
}
