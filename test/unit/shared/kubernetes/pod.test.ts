import { describe, expect, it } from "vitest";
import { endedAt, isMirror, podFromRaw, quantity } from "../../../../shared/kubernetes/pod.ts";

/** As an API server sends it, with a secret wherever a pod can hold one. */
const raw = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-1",
    namespace: "shop",
    uid: "11111111-2222-4333-8444-555555555555",
    resourceVersion: "42",
    creationTimestamp: "2026-11-21T11:00:00Z",
    deletionTimestamp: "2026-11-21T11:30:30Z",
    deletionGracePeriodSeconds: 30,
    finalizers: ["example.com/hold"],
    labels: { app: "web", "internal/secret": "CANARY" },
    annotations: { "knitbone.io/heal": "off", "vault/token": "CANARY" },
    managedFields: [{ manager: "CANARY" }],
    ownerReferences: [
      { apiVersion: "v1", kind: "ConfigMap", name: "other", uid: "x" },
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d9c", uid: "rs-uid", controller: true },
    ],
  },
  spec: {
    nodeName: "n1",
    priorityClassName: "high",
    tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: "data-web-1" } },
      { name: "scratch", ephemeral: { volumeClaimTemplate: {} } },
      { name: "conf", secret: { secretName: "CANARY" } },
    ],
    initContainers: [
      { name: "init", image: "i", resources: { requests: { cpu: "2", memory: "64Mi" } } },
      { name: "proxy", image: "p", restartPolicy: "Always", resources: { requests: { cpu: "100m" } } },
    ],
    containers: [
      {
        name: "app",
        image: "registry.example/web:1",
        command: ["CANARY"],
        args: ["CANARY"],
        env: [{ name: "PASSWORD", value: "CANARY" }],
        ports: [{ containerPort: 80, hostPort: 8080 }],
        resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { "nvidia.com/gpu": "1" } },
      },
    ],
  },
  status: {
    phase: "Failed",
    reason: "Evicted",
    message: "The node was low on resource: memory.",
    startTime: "2026-11-21T11:00:01Z",
    conditions: [{ type: "Ready", status: "False", lastTransitionTime: "2026-11-21T11:20:00Z" }],
    containerStatuses: [
      {
        name: "app",
        ready: false,
        restartCount: 3,
        state: { terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: "2026-11-21T11:10:00Z" } },
        lastState: {
          terminated: {
            exitCode: 1,
            reason: "Error",
            message: "CANARY",
            containerID: "CANARY",
            startedAt: "2026-11-21T11:02:00Z",
            finishedAt: "2026-11-21T11:05:00Z",
          },
        },
      },
    ],
  },
};

describe("podFromRaw", () => {
  const pod = podFromRaw(raw);

  it("keeps what healers judge by", () => {
    expect(pod).toMatchObject({
      ref: { kind: "Pod", namespace: "shop", name: "web-1", uid: "11111111-2222-4333-8444-555555555555" },
      resourceVersion: "42",
      deletionTimestamp: Date.parse("2026-11-21T11:30:30Z"),
      deletionGracePeriodSeconds: 30,
      finalizers: ["example.com/hold"],
      labels: { app: "web" },
      annotations: { "knitbone.io/heal": "off" },
      owner: { kind: "ReplicaSet", name: "web-5d9c", uid: "rs-uid" },
      phase: "Failed",
      reason: "Evicted",
      nodeName: "n1",
      volumeClaims: ["data-web-1", "scratch"],
      hasHostPort: true,
      extendedResources: ["nvidia.com/gpu"],
    });
  });

  it("tells init containers, sidecars and main containers apart", () => {
    expect(pod.containers.map((each) => [each.name, each.role, each.state])).toEqual([
      ["init", "init", "absent"],
      ["proxy", "sidecar", "absent"],
      ["app", "main", "terminated"],
    ]);
  });

  it("keeps how the run before the present one ended, where there was one", () => {
    expect(pod.containers[2]?.lastTerminated).toEqual({
      exitCode: 1,
      reason: "Error",
      startedAt: Date.parse("2026-11-21T11:02:00Z"),
      finishedAt: Date.parse("2026-11-21T11:05:00Z"),
    });
    const status = (lastState: object) => ({ ...raw.status, containerStatuses: [{ name: "app", lastState }] });
    for (const lastState of [{}, { waiting: {} }, { terminated: {} }, { terminated: "?" }]) {
      expect(podFromRaw({ ...raw, status: status(lastState) }).containers[2]).not.toHaveProperty("lastTerminated");
    }
  });

  it("counts requests as the scheduler does: main and sidecars together, or the largest init container", () => {
    expect(pod.requests).toEqual({ cpu: 2, memory: 1_073_741_824 });
  });

  it("lets nothing through that is not on the list", () => {
    expect(JSON.stringify(pod)).not.toContain("CANARY");
  });

  it("reads an empty object without falling over", () => {
    expect(podFromRaw({})).toMatchObject({ phase: "Unknown", containers: [], finalizers: [] });
  });

  it("cuts free text to 1 KiB", () => {
    const long = podFromRaw({ ...raw, status: { ...raw.status, message: "x".repeat(5_000) } });
    expect(long.message).toHaveLength(1_024);
  });
});

describe("endedAt", () => {
  it("is the latest end of a container", () => {
    expect(endedAt(podFromRaw(raw))).toBe(Date.parse("2026-11-21T11:10:00Z"));
  });

  it("falls back to the latest condition change, then to the start", () => {
    const { containerStatuses: _, ...status } = raw.status;
    expect(endedAt(podFromRaw({ ...raw, status }))).toBe(Date.parse("2026-11-21T11:20:00Z"));
    expect(endedAt(podFromRaw({ ...raw, status: { ...status, conditions: [] } }))).toBe(
      Date.parse("2026-11-21T11:00:01Z"),
    );
  });
});

describe("isMirror", () => {
  it("knows a static pod by its annotation", () => {
    const mirror = { ...raw, metadata: { ...raw.metadata, annotations: { "kubernetes.io/config.mirror": "abc" } } };
    expect(isMirror(podFromRaw(mirror))).toBe(true);
    expect(isMirror(podFromRaw(raw))).toBe(false);
  });
});

describe("quantity", () => {
  it.each([
    ["500m", 0.5],
    ["1Gi", 2 ** 30],
    ["2e3", 2_000],
    ["1.5", 1.5],
    ["100k", 100_000],
    [4, 4],
    ["", 0],
    ["abc", 0],
    [null, 0],
  ])("reads %j as %d", (text, value) => {
    expect(quantity(text)).toBeCloseTo(value, 10);
  });
});
