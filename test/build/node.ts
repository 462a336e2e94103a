import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { Taint } from "../../shared/kubernetes/taint.ts";
import { days, seconds } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type ObjectOverrides, type Overrides, override, overrideObject } from "./overrides.ts";
import { aCondition } from "./pod.ts";

/** A healthy worker "n1" in zone-a, Ready since ten days before noon. */
export function aNode(overrides: ObjectOverrides<NodeFacts> = {}): NodeFacts {
  const name = overrides.name ?? "n1";
  return overrideObject<NodeFacts>(
    {
      ref: aRef({ kind: "Node", namespace: "", name }),
      resourceVersion: "900",
      creationTimestamp: atNoon(-days(10)),
      finalizers: [],
      labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": "zone-a" },
      annotations: {},
      taints: [],
      unschedulable: false,
      conditions: [
        aCondition({
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          lastTransitionTime: atNoon(-days(10)),
          lastHeartbeatTime: atNoon(-seconds(20)),
        }),
      ],
      allocatable: { cpu: 4, memory: 16 * 2 ** 30, pods: 110 },
      capacity: { cpu: 4, memory: 16 * 2 ** 30, pods: 110 },
      bootId: `boot-of-${name}`,
      kubeletVersion: "v1.36.3",
      containerRuntimeVersion: "containerd://2.1.4",
      kernelVersion: "6.12.0",
      osImage: "Debian GNU/Linux 13",
      providerId: `aws:///zone-a/${name}`,
    },
    overrides,
  );
}

/** A node whose Ready condition has this status since `since`. */
export function aNodeWithReady(
  status: "True" | "False" | "Unknown",
  since: number,
  overrides: ObjectOverrides<NodeFacts> = {},
): NodeFacts {
  return aNode({ conditions: [aCondition({ type: "Ready", status, lastTransitionTime: since })], ...overrides });
}

export function aTaint(overrides: Overrides<Taint> = {}): Taint {
  return override<Taint>({ key: "knitbone.io/suspect", value: "", effect: "NoSchedule" }, overrides);
}
