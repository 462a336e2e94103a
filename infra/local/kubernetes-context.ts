import { readError } from "../../shared/cluster/answer-error.ts";
import { kubeconfigConnection } from "../../shared/cluster/client-node-connection.ts";
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import { isLoopbackEndpoint } from "../../shared/cluster/endpoint-rules.ts";
import { KnitboneError } from "../../shared/errors.ts";
import { rawObject, rawText } from "../../shared/kubernetes/raw.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** A context that answered and let us read. */
export interface UsableContext {
  readonly connection: ApiConnection;
  /** uid of the cluster's kube-system namespace, whatever the context is called; the endpoint where we may not read it. */
  readonly identity: string;
}

const probeTimeoutMs = 5_000;

/**
 * Opens a context and asks its server for one node: that shows a wrong file, CA, address, expired credentials and missing rights alike.
 * Throws a KnitboneError whose message is one line that names which.
 */
export async function openContext(options: {
  readonly file: string;
  readonly context: string;
  readonly version: string;
  readonly lab: boolean;
  readonly clock: Clock;
}): Promise<UsableContext> {
  const { file, context, version, lab, clock } = options;
  const connection = kubeconfigConnection({ file, context, client: "forwarder", version, clock });
  try {
    if (lab && !isLoopbackEndpoint(connection.endpoint)) throw labRefused(context, connection.endpoint);
    const path = "/api/v1/nodes";
    const answer = await connection.request({ method: "GET", path, query: { limit: "1" }, timeoutMs: probeTimeoutMs });
    if (answer.status !== 200) {
      throw readError(answer, { title: `context "${context}"`, endpoint: connection.endpoint }, path);
    }
    return { connection, identity: await identityOf(connection) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function identityOf(connection: ApiConnection): Promise<string> {
  const path = "/api/v1/namespaces/kube-system";
  const answer = await connection.request({ method: "GET", path, timeoutMs: probeTimeoutMs });
  const uid = rawText(rawObject(rawObject(answer.body)["metadata"])["uid"]);
  return answer.status === 200 && uid !== undefined ? uid : connection.endpoint;
}

/** Tells contexts apart that lead to one cluster: watched twice, it would have every budget twice. */
export function clustersByIdentity(): (context: string, usable: UsableContext) => KnitboneError | undefined {
  const contexts = new Map<string, string>();
  return (context, { identity, connection }) => {
    const other = contexts.get(identity);
    if (other === undefined || other === context) {
      contexts.set(identity, context);
      return undefined;
    }
    const words = `context "${context}" leads to the same cluster as context "${other}" (${connection.endpoint}): it is watched once`;
    return new KnitboneError("KubeconfigUnusable", words);
  };
}

const labRefused = (context: string, endpoint: string): KnitboneError =>
  new KnitboneError(
    "LabRefused",
    `--lab divides safety margins by 20 and is only for API servers on this machine; context "${context}" is ${endpoint}`,
  );

/** A cluster's id for rows and flag scopes: the context's name with what a scope cannot hold replaced. */
export function clusterIdOf(context: string): string {
  const id = context.replace(/[^A-Za-z0-9._:@-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return (id || "cluster").slice(0, 128);
}
