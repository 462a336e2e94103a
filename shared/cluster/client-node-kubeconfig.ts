import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import type { Cluster, User } from "@kubernetes/client-node";
// Not the package's root: that brings watches, exec and tar along, 130 kB in every bundle and half of the time it takes to load.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { parse } from "yaml";
import { describeError, KnitboneError } from "../errors.ts";
import type { CredentialSource, Credentials, TlsMaterial } from "./client-node-transport.ts";
import { withoutSecrets } from "./connection-failure.ts";
import { hostOf, isLoopbackEndpoint } from "./endpoint-rules.ts";

/** One context of a kubeconfig, understood and checked as far as that goes without the network. */
export interface KubeconfigContext {
  readonly name: string;
  readonly endpoint: string;
  readonly source: CredentialSource;
  readonly proxy?: string;
}

/** The named context, or the file's current one. Throws KubeconfigUnusable with one line that names what and which. */
export function kubeconfigContext(file: string, context?: string): KubeconfigContext {
  return contextFrom(() => loadFile(file), file, context);
}

/** The service account of the pod that this process runs in. */
export function inClusterContext(): KubeconfigContext {
  const load = () => {
    const config = new KubeConfig();
    config.loadFromCluster();
    if (config.getCurrentCluster()?.server.includes("undefined")) {
      throw unusable(
        "reading the pod's service account: KUBERNETES_SERVICE_HOST is not set; this process runs in no pod",
      );
    }
    return config;
  };
  return contextFrom(load, "the pod's service account", undefined);
}

const unusable = (message: string, cause?: unknown): KnitboneError =>
  new KnitboneError("KubeconfigUnusable", message, cause === undefined ? {} : { cause });

function loadFile(file: string): KubeConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as { code?: unknown };
    const why =
      code === "ENOENT" ? "no such file" : code === "EACCES" ? "no permission to read it" : describeError(error);
    throw unusable(`reading kubeconfig ${file}: ${why}`, error);
  }
  const config = new KubeConfig();
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    // Without a cause: a YAML error quotes the line it stumbled on, and that line may hold a token.
    throw unusable(`reading kubeconfig ${file}: it is not YAML${atLine(error)}`);
  }
  if (typeof document !== "object" || document === null || !("contexts" in document)) {
    throw unusable(`reading kubeconfig ${file}: it is no kubeconfig, it has no contexts`);
  }
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(resolve(file)));
    config.users = withTokenFiles(config.users, document, dirname(resolve(file)));
  } catch (error) {
    throw unusable(`reading kubeconfig ${file}: ${withoutSecrets(describeError(error))}`);
  }
  return config;
}

function atLine(error: unknown): string {
  const line = (error as { linePos?: readonly { line?: unknown }[] }).linePos?.[0]?.line;
  return typeof line === "number" ? ` (line ${line})` : "";
}

/** client-node 2.0.1 knows `token-file` (and reads it once); kubectl's key is `tokenFile`, wins over `token` and is read again and again. */
function withTokenFiles(users: User[], document: object, directory: string): User[] {
  const listed = (document as { users?: unknown }).users;
  const files = new Map<unknown, string>();
  for (const each of Array.isArray(listed) ? listed : []) {
    const { name, user } = (each ?? {}) as { name?: unknown; user?: { tokenFile?: unknown } };
    if (typeof user?.tokenFile === "string") files.set(name, resolve(directory, user.tokenFile));
  }
  return users.map((each) => {
    const tokenFile = files.get(each.name);
    if (tokenFile === undefined) return each;
    const { token: _, ...rest } = each;
    return { ...rest, authProvider: { name: "tokenFile", config: { tokenFile } } };
  });
}

function contextFrom(load: () => KubeConfig, where: string, wanted: string | undefined): KubeconfigContext {
  const config = select(load(), where, wanted);
  const name = config.getCurrentContext();
  const cluster = clusterOf(config, where);
  return {
    name,
    endpoint: cluster.server,
    source: sourceOf(config, () => select(load(), where, name), name),
    ...(cluster.proxyUrl === undefined ? {} : { proxy: cluster.proxyUrl }),
  };
}

/** The config with the wanted context as its current one, once everything that it names is there. */
function select(config: KubeConfig, where: string, wanted: string | undefined): KubeConfig {
  const name = wanted ?? config.getCurrentContext();
  const context = config.getContexts().find((each) => each.name === name);
  if (context === undefined) {
    const known = config.getContexts().map((each) => each.name);
    const has = known.length === 0 ? "it has none" : `it has: ${known.join(", ")}`;
    const what = name ? `context "${name}" is not in ${where}` : `${where} has no current context`;
    throw unusable(`${what}; ${has}`);
  }
  config.setCurrentContext(name);
  const cluster = clusterOf(config, where);
  if (config.getCurrentUser() === null) {
    throw unusable(`context "${name}" in ${where} names user "${context.user}", which is not there`);
  }
  if (cluster.server.startsWith("http:")) {
    if (!isLoopbackEndpoint(cluster.server)) {
      throw unusable(
        `context "${name}" in ${where}: ${cluster.server} is not https; only a loopback server may do without`,
      );
    }
    // client-node refuses every http server without this mark; there is no certificate to skip.
    config.clusters = config.clusters.map((each) =>
      each.name === cluster.name ? { ...each, skipTLSVerify: true } : each,
    );
  }
  checkAuthority(cluster, name, where);
  return config;
}

function clusterOf(config: KubeConfig, where: string): Cluster {
  const name = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const wanted = config.getContextObject(name)?.cluster ?? "";
    throw unusable(`context "${name}" in ${where} names cluster "${wanted}", which is not there`);
  }
  if (hostOf(cluster.server) === undefined) {
    throw unusable(`context "${name}" in ${where}: server ${withoutSecrets(cluster.server)} is no http or https URL`);
  }
  if (cluster.proxyUrl?.startsWith("socks")) {
    throw unusable(`context "${name}" in ${where}: a SOCKS proxy is not supported`);
  }
  return cluster;
}

function checkAuthority(cluster: Cluster, name: string, where: string): void {
  if (cluster.caFile === undefined && cluster.caData === undefined) return;
  const what = `context "${name}" in ${where}: the certificate authority of cluster "${cluster.name}"`;
  let pem: Buffer;
  try {
    pem = cluster.caFile ? readFileSync(cluster.caFile) : Buffer.from(cluster.caData ?? "", "base64");
  } catch (error) {
    throw unusable(`${what} cannot be read: ${describeError(error)}`, error);
  }
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw unusable(`${what} is no PEM certificate`, error);
  }
}

/** client-node fills in headers and TLS material; a 401 reads the file anew, which also runs an exec plugin again. */
function sourceOf(first: KubeConfig, reload: () => KubeConfig, name: string): CredentialSource {
  let config = first;
  let pending: Promise<Credentials> | undefined;
  const fill = async (): Promise<Credentials> => {
    const filled: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(filled);
    } catch (error) {
      const words = withoutSecrets(describeError(error)) || "its plugin failed without a word";
      throw new KnitboneError("ClusterUnauthorized", `getting credentials of context "${name}": ${words}`);
    }
    return { headers: headersOf(filled), tls: tlsOf(filled) };
  };
  return {
    /** Requests that begin together share one run of an exec plugin. */
    credentials() {
      pending ??= fill().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    renew() {
      try {
        config = reload();
        return true;
      } catch {
        // The old credentials stay: the server's 401 is the better answer than a file in the middle of a rewrite.
        return false;
      }
    },
  };
}

function headersOf(filled: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(filled.headers ?? {})) {
    if (typeof value === "string") headers[key.toLowerCase()] = value.trim();
  }
  if (typeof filled.auth === "string")
    headers["authorization"] = `Basic ${Buffer.from(filled.auth).toString("base64")}`;
  return headers;
}

function tlsOf(filled: RequestOptions): TlsMaterial {
  const { ca, cert, key, servername, rejectUnauthorized } = filled as TlsMaterial;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}
