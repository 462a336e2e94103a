type Json = Record<string, unknown>;

/** 12:00:00Z, where the manual clock begins. */
export const noon = Date.parse("2026-11-21T12:00:00Z");

/** RFC 3339 of an instant relative to noon, in milliseconds. */
export function at(ms: number): string {
  return new Date(noon + ms).toISOString().replace(".000Z", "Z");
}

interface RawPod {
  readonly name?: string;
  readonly uid?: string;
  readonly version?: string;
  readonly metadata?: Json;
  readonly spec?: Json;
  readonly status?: Json;
}

/** A running, ready pod "shop/web" on n1, as an API server sends it. */
export function rawPod({ name = "web", uid = `uid-${name}`, version = "100", ...over }: RawPod = {}): Json {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: "shop",
      name,
      uid,
      resourceVersion: version,
      creationTimestamp: at(-3_600_000),
      ...over.metadata,
    },
    spec: { nodeName: "n1", containers: [{ name: "app", resources: { requests: { cpu: "500m" } } }], ...over.spec },
    status: {
      phase: "Running",
      startTime: at(-3_600_000),
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: at(-3_600_000) }],
      containerStatuses: [{ name: "app", ready: true, state: { running: {} } }],
      ...over.status,
    },
  };
}

export function failedPod(over: RawPod = {}): Json {
  return rawPod({ ...over, status: { phase: "Failed", reason: "Evicted", conditions: [], ...over.status } });
}

/** Waits for its image. */
export function waitingPod(over: RawPod = {}): Json {
  const state = { waiting: { reason: "ImagePullBackOff" } };
  return rawPod({
    ...over,
    status: { phase: "Pending", conditions: [], containerStatuses: [{ name: "app", state }], ...over.status },
  });
}

interface RawNode {
  readonly name?: string;
  readonly uid?: string;
  readonly version?: string;
  readonly ready?: "True" | "False" | "Unknown";
  readonly heartbeat?: string;
  readonly labels?: Json;
  readonly spec?: Json;
}

export function rawNode({
  name = "n1",
  uid = `uid-${name}`,
  version = "10",
  ready = "True",
  ...over
}: RawNode = {}): Json {
  return {
    kind: "Node",
    metadata: { name, uid, resourceVersion: version, labels: over.labels ?? {} },
    spec: over.spec ?? {},
    status: {
      allocatable: { cpu: "4", memory: "8Gi", pods: "20" },
      conditions: [
        {
          type: "Ready",
          status: ready,
          lastHeartbeatTime: over.heartbeat ?? at(0),
          lastTransitionTime: at(-3_600_000),
        },
      ],
    },
  };
}

export function rawLease({ node = "n1", version = "20", renewTime = at(0) } = {}): Json {
  return {
    kind: "Lease",
    metadata: { namespace: "kube-node-lease", name: node, uid: `lease-${node}`, resourceVersion: version },
    spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime },
  };
}

interface RawEvent {
  readonly uid?: string;
  readonly version?: string;
  readonly over?: Json;
}

export function rawEvent({ uid = "uid-event", version = "30", over = {} }: RawEvent = {}): Json {
  return {
    kind: "Event",
    metadata: { namespace: "shop", name: uid, uid, resourceVersion: version },
    type: "Warning",
    reason: "FailedKillPod",
    message: "error killing pod",
    involvedObject: { kind: "Pod", namespace: "shop", name: "web", uid: "uid-web" },
    source: { component: "kubelet" },
    count: 1,
    lastTimestamp: at(0),
    ...over,
  };
}
