import type { WorkloadFacts } from "../../functions/pending-rescheduler/observe-workload.ts";
import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { WorkloadSubject } from "../../shared/heal/subject.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes } from "../../shared/time/duration.ts";
import { aPooledDeployment, poolLabel } from "./deployment.ts";
import { atNoon } from "./instant.ts";
import { aNamespace } from "./namespace.ts";
import { aNode } from "./node.ts";
import { type ObjectOverrides, type Overrides, override } from "./overrides.ts";
import { aCondition, aPod } from "./pod.ts";

/** The scheduler's words where pool a is full and pool b is not asked for. */
const noRoomInOwnPool =
  "0/4 nodes are available: 2 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.";

/** A pod of "web" that has found no room for ten minutes; it asks for half a core and 256 MiB. */
export function anUnschedulablePod(
  overrides: ObjectOverrides<PodFacts> & { readonly message?: string; readonly since?: number } = {},
): PodFacts {
  const { message = noRoomInOwnPool, since = atNoon(-minutes(10)), ...members } = overrides;
  return aPod({
    name: "web-2",
    phase: "Pending",
    nodeName: undefined,
    startTime: undefined,
    containers: [],
    conditions: [
      aCondition({
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message,
        lastTransitionTime: since,
      }),
    ],
    ...members,
  });
}

/** A healthy node of a pool. */
export function aNodeOf(pool: string, overrides: ObjectOverrides<NodeFacts> = {}): NodeFacts {
  const name = overrides.name ?? `${pool}1`;
  return aNode({ name, labels: { "kubernetes.io/hostname": name, [poolLabel]: pool }, ...overrides });
}

/** Two nodes of 2 cores left each, unless told otherwise. */
export function aPoolReport(pool: string, overrides: Overrides<PoolReport> = {}): PoolReport {
  return override<PoolReport>(
    {
      pool,
      nodes: 2,
      free: { cpu: 4, memory: 8 * 2 ** 30, pods: 200 },
      largestFree: { cpu: 2, memory: 4 * 2 ** 30, pods: 100 },
    },
    overrides,
  );
}

export const fullPool = {
  free: { cpu: 0.2, memory: 2 ** 30, pods: 200 },
  largestFree: { cpu: 0.1, memory: 2 ** 30, pods: 100 },
};

/** "web" of pool a, two of its three pods without room; pool b has it. */
function aWorkloadSubject(overrides: Overrides<WorkloadSubject> = {}): WorkloadSubject {
  return override<WorkloadSubject>(
    {
      kind: "workload",
      workload: aPooledDeployment(),
      namespace: aNamespace({ name: "shop" }),
      pending: [anUnschedulablePod(), anUnschedulablePod({ name: "web-3" })],
    },
    overrides,
  );
}

export function spillFacts(
  overrides: Overrides<WorkloadFacts> & { readonly of?: Overrides<WorkloadSubject> } = {},
): WorkloadFacts {
  const { of = {}, ...members } = overrides;
  return override<WorkloadFacts>(
    {
      subject: aWorkloadSubject(of),
      autoscalers: [],
      nodes: [aNodeOf("a"), aNodeOf("b"), aNodeOf("b", { name: "b2" })],
      pools: [aPoolReport("a", fullPool), aPoolReport("b")],
    },
    members,
  );
}
