import type { Mode } from "../flag/flag.ts";
import { type Heal, isNodeHeal } from "../heal/heal.ts";
import { ownerUidOf, type PodSubject, type Subject, type WorkloadSubject } from "../heal/subject.ts";
import { luresReplacements, type NodeFacts, poolOf } from "../kubernetes/node.ts";
import { formatDuration } from "../time/duration.ts";
import type { Brake } from "./brake.ts";
import type { Budget } from "./budget.ts";
import { limits } from "./limits.ts";

export type BudgetScope = "pace" | "ownerInFlight" | "owner" | "node" | "namespace" | "cluster" | "fleet";

export interface ScopedBudget extends Budget {
  readonly scope: BudgetScope;
}

export interface BudgetContext {
  readonly cluster: string;
  readonly heal: Heal;
  readonly subject: Subject;
  readonly brake: Brake | undefined;
  /** Node label that names the pool, where the cluster was registered with one. */
  readonly poolLabel?: string;
  /** The node was handed over and still takes new pods. */
  readonly nodeSuspected: boolean;
  /** A shadow budget in observe mode: what would have been spent. */
  readonly mode: Exclude<Mode, "off">;
}

type Make = (
  scope: BudgetScope,
  what: string,
  name: string,
  bound: { readonly limit: number; readonly windowMs: number },
) => ScopedBudget;

/** Every budget that this heal spends, from narrow to wide. Never empty: no heal is uncounted. */
export function actionBudgets(context: BudgetContext): readonly ScopedBudget[] {
  const { subject, heal, mode } = context;
  const of: Make = (scope, what, name, { limit, windowMs }) => ({
    scope,
    key: `${mode}#${what}#${name}`,
    limit,
    windowMs,
    title: `${what} ${name}: ${limit} in ${formatDuration(windowMs)}`,
  });
  // A heal of nodes counts as one whatever it is said to be about.
  if (subject.kind === "node" || isNodeHeal(heal)) return nodeBudgets(context, of);
  return subject.kind === "workload" ? spillBudgets(context, subject, of) : podBudgets(context, subject, of);
}

/** One change of a spill is one action. Giving room back is not held up by the spills before it: the owner's hourly budget is for making them. */
function spillBudgets(
  { cluster, heal, brake }: BudgetContext,
  subject: WorkloadSubject,
  of: Make,
): readonly ScopedBudget[] {
  const owner = `${cluster}/${ownerUidOf(subject)}`;
  const braked = halvedUnder(brake);
  return [
    of("ownerInFlight", "owner-in-flight", owner, limits.ownerInFlight),
    ...(heal.kind === "RemoveSpill" ? [] : [of("owner", "owner", owner, braked(limits.owner))]),
    of("namespace", "namespace", `${cluster}/${subject.workload.ref.namespace}`, braked(limits.namespace)),
    of("cluster", "cluster", cluster, braked(limits.cluster)),
    of("fleet", "fleet", "*", braked(limits.fleet)),
  ];
}

interface Bound {
  readonly limit: number;
  readonly windowMs: number;
}

function halvedUnder(brake: Brake | undefined): (bound: Bound) => Bound {
  const halved = brake?.state === "halved";
  return ({ limit, windowMs }) => ({
    limit: halved ? Math.max(1, Math.floor(limit / 2)) : limit,
    windowMs,
  });
}

function nodeBudgets({ cluster, heal, subject, poolLabel }: BudgetContext, of: Make): readonly ScopedBudget[] {
  if (heal.kind === "UntaintNode") return [of("cluster", "untainted-of-cluster", cluster, limits.untainted)];
  const pool = subject.kind === "node" ? poolOf(subject.node, poolLabel) : "";
  return [
    of("ownerInFlight", "pool-in-flight", `${cluster}/${pool}`, limits.ownerInFlight),
    of("pace", "node-pace", cluster, limits.nodePace),
    of("cluster", "nodes-of-cluster", cluster, limits.nodesOfCluster),
    of("fleet", "nodes-of-fleet", "*", limits.nodesOfFleet),
  ];
}

function podBudgets(context: BudgetContext, subject: PodSubject, of: Make): readonly ScopedBudget[] {
  const { cluster } = context;
  const namespace = `${cluster}/${subject.pod.ref.namespace}`;
  if (context.heal.kind === "EvictTerminalPod") {
    return [
      of("namespace", "terminal-namespace", namespace, limits.terminalNamespace),
      of("cluster", "terminal-cluster", cluster, limits.terminalCluster),
    ];
  }
  const owner = `${cluster}/${ownerUidOf(subject)}`;
  const braked = halvedUnder(context.brake);
  const node = typeof subject.node === "string" ? undefined : subject.node;
  const nodeBudget = (on: NodeFacts): ScopedBudget => {
    const name = `${cluster}/${on.ref.uid}`;
    // Force-deletes have a budget of their own: it is the one that makes a node look like the cause.
    if (context.heal.kind !== "ForceDeletePod") return of("node", "node-evictions", name, braked(limits.node));
    const forced = luresReplacements(on, subject.pod) ? limits.nodeUntainted : limits.nodeTainted;
    return of("node", "node", name, context.nodeSuspected ? { ...forced, limit: 0 } : braked(forced));
  };
  // What never ran is not missed: waiting for its end must not hold up the pod of the same owner that another healer has to force away.
  const inFlight = context.heal.kind === "EvictStuckPod" ? "stuck-in-flight" : "owner-in-flight";
  return [
    of("ownerInFlight", inFlight, owner, limits.ownerInFlight),
    of("owner", "owner", owner, braked(limits.owner)),
    ...(node === undefined ? [] : [nodeBudget(node)]),
    of("namespace", "namespace", namespace, braked(limits.namespace)),
    of("cluster", "cluster", cluster, braked(limits.cluster)),
    of("fleet", "fleet", "*", braked(limits.fleet)),
  ];
}
