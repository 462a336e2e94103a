import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import { type NodeFacts, poolOf, readyStatus } from "../../shared/kubernetes/node.ts";
import { markOn, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import { isTerminal, isTerminating } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { cascading, type Fleet } from "./fleet.ts";
import type { Reason } from "./look.ts";
import type { Policy } from "./policy.ts";
import type { DrainReason } from "./reasons.ts";

/** A pod that its node's look called for. */
export interface DrainFacts extends HealerFacts {
  readonly subject: PodSubject;
  /** How many disruption budgets select it. */
  readonly budgets: number;
  /** What the pool of its node has left, by the last report; absent where none says so. */
  readonly pool?: PoolReport;
  readonly fleet: Fleet;
}

/** What recreates a pod elsewhere. A Job counts it as a failure (K8); of other kinds we know nothing. */
const movableKinds: readonly string[] = ["ReplicaSet", "StatefulSet"];

/**
 * Moves one pod away, by eviction, from a node whose kubelet lives and says that it cannot run pods. Everything but the heal is `leave`: the node's next
 * look calls for it again, so that no pod is moved that the node does not call for any more.
 */
export function decideDrain(facts: DrainFacts, policy: Policy, now: Instant): Verdict<Reason> {
  const { subject, fleet, pool, budgets } = facts;
  const { pod, node } = subject;
  const name = `Pod ${pod.ref.namespace}/${pod.ref.name}`;
  const leave = (reason: DrainReason, what: string, ends?: true): Verdict<Reason> => ({
    kind: "leave",
    reason,
    message: `${name} ${what}.`,
    ...(ends === undefined ? {} : { ends }),
  });
  if (isTerminal(pod) || isTerminating(pod)) return leave("DrainOver", "ends already", true);
  const markedAt = typeof node === "string" ? undefined : markedSince(node, now);
  if (typeof node === "string" || readyStatus(node) !== "False" || markedAt === undefined) {
    return leave("DrainOver", "stands on no node that is Ready=False under our mark", true);
  }
  if (now < markedAt + policy.drainAfterMs || policy.mode === "investigate") {
    return leave("DrainNotDue", `stays for now: node ${node.ref.name} may come round`);
  }
  const { owners } = subject;
  const kind = owners.kind === "known" ? (owners.chain[0]?.ref.kind ?? "") : "";
  if (!movableKinds.includes(kind)) return leave("NotMovable", "has nothing above it that is known to make it again");
  if (kind === "StatefulSet" && budgets === 0) {
    return leave(
      "NoDisruptionBudget",
      "is of a StatefulSet without a disruption budget: nobody said how many may be missing",
    );
  }
  if (cascading(fleet, now)) return leave("CascadeBrake", "stays: two more nodes failed within ten minutes");
  const lacking = lackingIn(pool, pod.requests);
  if (lacking !== undefined) return leave("NoHeadroom", `stays: ${lacking}`);
  return {
    kind: "heal",
    heal: { kind: "DrainPod", pod: pod.ref, resourceVersion: pod.resourceVersion },
    reason: "Drained",
    message: `${name} is moved from node ${node.ref.name}, whose kubelet says that it is not Ready.`,
  };
}

function markedSince(node: NodeFacts, now: Instant): Instant | undefined {
  const standing = markOn(node, suspectMark);
  return standing === undefined ? undefined : (standing.timeAdded ?? now);
}

/** Why no other node of its pool can be counted on to have room for it (S1-13), in words. */
function lackingIn(pool: PoolReport | undefined, requests: Readonly<Record<string, number>>): string | undefined {
  if (pool === undefined) return "no report says what its node's pool has left";
  const wanted = Object.entries({ ...requests, pods: 1 }).filter(([, amount]) => amount > 0);
  const short = wanted.find(([resource, amount]) => (pool.largestFree[resource] ?? 0) < amount);
  if (short === undefined) return undefined;
  const where = pool.pool === "" ? "no other node" : `no other node of pool ${pool.pool}`;
  return `${where} has ${short[1]} of ${short[0]} left`;
}

/** The pool that its node belongs to, by the names that the reports use: a well-known label's value, or that of the cluster's own. */
export function poolAmong(pools: readonly PoolReport[], node: NodeFacts): PoolReport | undefined {
  const named = pools.find(({ pool }) => pool === poolOf(node));
  return named ?? pools.find(({ pool }) => pool !== "" && Object.values(node.labels).includes(pool));
}
