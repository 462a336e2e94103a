import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { encodeDelta } from "../../../../functions/forwarder/pack.ts";
import type { Delta } from "../../../../shared/delta/delta.ts";
import { eventFromRaw } from "../../../../shared/kubernetes/event.ts";
import { nodeFromRaw } from "../../../../shared/kubernetes/node.ts";
import { podFromRaw } from "../../../../shared/kubernetes/pod.ts";
import { type ForwarderRig, forwarderRig, paths } from "./forwarder-rig.ts";
import { noon, rawEvent, rawNode, rawPod } from "./raw-objects.ts";

type Json = Record<string, unknown>;

const canary = "CANARY-5e1f";

/** Anything at all, with the canary in every text and every key. */
const secrets = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify({ value }), (_, each) => (typeof each === "string" ? canary : each)))
  .map((value) => ({ ...value, [canary]: canary, list: [canary, { deep: canary }] }) as Json);

/** Members of an object that may leave the cluster; whatever else stands beside them must not. */
function withSecrets(object: Json, secret: Json): Json {
  return { ...secret, ...object };
}

function podWith(secret: Json): Json {
  const hidden = {
    env: [{ name: canary, value: canary, valueFrom: secret }],
    envFrom: [secret],
    args: [canary],
    command: [canary],
    lifecycle: secret,
    livenessProbe: secret,
    securityContext: secret,
    volumeMounts: [secret],
    workingDir: canary,
  };
  const container = withSecrets({ ...hidden, name: "app", image: "registry.example/web" }, secret);
  const pod = rawPod({
    metadata: {
      ...secret,
      annotations: { [canary]: canary, "kubectl.kubernetes.io/last-applied-configuration": canary },
      labels: { [canary]: canary, "example.com/team": canary, app: "web" },
      managedFields: [secret],
      generateName: canary,
      selfLink: canary,
      ownerReferences: [
        { ...secret, controller: true, kind: "ReplicaSet", name: "web", uid: "u", apiVersion: "apps/v1" },
      ],
      name: "web",
      namespace: "shop",
      uid: "uid-web",
      resourceVersion: "100",
    },
    spec: {
      ...secret,
      containers: [container],
      initContainers: [{ ...container, name: "init" }],
      volumes: [
        { ...secret, name: canary, secret: { secretName: canary }, configMap: secret, hostPath: { path: canary } },
        { ...secret, name: "data", persistentVolumeClaim: { claimName: "data", ...{ extra: canary } } },
      ],
      imagePullSecrets: [{ name: canary }],
      serviceAccountName: canary,
      nodeSelector: { [canary]: canary },
      affinity: secret,
      hostAliases: [secret],
      hostname: canary,
      nodeName: "n1",
    },
    status: {
      ...secret,
      phase: "Failed",
      podIP: canary,
      hostIP: canary,
      containerStatuses: [
        { ...secret, name: "app", containerID: canary, imageID: canary, lastState: secret, state: {} },
      ],
    },
  });
  return withSecrets(pod, secret);
}

function nodeWith(secret: Json): Json {
  const node = rawNode({ ready: "False" });
  const status = node["status"] as Json;
  return withSecrets(
    {
      ...node,
      metadata: {
        ...secret,
        ...(node["metadata"] as Json),
        annotations: { [canary]: canary },
        labels: { [canary]: canary, "topology.kubernetes.io/zone": "a" },
        managedFields: [secret],
      },
      spec: { ...secret, podCIDR: canary, configSource: secret },
      status: {
        ...secret,
        ...status,
        addresses: [{ type: "Hostname", address: canary }],
        images: [{ names: [canary] }],
        volumesInUse: [canary],
        nodeInfo: { ...secret, machineID: canary, systemUUID: canary, bootID: "boot" },
      },
    },
    secret,
  );
}

function eventWith(secret: Json): Json {
  const event = rawEvent();
  return withSecrets(
    {
      ...event,
      metadata: {
        ...secret,
        ...(event["metadata"] as Json),
        annotations: { [canary]: canary },
        managedFields: [secret],
      },
      related: secret,
      source: { ...secret, component: "kubelet", host: canary },
      reportingInstance: canary,
      action: canary,
    },
    secret,
  );
}

const projections = [
  ["Pod", (secret: Json) => podFromRaw(podWith(secret))],
  ["Node", (secret: Json) => nodeFromRaw(nodeWith(secret))],
  ["Event", (secret: Json) => eventFromRaw(eventWith(secret))],
] as const;

it.each(projections)("no text of a %s leaves the cluster that is not on the positive list", (_, project) => {
  fc.assert(
    fc.property(secrets, (secret) => {
      const state = project(secret);
      const { ref: object, resourceVersion } = state;
      const delta: Delta = {
        kind: "suspect",
        object,
        resourceVersion,
        signals: [],
        observedAt: noon,
        traceId: "t",
        state,
      };
      expect(encodeDelta(delta).json).not.toContain("CANARY");
    }),
    { numRuns: 300 },
  );
});

it("cuts free text to 1 KiB", () => {
  const pod = podFromRaw(rawPod({ status: { message: "m".repeat(5_000) } }));
  expect(pod.message).toHaveLength(1_024);
});

let rig: ForwarderRig;
beforeEach(() => {
  rig = forwarderRig();
});
afterEach(() => rig.stopAll());

it("neither messages nor logs nor metrics nor the status carry what must stay", async () => {
  const secret = { [canary]: canary, spec: { env: canary } };
  rig.api.serve(paths.pods, "100", [podWith(secret)]);
  rig.api.serve(paths.nodes, "50", [nodeWith(secret)]);
  rig.api.serve(paths.events, "50", [eventWith(secret)]);
  const forwarder = rig.start({ milestones: true });
  await rig.advance(1_000);
  rig.api.stream1(paths.pods).bytes(`${canary}\n`);
  rig.api.stream1(paths.nodes).event("RENAMED", secret);
  await rig.advance(40_000);
  expect(rig.deltas().map((each) => each.object.kind)).toEqual(expect.arrayContaining(["Pod", "Node"]));
  const everything = [
    ...rig.queue.messages().map((each) => each.body),
    JSON.stringify(rig.log),
    await forwarder.metricsText(),
    JSON.stringify(forwarder.status()),
  ];
  expect(everything.filter((each) => each.includes("CANARY"))).toEqual([]);
});
