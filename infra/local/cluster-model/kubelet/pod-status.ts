import { timestamp } from "../objects/meta.ts";
import type { ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from "../objects/pod.ts";

/** What the kubelet knows of one pod's containers; all containers of a pod go through it together. */
export interface ContainerView {
  state: ContainerState;
  ready: boolean;
  restarts: number;
  lastState?: ContainerState;
}

/** A condition with a new transition time only where its status changes. */
export function withCondition(conditions: readonly PodCondition[], next: PodCondition, now: number): PodCondition[] {
  const before = conditions.find((each) => each.type === next.type);
  const since =
    before?.status === next.status && before.lastTransitionTime !== undefined
      ? before.lastTransitionTime
      : timestamp(now);
  const condition: PodCondition = { lastProbeTime: null, ...next, lastTransitionTime: since };
  return before ? conditions.map((each) => (each.type === next.type ? condition : each)) : [...conditions, condition];
}

function containerStatuses(pod: Pod, view: ContainerView): ContainerStatus[] {
  return pod.spec.containers.map((container) => ({
    name: container.name,
    state: view.state,
    lastState: view.lastState ?? {},
    ready: view.ready,
    started: view.state.running !== undefined,
    restartCount: view.restarts,
    image: container.image,
    imageID: view.state.waiting === undefined ? `sha256:${hex(container.image)}` : "",
    ...(view.state.waiting === undefined
      ? { containerID: `containerd://${hex(pod.metadata.uid + container.name)}` }
      : {}),
  }));
}

/** A stable stand-in for a digest. */
function hex(text: string): string {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0").repeat(8);
}

/** The status of a pod that runs, or waits to run, on this node. */
export function runningStatus(pod: Pod, view: ContainerView, podIP: string, hostIP: string, now: number): PodStatus {
  const started = view.state.waiting === undefined;
  const unready = { reason: "ContainersNotReady", message: notReady(pod) };
  let conditions = pod.status?.conditions ?? [];
  const set = (type: string, ok: boolean, why: Partial<PodCondition> = {}) => {
    conditions = withCondition(conditions, { type, status: ok ? "True" : "False", ...(ok ? {} : why) }, now);
  };
  set("PodReadyToStartContainers", started);
  set("Initialized", true);
  set("Ready", view.ready, unready);
  set("ContainersReady", view.ready, unready);
  set("PodScheduled", true);
  return {
    ...pod.status,
    phase: started ? "Running" : "Pending",
    conditions,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(started ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    startTime: pod.status?.startTime ?? timestamp(now),
    containerStatuses: containerStatuses(pod, view),
  };
}

const notReady = (pod: Pod): string =>
  `containers with unready status: [${pod.spec.containers.map((container) => container.name).join(" ")}]`;

/** The status of a pod whose containers have ended for good. */
export function finishedStatus(
  pod: Pod,
  exitCode: number,
  startedAt: number,
  restarts: number,
  now: number,
): PodStatus {
  const failed = exitCode !== 0;
  const state: ContainerState = {
    terminated: {
      exitCode,
      reason: failed ? "Error" : "Completed",
      startedAt: timestamp(startedAt),
      finishedAt: timestamp(now),
    },
  };
  const reason = failed ? "PodFailed" : "PodCompleted";
  let conditions = pod.status?.conditions ?? [];
  for (const type of ["Ready", "ContainersReady"]) {
    conditions = withCondition(conditions, { type, status: "False", reason }, now);
  }
  return {
    ...pod.status,
    phase: failed ? "Failed" : "Succeeded",
    conditions,
    containerStatuses: containerStatuses(pod, { state, ready: false, restarts }),
  };
}

/** A pod that the kubelet refuses or evicts: nothing but phase, reason and message is left of its status (`rejectPod`, eviction manager). */
export function refusedStatus(pod: Pod, reason: string, message: string, now: number): PodStatus {
  const { qosClass, conditions } = pod.status ?? {};
  return {
    phase: "Failed",
    reason,
    message,
    startTime: pod.status?.startTime ?? timestamp(now),
    ...(conditions ? { conditions } : {}),
    ...(qosClass === undefined ? {} : { qosClass }),
  };
}
