import { gitVersion } from "../api/discovery.ts";
import { timestamp } from "../objects/meta.ts";
import type { Node, NodeCondition, NodeInfo } from "../objects/node.ts";

/** What a node is like; quantities as in a manifest. */
export interface NodeShape {
  name: string;
  zone?: string;
  region?: string;
  /** Label `knitbone.io/pool`. */
  pool?: string;
  cpu?: string;
  memory?: string;
  ephemeralStorage?: string;
  maxPods?: number;
  controlPlane?: boolean;
  labels?: Record<string, string>;
  /** Further resources such as `nvidia.com/gpu: "4"`. */
  extended?: Record<string, string>;
}

/** The state of a node's parts that its conditions report. */
export interface NodeHealth {
  ready: { ok: true } | { ok: false; message: string };
  diskPressure: boolean;
  memoryPressure: boolean;
  /** How many of a device are healthy, where some are not. */
  devicesLeft: Readonly<Record<string, number>>;
}

export function nodeDraft(shape: NodeShape, info: NodeInfo, address: string) {
  const { name, zone, region, pool, controlPlane, labels } = shape;
  const capacity = {
    cpu: shape.cpu ?? "4",
    memory: shape.memory ?? "16Gi",
    "ephemeral-storage": shape.ephemeralStorage ?? "100Gi",
    pods: String(shape.maxPods ?? 110),
    ...shape.extended,
  };
  return {
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
        ...(region === undefined ? {} : { "topology.kubernetes.io/region": region }),
        ...(pool === undefined ? {} : { "knitbone.io/pool": pool }),
        ...(controlPlane ? { "node-role.kubernetes.io/control-plane": "" } : {}),
        ...labels,
      },
    },
    spec: controlPlane ? { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] } : {},
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: name },
      ],
      nodeInfo: info,
    },
  };
}

export function nodeInfo(id: () => string): NodeInfo {
  return {
    machineID: id().replaceAll("-", ""),
    systemUUID: id(),
    bootID: id(),
    kernelVersion: "6.12.0",
    osImage: "Cluster Model",
    containerRuntimeVersion: "containerd://2.2.0",
    kubeletVersion: gitVersion,
    kubeProxyVersion: "",
    operatingSystem: "linux",
    architecture: "amd64",
  };
}

/** What pods may have of the node: its capacity, without devices that are not healthy. */
export function allocatable(node: Node, { devicesLeft }: NodeHealth): Record<string, string> {
  const left = Object.entries(devicesLeft).map(([resource, count]) => [resource, String(count)]);
  return { ...node.status?.capacity, ...Object.fromEntries(left) };
}

/** The kubelet's conditions; texts of pkg/kubelet/nodestatus/setters.go. */
export function nodeConditions(node: Node, health: NodeHealth, now: number): NodeCondition[] {
  const { ready, diskPressure, memoryPressure } = health;
  const wanted: NodeCondition[] = [
    memoryPressure
      ? {
          type: "MemoryPressure",
          status: "True",
          reason: "KubeletHasInsufficientMemory",
          message: "kubelet has insufficient memory available",
        }
      : {
          type: "MemoryPressure",
          status: "False",
          reason: "KubeletHasSufficientMemory",
          message: "kubelet has sufficient memory available",
        },
    diskPressure
      ? { type: "DiskPressure", status: "True", reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" }
      : {
          type: "DiskPressure",
          status: "False",
          reason: "KubeletHasNoDiskPressure",
          message: "kubelet has no disk pressure",
        },
    {
      type: "PIDPressure",
      status: "False",
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
    },
    ready.ok
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: ready.message },
  ];
  const before = node.status?.conditions ?? [];
  const own = wanted.map((condition) => {
    const old = before.find((each) => each.type === condition.type);
    const since = old?.status === condition.status ? old.lastTransitionTime : undefined;
    return { ...condition, lastHeartbeatTime: timestamp(now), lastTransitionTime: since ?? timestamp(now) };
  });
  // Conditions of others (node-problem-detector) stay.
  return [...before.filter((each) => !own.some((mine) => mine.type === each.type)), ...own];
}
