import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, apiClient } from "./api-client.ts";
import { type AuditLog, auditLog } from "./audit-log.ts";
import { auditPolicy, productGroup } from "./audit-policy.ts";
import { type Daemon, daemonReady, startDaemon } from "./daemon.ts";
import { freePort } from "./free-port.ts";
import { guardFolder, releaseFolder } from "./guardian.ts";
import { type Binaries, binaries } from "./kube/binaries.ts";
import type { ClusterTool } from "./kube/tools.ts";
import { type KubeconfigContext, writeKubeconfig } from "./kubeconfig.ts";
import { bindShippedRoles } from "./product-roles.ts";
import { eventually } from "./wait.ts";

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler, on loopback ports of their own. */
export interface ControlPlane {
  /** https://127.0.0.1:<port> */
  readonly server: string;
  /** http://127.0.0.1:<port>, for what only etcd can do. */
  readonly etcdServer: string;
  /** Temporary, gone after `stop`. Its path is short, for Unix sockets below it. */
  readonly folder: string;
  readonly programs: Binaries;
  /** As cluster administrator. */
  readonly api: ApiClient;
  readonly audit: AuditLog;
  /** A kubeconfig context of that name for one of the users; write it with `writeKubeconfig`, alone or with those of other control planes. */
  context(name: string, user: string): KubeconfigContext;
  /** The path of a kubeconfig file with that one context in it. */
  kubeconfig(name: string, user: string): string;
  /** SIGSTOP to the API server: connections stand, and nothing is answered on them. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Something to end before the control plane does. */
  beforeStop(end: () => Promise<void>): void;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** How long a silent node stays Ready. Long, to keep a frozen one Ready; the server's own default is 50 s. Default 1 h. */
  readonly nodeMonitorGracePeriod?: string;
  /** Of kube-controller-manager, that do not run: such as "garbage-collector-controller". */
  readonly without?: readonly string[];
  /** Requests a second that kube-controller-manager and kube-scheduler may make each; for thousands of pods. Default: their own, 20 and 50. */
  readonly requestsPerSecond?: number;
  /** Users that a product under test acts as; each is in the group by which the audit log knows them. Default: "knitbone". */
  readonly productUsers?: readonly string[];
}

/** Users that every control plane knows: the tests' own, and its parts. */
const administrators = ["admin", "system:kube-controller-manager", "system:kube-scheduler", "kwok"];
export const kubeletUser = "hollow-kubelet";

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const programs = await binaries(process.env, () => {});
  const folder = mkdtempSync(join(tmpdir(), "kb-real-"));
  guardFolder(folder);
  const daemons: Daemon[] = [];
  const endings: (() => Promise<void>)[] = [];
  const run = (name: ClusterTool, args: readonly string[]): Daemon => {
    const daemon = startDaemon({
      name,
      command: programs[name],
      args,
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder },
      logFile: join(folder, `${name}.log`),
    });
    daemons.push(daemon);
    return daemon;
  };
  const stop = async () => {
    await Promise.all(endings.map((end) => end()));
    // Clients first: the API server waits for them.
    for (const daemon of daemons.toReversed()) await daemon.stop(daemon.name === "etcd" ? 0 : 3_000);
    if (!process.env["KNITBONE_KEEP"]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseFolder(folder);
  };

  try {
    const etcdServer = await startEtcd(run);
    const tokens = writeTokens(folder, options.productUsers ?? ["knitbone"]);
    const server = `https://127.0.0.1:${await startApiServer(run, folder, etcdServer)}`;
    const caPem = readFileSync(join(folder, "certs", "apiserver.crt"), "utf8");
    const context = (name: string, user: string): KubeconfigContext => {
      const token = tokens.get(user);
      if (token === undefined)
        throw new Error(`making a kubeconfig: no user ${user}, only ${[...tokens.keys()].join(", ")}`);
      return { name, server, caPem, token };
    };
    const kubeconfig = (name: string, user: string): string => {
      const path = join(folder, `${name}.${user.replaceAll(":", "-")}.kubeconfig`);
      writeKubeconfig(path, [context(name, user)]);
      return path;
    };
    const api = apiClient(context("admin", "admin"));
    endings.push(async () => api.close());
    const apiServer = daemons.at(-1) as Daemon;
    await daemonReady(apiServer, 60_000, async () => (await api.text("/readyz")) === "ok");
    await letKubeletsIn(api);
    await bindShippedRoles(api);
    const { requestsPerSecond: rate } = options;
    const pace = rate === undefined ? [] : [`--kube-api-qps=${rate}`, `--kube-api-burst=${rate}`];
    const controllerManager = run("kube-controller-manager", [
      ...pace,
      `--kubeconfig=${kubeconfig("local", "system:kube-controller-manager")}`,
      `--controllers=${["*", ...(options.without ?? []).map((name) => `-${name}`)].join(",")}`,
      "--leader-elect=false",
      "--secure-port=0",
      `--service-account-private-key-file=${join(folder, "service-account.key")}`,
      `--node-monitor-grace-period=${options.nodeMonitorGracePeriod ?? "1h"}`,
    ]);
    const scheduler = run("kube-scheduler", [
      ...pace,
      `--kubeconfig=${kubeconfig("local", "system:kube-scheduler")}`,
      "--leader-elect=false",
      "--secure-port=0",
    ]);
    // Its controllers run when one of the first things that they do is done.
    await daemonReady(controllerManager, 60_000, async () => {
      return (await api.find("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined;
    });
    await daemonReady(scheduler, 1_000, async () => true);
    return {
      server,
      etcdServer,
      folder,
      programs,
      api,
      audit: auditLog(join(folder, "audit.log")),
      context,
      kubeconfig,
      freeze: () => apiServer.signal("SIGSTOP"),
      thaw: () => apiServer.signal("SIGCONT"),
      beforeStop: (end) => endings.push(end),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Run = (name: ClusterTool, args: readonly string[]) => Daemon;

async function startEtcd(run: Run): Promise<string> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const etcd = run("etcd", [
    "--name=only",
    "--data-dir=etcd",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=only=${peer}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ]);
  await daemonReady(etcd, 30_000, async () => (await fetch(`${client}/health`)).ok);
  return client;
}

/** Starts it and waits for its certificate, which it makes before it serves. Returns its port. */
async function startApiServer(run: Run, folder: string, etcdServer: string): Promise<number> {
  const serviceAccounts = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const file = (name: string) => join(folder, name);
  writeFileSync(file("service-account.key"), serviceAccounts.privateKey, { mode: 0o600 });
  writeFileSync(file("service-account.pub"), serviceAccounts.publicKey);
  writeFileSync(file("audit-policy.json"), JSON.stringify(auditPolicy));
  writeFileSync(file("audit.log"), "");
  mkdirSync(file("certs"));
  const port = await freePort();
  const apiServer = run("kube-apiserver", [
    `--etcd-servers=${etcdServer}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${file("certs")}`,
    "--endpoint-reconciler-type=none", // there is no address by which pods could reach it
    "--service-cluster-ip-range=10.0.0.0/24",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("service-account.pub")}`,
    `--service-account-signing-key-file=${file("service-account.key")}`,
    `--token-auth-file=${file("tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
    `--audit-policy-file=${file("audit-policy.json")}`,
    `--audit-log-path=${file("audit.log")}`,
    "--audit-log-maxsize=4096", // MB before it starts another file, which no test gets near
  ]);
  await daemonReady(apiServer, 30_000, async () =>
    readFileSync(file("certs/apiserver.crt"), "utf8").includes("END CERT"),
  );
  return port;
}

/** Tokens by user. */
function writeTokens(folder: string, productUsers: readonly string[]): ReadonlyMap<string, string> {
  const groups = new Map<string, string>([
    ...administrators.map((user) => [user, "system:masters"] as const),
    [kubeletUser, "system:nodes"],
    ...productUsers.map((user) => [user, productGroup] as const),
  ]);
  const tokens = new Map([...groups.keys()].map((user) => [user, randomBytes(16).toString("hex")]));
  const rows = [...groups].map(([user, group]) => `${tokens.get(user)},${user},${user},"${group}"`);
  writeFileSync(join(folder, "tokens.csv"), `${rows.join("\n")}\n`, { mode: 0o600 });
  return tokens;
}

/** Kubernetes brings the role and binds it to nobody: usually the Node authorizer does instead. */
async function letKubeletsIn(api: ApiClient): Promise<void> {
  await eventually("the role system:node", 30_000, () =>
    api.find("/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node"),
  );
  await api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "hollow-kubelets" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:node" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: kubeletUser }],
  });
}
