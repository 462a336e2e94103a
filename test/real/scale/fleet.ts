import type { ControlPlane } from "../control-plane.ts";
import { eventually } from "../wait.ts";
import { createNamespace } from "../workloads.ts";
import { handWrittenLabel, type Kubelet, kubeletLabel } from "./kwok-stages.ts";

export interface FleetSize {
  readonly nodes: number;
  /** The first so many of them have their conditions written by the test. */
  readonly flippingNodes: number;
  readonly replicaSets: number;
  readonly podsEach: number;
}

export const fleetNamespace = "fleet";
const zones = ["a", "b", "c"];

/** Makes a pod about as large as a usual one (6 KB), in one field: forty variables would cost the API server most of its time (managed fields). */
const annotations = { "scale.knitbone.io/ballast": "a usual pod has variables, volumes and probes; ".repeat(80) };
const containers = [{ name: "main", image: "registry.k8s.io/pause:3.10" }];

export const nodeName = (index: number): string => `node-${index}`;

/** Registers nodes as kubelets would; KWOK takes it from there. */
export async function createNodes({ api }: ControlPlane, { nodes: count, flippingNodes }: FleetSize): Promise<void> {
  await inParallel(count, async (index) => {
    const labels = {
      "kubernetes.io/hostname": nodeName(index),
      "kubernetes.io/os": "linux",
      "topology.kubernetes.io/zone": zones[index % zones.length],
      ...(index < flippingNodes ? { [handWrittenLabel]: "" } : {}),
    };
    await api.create("/api/v1/nodes", { metadata: { name: nodeName(index), labels } });
  });
  await eventually("all nodes to be Ready", 120_000, async () => {
    const nodes = await api.list("/api/v1/nodes?resourceVersion=0");
    const ready = nodes.filter(({ status }) =>
      (status.conditions ?? []).some(
        (each: { type: string; status: string }) => each.type === "Ready" && each.status === "True",
      ),
    );
    return ready.length === count ? true : undefined;
  });
}

/** ReplicaSets whose pods the real controller makes, the real scheduler places, and KWOK runs. `say` gets a line of progress. */
export async function createPods(plane: ControlPlane, size: FleetSize, say: (line: string) => void): Promise<void> {
  await createNamespace(plane, fleetNamespace);
  await inParallel(size.replicaSets, async (index) => {
    const labels = { app: `app-${index}` };
    await plane.api.create(`/apis/apps/v1/namespaces/${fleetNamespace}/replicasets`, {
      metadata: { name: `app-${index}` },
      spec: {
        replicas: size.podsEach,
        selector: { matchLabels: labels },
        template: { metadata: { labels, annotations }, spec: { terminationGracePeriodSeconds: 1, containers } },
      },
    });
  });
  await fleetReady(plane, size, 420_000, say);
}

/** Waits until every ReplicaSet has all of its pods ready. */
export async function fleetReady(
  { api }: ControlPlane,
  size: FleetSize,
  withinMs: number,
  say: (line: string) => void,
): Promise<void> {
  const wanted = size.replicaSets * size.podsEach;
  let ready = 0;
  let saidAt = performance.now();
  await eventually(
    `${wanted} pods to be ready`,
    withinMs,
    async () => {
      const sets = await api.list(`/apis/apps/v1/namespaces/${fleetNamespace}/replicasets`);
      ready = sets.reduce((sum, { status }) => sum + (status.readyReplicas ?? 0), 0);
      if (performance.now() - saidAt > 15_000) {
        say(`${ready} of ${wanted} pods ready`);
        saidAt = performance.now();
      }
      return ready === wanted ? true : undefined;
    },
    () => `${ready} were`,
    1_000,
  );
}

export interface BarePod {
  readonly name: string;
  /** Bound there past the scheduler; without one the pod asks for a node that does not exist. */
  readonly boundTo?: string;
  readonly kubelet?: Kubelet;
}

/** A pod that nobody owns, as the API server takes it. */
export function barePod({ name, boundTo, kubelet }: BarePod): object {
  return {
    metadata: {
      name,
      labels: { app: "bare", ...(kubelet === undefined ? {} : { [kubeletLabel]: kubelet }) },
      annotations,
    },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...(boundTo === undefined ? { nodeSelector: { "scale.knitbone.io/pool": "none" } } : { nodeName: boundTo }),
      containers,
    },
  };
}

/** Calls `make` for 0 to `count` - 1, as many at once as the API client has connections. */
async function inParallel(count: number, make: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await make(next - 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
