import type { ApiAnswer, ApiConnection } from "../../shared/cluster/connection.ts";
import { KnitboneError } from "../../shared/errors.ts";
import { rawObject, rawText } from "../../shared/kubernetes/raw.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { ClusterTime } from "./cluster-time.ts";

/** What the API server says of itself. */
export interface ClusterIdentity {
  readonly serverVersion: string;
  /** uid of the kube-system namespace; "" where we may not read it. */
  readonly incarnation: string;
}

const probeTimeoutMs = 5_000;

/** Asks the API server who and how late it is. Throws when it does not answer: then nothing may be said of the cluster. */
export async function probeCluster(
  connection: ApiConnection,
  clock: Clock,
  time: ClusterTime,
  signal: AbortSignal,
): Promise<ClusterIdentity> {
  const get = async (path: string): Promise<ApiAnswer> => {
    const sentAt = clock.monotonic();
    const answer = await connection.request({ method: "GET", path, timeoutMs: probeTimeoutMs, signal });
    time.learn(answer.headers, sentAt);
    return answer;
  };
  const [version, namespace] = await Promise.all([get("/version"), get("/api/v1/namespaces/kube-system")]);
  if (version.status === 401 || namespace.status === 401) {
    throw new KnitboneError("ClusterUnauthorized", `asking ${connection.endpoint}: 401, it refuses the credentials`);
  }
  // A proxy answers for a server that is away; 403 and 404 are the server's own.
  const failed = [version, namespace].find((each) => each.status === 429 || each.status >= 500);
  if (failed !== undefined) {
    throw new KnitboneError("ClusterUnreachable", `asking ${connection.endpoint}: ${failed.status}`, {
      retryable: true,
    });
  }
  const metadata = rawObject(rawObject(namespace.body)["metadata"]);
  return {
    serverVersion: version.status === 200 ? (rawText(rawObject(version.body)["gitVersion"]) ?? "") : "",
    incarnation: namespace.status === 200 ? (rawText(metadata["uid"]) ?? "") : "",
  };
}
