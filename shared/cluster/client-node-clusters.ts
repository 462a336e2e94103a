import { KnitboneError } from "../errors.ts";
import { nodeHealer } from "../heal/node-healer.ts";
import type { Log } from "../log/log.ts";
import type { Random } from "../random/random.ts";
import type { Clock } from "../time/clock.ts";
import { type CredentialSource, transport } from "./client-node-transport.ts";
import type { Cluster, Clusters } from "./cluster.ts";
import type { ApiConnection } from "./connection.ts";
import { isLoopbackEndpoint, refusedAddress, refusedEndpoint } from "./endpoint-rules.ts";
import { httpCluster } from "./http-cluster.ts";
import type { ClusterAuthentication, RegisteredCluster } from "./registered-cluster.ts";
import { sharedSurroundings } from "./shared-surroundings.ts";
import { userAgent } from "./user-agent.ts";

export interface ClientNodeClustersOptions {
  readonly healer: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** 1 outside the lab. Above it every API server must be on loopback: condition ages are divided (`design.md` §10). */
  readonly lab: number;
}

export interface ClosableClusters extends Clusters {
  close(): Promise<void>;
}

interface Kept {
  readonly fingerprint: string;
  readonly cluster: Promise<Cluster>;
  readonly connection: Promise<ApiConnection>;
}

/**
 * Connections to registered clusters, one per cluster, made at the first ask and kept for the life of the container. Whatever of a
 * registration decides where we speak and how we prove ourselves is part of its fingerprint: a changed row makes a new connection, which
 * shares no credential with the old one.
 */
export function clientNodeClusters(options: ClientNodeClustersOptions): ClosableClusters {
  const kept = new Map<string, Kept>();

  const make = (registered: RegisteredCluster, fingerprint: string): Kept => {
    const connection = connectionTo(registered, options);
    const poolLabel = registered.poolLabel;
    const cluster = connection.then((made) => {
      const direct = httpCluster(made, {
        id: registered.id,
        healer: options.healer,
        clock: options.clock,
        random: options.random,
        log: options.log,
        title: titleOf(registered),
        ...(registered.readsPerSecond === undefined ? {} : { readsPerSecond: registered.readsPerSecond }),
        ...(poolLabel === undefined ? {} : { labelKeys: new Set([poolLabel]) }),
      });
      return sharedSurroundings(direct, options.clock, options.healer === nodeHealer ? "Node" : "Pod");
    });
    return { fingerprint, connection, cluster };
  };

  const close = async (one: Kept): Promise<void> => {
    const connection = await one.connection.catch(() => undefined);
    await connection?.close();
  };

  return {
    async connect(registered) {
      const fingerprint = fingerprintOf(registered);
      const known = kept.get(registered.id);
      if (known?.fingerprint === fingerprint) return known.cluster;
      const made = make(registered, fingerprint);
      kept.set(registered.id, made);
      if (known !== undefined) await close(known);
      try {
        return await made.cluster;
      } catch (error) {
        // The next ask tries again: a file or a secret may have been put right.
        if (kept.get(registered.id) === made) kept.delete(registered.id);
        throw error;
      }
    },
    async close() {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map(close));
    },
  };
}

function titleOf(registered: RegisteredCluster): string {
  const { authentication } = registered;
  return authentication.kind === "kubeconfig" ? `context "${authentication.context}"` : `cluster "${registered.id}"`;
}

function fingerprintOf(registered: RegisteredCluster): string {
  const { endpoint, certificateAuthority, authentication, readsPerSecond, poolLabel } = registered;
  return JSON.stringify([endpoint, certificateAuthority, authentication, readsPerSecond, poolLabel]);
}

async function connectionTo(registered: RegisteredCluster, options: ClientNodeClustersOptions): Promise<ApiConnection> {
  const { authentication, id } = registered;
  if (authentication.kind === "kubeconfig") return kubeconfigConnectionTo(id, authentication, options);
  refuseOutsideLab(id, registered.endpoint, options.lab);
  const refusal = refusedEndpoint(registered.endpoint);
  if (refusal !== undefined) {
    throw new KnitboneError("ConfigInvalid", `connecting to cluster "${id}" at ${registered.endpoint}: ${refusal}`);
  }
  const ca = authorityOf(registered);
  const title = titleOf(registered);
  return transport({
    endpoint: registered.endpoint.replace(/\/+$/, ""),
    title,
    source: await sourceOf(authentication, { title, ca, endpoint: registered.endpoint }, options),
    userAgent: userAgent({ version: options.version, client: options.healer }),
    clock: options.clock,
    refuseAddress: refusedAddress,
  });
}

/** Local use only. The kubeconfig's own server counts, not the row's endpoint; client-node is loaded here and nowhere else. */
async function kubeconfigConnectionTo(
  id: string,
  authentication: Extract<ClusterAuthentication, { kind: "kubeconfig" }>,
  options: ClientNodeClustersOptions,
): Promise<ApiConnection> {
  const { kubeconfigConnection } = await import("./client-node-connection.ts");
  const connection = kubeconfigConnection({
    file: authentication.file,
    context: authentication.context,
    client: options.healer,
    version: options.version,
    clock: options.clock,
  });
  refuseOutsideLab(id, connection.endpoint, options.lab);
  return connection;
}

function refuseOutsideLab(id: string, endpoint: string, lab: number): void {
  if (lab === 1 || isLoopbackEndpoint(endpoint)) return;
  throw new KnitboneError(
    "LabRefused",
    `connecting to cluster "${id}" in lab mode: its server ${endpoint} is not on loopback`,
  );
}

function authorityOf(registered: RegisteredCluster): string {
  const pem = Buffer.from(registered.certificateAuthority ?? "", "base64").toString("utf8");
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new KnitboneError(
    "ConfigInvalid",
    `connecting to cluster "${registered.id}": its certificate authority is no PEM certificate`,
  );
}

async function sourceOf(
  authentication: Exclude<ClusterAuthentication, { kind: "kubeconfig" }>,
  target: { readonly title: string; readonly ca: string; readonly endpoint: string },
  options: ClientNodeClustersOptions,
): Promise<CredentialSource> {
  // The AWS clients are loaded for the kind of cluster that needs them, and not at all locally.
  if (authentication.kind === "serviceAccountToken") {
    const { secretReader } = await import("./aws-secret-token.ts");
    const { secretToken } = await import("./client-node-secret-token.ts");
    return secretToken({ ...target, read: secretReader(authentication.secretArn) });
  }
  const { eksCredentials } = await import("./aws-eks-token.ts");
  const { roleCredentials } = await import("./aws-role-credentials.ts");
  const { region, roleArn } = authentication;
  const load = roleCredentials({
    region,
    ...(roleArn === undefined ? {} : { roleArn }),
    sessionName: `knitbone-${options.healer}`,
    clock: options.clock,
  });
  return eksCredentials(authentication, { ...target, clock: options.clock, load });
}
