import type { ClusterState } from "../cluster/cluster-state.ts";
import type { Instant } from "../time/clock.ts";
import { formatDuration } from "../time/duration.ts";
import { limits } from "./limits.ts";
import { pass, type RailAnswer, waitAMinute } from "./rail.ts";

/** A silent forwarder means "cannot see": never "all is well" and never "the cluster is dead". */
export function freshness(cluster: ClusterState, now: Instant): RailAnswer {
  if (cluster.report === undefined)
    return waitAMinute("ClusterSilent", "The cluster's forwarder has not reported yet.");
  const ageMs = now - cluster.report.sentAt;
  return ageMs > limits.reportMaxAgeMs
    ? waitAMinute("ClusterSilent", `The cluster's last report is ${formatDuration(ageMs)} old.`)
    : pass;
}

/** A cluster whose API server did not answer is left for a while, so that its time-outs do not eat the others' concurrency. */
export function openBreaker(cluster: ClusterState, now: Instant): RailAnswer {
  const breaker = cluster.breaker;
  return breaker !== undefined && breaker.openUntil > now
    ? waitAMinute(
        "ClusterUnreachable",
        `The API server did not answer ${breaker.consecutiveFailures} times: ${breaker.reason}`,
      )
    : pass;
}
