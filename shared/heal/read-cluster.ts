import type { Cluster } from "../cluster/cluster.ts";
import type { ClusterState } from "../cluster/cluster-state.ts";
import type { RegisteredCluster } from "../cluster/registered-cluster.ts";
import { describeError, type ErrorCode, KnitboneError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import { breakerAfterFailure } from "./breaker.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

const clusterFailures: ReadonlySet<ErrorCode> = new Set([
  "ClusterUnreachable",
  "ClusterUnauthorized",
  "ClusterAnswerUnreadable",
]);

export type ClusterAnswer<Value> =
  | { readonly kind: "read"; readonly cluster: Cluster; readonly value: Value }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly detail: string };

/** Connects and reads; keeps the cluster's breaker: a failure raises it, an answer takes it away. What is not the cluster's failure is thrown. */
export async function readCluster<Value>(
  deps: Pick<PipelineDeps, "connections" | "clusters" | "clock">,
  where: { readonly registered: RegisteredCluster; readonly state: ClusterState; readonly log: Log },
  read: (cluster: Cluster) => Promise<Value>,
): Promise<ClusterAnswer<Value>> {
  const { registered, state, log } = where;
  try {
    const cluster = await deps.connections.connect(registered);
    const value = await read(cluster);
    if (state.breaker !== undefined) await deps.clusters.saveBreaker(registered.id, undefined);
    return { kind: "read", cluster, value };
  } catch (thrown) {
    if (!(thrown instanceof KnitboneError) || !clusterFailures.has(thrown.code)) throw thrown;
    const detail = describeError(thrown);
    await deps.clusters.saveBreaker(registered.id, breakerAfterFailure(state.breaker, detail, deps.clock.now()));
    log.warn("Cluster did not answer", { code: thrown.code, detail });
    return { kind: "failed", code: thrown.code, detail };
  }
}
