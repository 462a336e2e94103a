import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, kubeletUser } from "./control-plane.ts";
import { daemonReady, startDaemon } from "./daemon.ts";

/** A real kubelet over a fake container runtime, for one node. */
export interface Kubelet {
  readonly node: string;
  /** SIGSTOP: it hears, says and does nothing more; its node stays Ready for the node-monitor grace period of the control plane. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
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
}

/** Starts one, and waits until its node is Ready and open for pods. The control plane ends it when it ends itself. */
export async function startKubelet(controlPlane: ControlPlane, options: KubeletOptions): Promise<Kubelet> {
  const { node, maxPods = 110, labels = {}, taints = [] } = options;
  // Short: the paths of Unix sockets below it must fit into 107 bytes.
  const root = join(controlPlane.folder, node);
  mkdirSync(root);
  const daemon = startDaemon({
    name: `kubelet of ${node}`,
    command: controlPlane.programs["hollow-kubelet"],
    args: [
      `--name=${node}`,
      `--kubeconfig=${controlPlane.kubeconfig("local", kubeletUser)}`,
      `--root=${root}`,
      `--max-pods=${maxPods}`,
      `--labels=${Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",")}`,
      `--taints=${taints.join(",")}`,
    ],
    cwd: root,
    logFile: join(controlPlane.folder, `kubelet.${node}.log`),
  });
  controlPlane.beforeStop(() => daemon.kill());
  await daemonReady(daemon, 60_000, async () => {
    const found = await controlPlane.api.find(`/api/v1/nodes/${node}`);
    return found !== undefined && isReady(found.status) && !isTaintedNotReady(found.spec);
  });
  return {
    node,
    freeze: () => daemon.signal("SIGSTOP"),
    thaw: () => daemon.signal("SIGCONT"),
    tail: daemon.tail,
    stop: () => daemon.kill(), // works on a frozen one too
  };
}

function isReady(status: { conditions?: readonly { type: string; status: string }[] }): boolean {
  return status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

/** The controller-manager takes this taint away a moment after the node is Ready. */
function isTaintedNotReady(spec: { taints?: readonly { key: string }[] }): boolean {
  return spec.taints?.some(({ key }) => key === "node.kubernetes.io/not-ready") ?? false;
}
