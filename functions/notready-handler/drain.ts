import type { Place } from "../../shared/cluster/cluster.ts";
import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { HealerFacts } from "../../shared/heal/healer.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import { luresReplacements, type NodeFacts, poolOf, readyStatus } from "../../shared/kubernetes/node.ts";
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
  /** What the pools of the nodes that could take it have left, by the last report. */
  readonly pools: readonly PoolReport[];
  readonly fleet: Fleet;
}

/** What recreates a pod elsewhere. A Job counts it as a failure (K8); of other kinds we know nothing. */
const movableKinds: readonly string[] = ["ReplicaSet", "StatefulSet"];

/**
 * Moves one pod away, by eviction, from a node whose kubelet lives and says that it cannot run pods. Everything but the heal is `leave`: the node's next
 * look calls for it again, so that no pod is moved that the node does not call for any more.
 */
export function decideDrain(facts: DrainFacts, policy: Policy, now: Instant): Verdict<Reason> {
  const { subject, fleet, pools, budgets } = facts;
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
  if ((kind === "StatefulSet" || pod.volumeClaims.length > 0) && budgets === 0) {
    return leave("NoDisruptionBudget", "holds state, and no disruption budget says how many may be missing");
  }
  if (cascading(fleet, now)) return leave("CascadeBrake", "stays: two more nodes failed within ten minutes");
  const lacking = lackingIn(pools, pod.requests);
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

/** Why no other node can be counted on to have room for it (S1-13), in words. Per resource: what is free of each may be free on different nodes. */
function lackingIn(pools: readonly PoolReport[], requests: Readonly<Record<string, number>>): string | undefined {
  if (pools.length === 0) return "no other node could take it, or no report says what those have left";
  const wanted = Object.entries({ ...requests, pods: 1 }).filter(([, amount]) => amount > 0);
  const fits = pools.some(({ largestFree }) =>
    wanted.every(([resource, amount]) => (largestFree[resource] ?? 0) >= amount),
  );
  return fits ? undefined : "none of the nodes that could take it has the room, by the last report";
}

/** The pools of nodes that could take the pod now: Ready, admitted by the pod's own selectors, and not kept from it by a cordon or a taint. */
export function poolsFor(
  { pod, node: own }: PodSubject,
  places: readonly Place[],
  pools: readonly PoolReport[],
): readonly PoolReport[] {
  const takers = places.filter(
    ({ node, admits }) =>
      admits &&
      (typeof own === "string" || node.ref.uid !== own.ref.uid) &&
      readyStatus(node) === "True" &&
      luresReplacements(node, pod),
  );
  return [...new Set(takers.flatMap(({ node }) => poolAmong(pools, node) ?? []))];
}

/** The pool that a node belongs to, by the names that the reports use: a well-known label's value, or that of the cluster's own. */
function poolAmong(pools: readonly PoolReport[], node: NodeFacts): PoolReport | undefined {
  const named = pools.find(({ pool }) => pool === poolOf(node));
  return named ?? pools.find(({ pool }) => pool !== "" && Object.values(node.labels).includes(pool));
}
