import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, kubeletUser } from "./control-plane.ts";
import { type Daemon, daemonReady, startDaemon } from "./daemon.ts";
import { type Fault, type FaultTable, faultyRuntime, type RuntimeHoldings } from "./fault-table.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { controlUrl } from "./kubelet-control.ts";

/** Extended resources by name, as device plugins report them: capacity counts all, allocatable the healthy ones. */
export type Devices = Readonly<Record<string, { readonly capacity: number; readonly healthy: number }>>;

/** A real kubelet over a faulty runtime without containers, for one node. The runtime is a process of its own. */
export interface Kubelet {
  readonly node: string;
  /** SIGSTOP: it hears, says and does nothing more; its node stays Ready for the node-monitor grace period of the control plane. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** kill -9 of the kubelet alone, and a new one over what the runtime holds. Does not wait for anything. */
  restart(): Promise<void>;
  /** kill -9 of kubelet and runtime, and new ones: what ran is gone, as after a reboot. What is wrong with the runtime is forgotten. */
  reboot(): Promise<void>;
  /** What is wrong with its runtime. */
  readonly faults: FaultTable;
  /** What its runtime holds. */
  runtime(): Promise<RuntimeHoldings>;
  /**
   * All of them anew; the node's status follows within 10 s. What is not there any more is a device plugin that is gone for good: a capacity
   * of 0. Not while frozen, and forgotten by a restart.
   */
  setDevices(devices: Devices): Promise<void>;
  /** The cgroups of a namespace's pods, one namespace at a time, cannot be made from now on, and systemd or the file system says why; "" ends that. Forgotten by a restart. */
  failPodCgroups(namespace: string, error: string): Promise<void>;
  /** The end of its log. */
  tail(): string;
  stop(): Promise<void>;
}

export interface KubeletOptions {
  readonly node: string;
  readonly maxPods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** key=value:effect */
  readonly taints?: readonly string[];
  /** Extended resources that it has from the start, all of them healthy. */
  readonly devices?: Readonly<Record<string, number>>;
  /** What is wrong with its runtime before it starts. It is not waited for then: such a node may never be Ready. */
  readonly faults?: readonly Fault[];
}

/** Starts one, and waits until its node is Ready and open for pods. The control plane ends it when it ends itself. */
export async function startKubelet(controlPlane: ControlPlane, options: KubeletOptions): Promise<Kubelet> {
  const { node, faults: initialFaults = [] } = options;
  // Short: the paths of Unix sockets below it must fit into 107 bytes.
  const root = join(controlPlane.folder, node);
  mkdirSync(root);
  // One of its own: to write one that a kubelet beside it is just reading would end that one.
  writeKubeconfig(join(root, "kubeconfig"), [controlPlane.context("local", kubeletUser)]);
  const runtimeUrlFile = join(root, "runtime.url");
  const startRuntime = (): Daemon => {
    rmSync(runtimeUrlFile, { force: true });
    return startDaemon({
      name: `runtime of ${node}`,
      command: controlPlane.programs["faulty-runtime"],
      args: [`--socket=${join(root, "cri.sock")}`, `--url-file=${runtimeUrlFile}`],
      cwd: root,
      logFile: join(controlPlane.folder, `runtime.${node}.log`),
    });
  };
  let runtimeDaemon = startRuntime();
  controlPlane.beforeStop(() => runtimeDaemon.kill());
  const runtime = faultyRuntime(runtimeUrlFile);
  await runtime.faults.set(initialFaults);

  const urlFile = join(root, "kubelet.url");
  const start = (): Daemon => {
    rmSync(urlFile, { force: true });
    return startDaemon({
      name: `kubelet of ${node}`,
      command: controlPlane.programs["hollow-kubelet"],
      args: kubeletArguments(root, urlFile, options),
      cwd: root,
      logFile: join(controlPlane.folder, `kubelet.${node}.log`),
    });
  };
  let daemon = start();
  controlPlane.beforeStop(() => daemon.kill());
  if (initialFaults.length === 0) await daemonReady(daemon, 60_000, () => isOpen(controlPlane, node));
  return {
    node,
    freeze: () => daemon.signal("SIGSTOP"),
    thaw: () => daemon.signal("SIGCONT"),
    async restart() {
      await daemon.kill();
      daemon = start();
    },
    async reboot() {
      await daemon.kill();
      await runtimeDaemon.kill();
      runtimeDaemon = startRuntime();
      await runtime.holdings(); // it answers: it has its socket
      daemon = start();
    },
    faults: runtime.faults,
    runtime: runtime.holdings,
    async setDevices(devices) {
      await controlUrl(urlFile).call("PUT", "/devices", devices);
    },
    async failPodCgroups(namespace, error) {
      await controlUrl(urlFile).call("PUT", "/pod-cgroups", { namespace, error });
    },
    tail: () => daemon.tail(),
    async stop() {
      await daemon.kill(); // works on a frozen one too
      await runtimeDaemon.kill();
    },
  };
}

function kubeletArguments(root: string, urlFile: string, options: KubeletOptions): string[] {
  const { node, maxPods = 110, labels = {}, taints = [], devices = {} } = options;
  const pairs = (of: Readonly<Record<string, string | number>>) =>
    Object.entries(of)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  return [
    `--name=${node}`,
    `--kubeconfig=${join(root, "kubeconfig")}`,
    `--root=${root}`,
    `--runtime=${join(root, "cri.sock")}`,
    `--url-file=${urlFile}`,
    `--max-pods=${maxPods}`,
    `--labels=${pairs(labels)}`,
    `--taints=${taints.join(",")}`,
    `--devices=${pairs(devices)}`,
  ];
}

async function isOpen({ api }: ControlPlane, node: string): Promise<boolean> {
  const found = await api.find(`/api/v1/nodes/${node}`);
  return found !== undefined && isReady(found.status) && !isTaintedNotReady(found.spec);
}

function isReady(status: { conditions?: readonly { type: string; status: string }[] }): boolean {
  return status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

/** The controller-manager takes this taint away a moment after the node is Ready. */
function isTaintedNotReady(spec: { taints?: readonly { key: string }[] }): boolean {
  return spec.taints?.some(({ key }) => key === "node.kubernetes.io/not-ready") ?? false;
}
