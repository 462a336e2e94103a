/** Pods with this label have no kubelet that does more than the value says: see `Kubelet`. */
export const kubeletLabel = "scale.knitbone.io/kubelet";

/** Nodes with this label have no heartbeat: the test writes their conditions, and a heartbeat that was on its way must not write over them. */
export const handWrittenLabel = "scale.knitbone.io/conditions-by-hand";

/** What a kubelet leaves undone: it never looks at the pod, or it never lets go of it. */
export type Kubelet = "silent" | "never-deletes";

/** `$now`, and KWOK's own words for a healthy node: of its stages `node-initialize` and `node-heartbeat-with-lease` (v0.8.0). */
const healthyConditions = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type | Quote }}
{{ end }}
`;

const freshNode = `${healthyConditions}
allocatable: { cpu: "32", memory: 128Gi, pods: "110" }
capacity: { cpu: "32", memory: 128Gi, pods: "110" }
nodeInfo:
  architecture: amd64
  bootID: {{ .metadata.uid | Quote }}
  containerRuntimeVersion: kwok
  kernelVersion: kwok
  kubeProxyVersion: ""
  kubeletVersion: v1.36.3
  machineID: ""
  operatingSystem: linux
  osImage: kwok
  systemUUID: ""
phase: Running
`;

/** Of KWOK's fast `pod-ready`, without the addresses. */
const runningPod = `
{{ $now := Now }}
conditions:
{{ range $index, $type := list "PodReadyToStartContainers" "Initialized" "Ready" "ContainersReady" }}
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: {{ $type }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  started: true
  state:
    running:
      startedAt: {{ $now | Quote }}
{{ end }}
phase: Running
startTime: {{ $now | Quote }}
`;

const node = { apiGroup: "v1", kind: "Node" };
const pod = { apiGroup: "v1", kind: "Pod" };
const ready = '.status.conditions.[] | select( .type == "Ready" ) | .status';
const kubeletOfPod = `.metadata.labels["${kubeletLabel}"]`;

interface Expression {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}

const stage = (name: string, resourceRef: object, matchExpressions: readonly Expression[], rest: object) => ({
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "Stage",
  metadata: { name },
  spec: { resourceRef, selector: { matchExpressions }, ...rest },
});
const unlessKubelet = (...values: readonly Kubelet[]): Expression => ({ key: kubeletOfPod, operator: "NotIn", values });

/**
 * What KWOK does with nodes and pods: its own fast stages with three differences. A node that says Ready=False keeps saying so until the test
 * takes it back (KWOK's would heal it at once); heartbeats come every 5 min, as a kubelet's, not every 10; and a pod that the node lifecycle
 * controller called unready is ready again once its kubelet looks.
 */
export const stages: readonly object[] = [
  stage("node-initialize", node, [{ key: ".status.phase", operator: "NotIn", values: ["Running"] }], {
    next: { statusTemplate: freshNode },
  }),
  stage(
    "node-heartbeat",
    node,
    [
      { key: ".status.phase", operator: "In", values: ["Running"] },
      { key: ready, operator: "In", values: ["True"] },
      { key: `.metadata.labels["${handWrittenLabel}"]`, operator: "DoesNotExist" },
    ],
    {
      delay: { durationMilliseconds: 300_000, jitterDurationMilliseconds: 330_000 },
      next: { statusTemplate: healthyConditions },
    },
  ),
  stage(
    "pod-ready",
    pod,
    [
      { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
      { key: ".status.phase", operator: "In", values: ["Pending", "Running"] },
      { key: ready, operator: "NotIn", values: ["True"] },
      unlessKubelet("silent"),
    ],
    { next: { statusTemplate: runningPod } },
  ),
  stage(
    "pod-delete",
    pod,
    [{ key: ".metadata.deletionTimestamp", operator: "Exists" }, unlessKubelet("silent", "never-deletes")],
    { next: { delete: true } },
  ),
];
