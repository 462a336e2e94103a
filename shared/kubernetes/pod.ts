import type { Instant } from "../time/clock.ts";
import { type Condition, conditionFromRaw, findCondition } from "./condition.ts";
import { type Meta, metaFromRaw } from "./meta.ts";
import { type Raw, rawInstant, rawList, rawMessage, rawNumber, rawObject, rawText } from "./raw.ts";
import { type Toleration, tolerationFromRaw } from "./taint.ts";

export interface ContainerFacts {
  readonly name: string;
  /** `sidecar` = an init container with restartPolicy Always. */
  readonly role: "init" | "sidecar" | "main";
  readonly state: "waiting" | "running" | "terminated" | "absent";
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly startedAt?: Instant;
  readonly finishedAt?: Instant;
  readonly restartCount: number;
  /** The run before the present one (`lastState.terminated`); without its message, which is the program's own words. */
  readonly lastTerminated?: EndedRun;
  readonly ready: boolean;
  readonly image: string;
}

/** How one run of a container ended. By the node's clock, and absent where the kubelet lost sight of the run. */
export interface EndedRun {
  readonly exitCode: number;
  readonly reason?: string;
  readonly startedAt?: Instant;
  readonly finishedAt?: Instant;
}

/**
 * What Knitbone knows about a pod, wherever it read it: the forwarder's delta and a live read share this projection. A positive
 * list: never env, args, command, volume contents, other annotations (`safety.md` §5.3). Instants in epoch milliseconds.
 */
export interface PodFacts extends Meta {
  readonly phase: string;
  readonly reason?: string;
  readonly message?: string;
  readonly nodeName?: string;
  readonly startTime?: Instant;
  readonly conditions: readonly Condition[];
  readonly containers: readonly ContainerFacts[];
  readonly priorityClassName?: string;
  readonly qosClass?: string;
  readonly tolerations: readonly Toleration[];
  /** Names of the PersistentVolumeClaims it mounts; generic ephemeral volumes count under their volume's name. */
  readonly volumeClaims: readonly string[];
  readonly hasResourceClaims: boolean;
  readonly hasHostPort: boolean;
  /** Resource names asked for that are not cpu, memory, ephemeral-storage, pods or hugepages. */
  readonly extendedResources: readonly string[];
  readonly schedulingGates: readonly string[];
  /** Sum over containers of what is asked for, in base units (cores, bytes, pieces). */
  readonly requests: Readonly<Record<string, number>>;
}

const nativeResources = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);

function isExtendedResource(name: string): boolean {
  return !nativeResources.has(name) && !name.startsWith("hugepages-");
}

export function podFromRaw(raw: Raw, extraLabelKeys?: ReadonlySet<string>): PodFacts {
  const spec = rawObject(raw["spec"]);
  const status = rawObject(raw["status"]);
  const specs = [...rawList(spec["initContainers"]), ...rawList(spec["containers"])];
  const resources = new Set(
    specs.flatMap((each) => {
      const asked = rawObject(each["resources"]);
      return [...Object.keys(rawObject(asked["requests"])), ...Object.keys(rawObject(asked["limits"]))];
    }),
  );
  const volumes = rawList(spec["volumes"]);
  const optional = {
    reason: rawText(status["reason"]) || undefined,
    message: rawMessage(status["message"]),
    nodeName: rawText(spec["nodeName"]) || undefined,
    startTime: rawInstant(status["startTime"]),
    priorityClassName: rawText(spec["priorityClassName"]) || undefined,
    qosClass: rawText(status["qosClass"]) || undefined,
  };
  return {
    ...metaFromRaw("Pod", raw, extraLabelKeys),
    phase: rawText(status["phase"]) ?? "Unknown",
    ...withoutUndefined(optional),
    conditions: rawList(status["conditions"]).map(conditionFromRaw),
    containers: containersFromRaw(spec, status),
    tolerations: rawList(spec["tolerations"]).map(tolerationFromRaw),
    volumeClaims: volumes.flatMap((each) => {
      const claim = rawText(rawObject(each["persistentVolumeClaim"])["claimName"]);
      if (claim !== undefined) return [claim];
      return each["ephemeral"] === undefined ? [] : [rawText(each["name"]) ?? "ephemeral"];
    }),
    hasResourceClaims: rawList(spec["resourceClaims"]).length > 0,
    hasHostPort:
      spec["hostNetwork"] === true ||
      specs.some((each) => rawList(each["ports"]).some((port) => (rawNumber(port["hostPort"]) ?? 0) > 0)),
    extendedResources: [...resources].filter(isExtendedResource).sort(),
    schedulingGates: rawList(spec["schedulingGates"]).map((each) => rawText(each["name"]) ?? ""),
    requests: requestsOf(spec),
  };
}

function withoutUndefined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

function containersFromRaw(spec: Raw, status: Raw): readonly ContainerFacts[] {
  const statuses = (key: string) => new Map(rawList(status[key]).map((each) => [rawText(each["name"]) ?? "", each]));
  const initStatuses = statuses("initContainerStatuses");
  const mainStatuses = statuses("containerStatuses");
  return [
    ...rawList(spec["initContainers"]).map((each) =>
      containerFromRaw(each, initStatuses, each["restartPolicy"] === "Always" ? "sidecar" : "init"),
    ),
    ...rawList(spec["containers"]).map((each) => containerFromRaw(each, mainStatuses, "main")),
  ];
}

function containerFromRaw(spec: Raw, statuses: ReadonlyMap<string, Raw>, role: ContainerFacts["role"]): ContainerFacts {
  const name = rawText(spec["name"]) ?? "";
  const status = statuses.get(name) ?? {};
  const state = rawObject(status["state"]);
  const kind = (["waiting", "running", "terminated"] as const).find((each) => state[each] !== undefined) ?? "absent";
  const detail = rawObject(state[kind]);
  return {
    name,
    role,
    state: kind,
    ...withoutUndefined({
      reason: rawText(detail["reason"]) || undefined,
      message: rawMessage(detail["message"]),
      exitCode: rawNumber(detail["exitCode"]),
      startedAt: rawInstant(detail["startedAt"]),
      finishedAt: rawInstant(detail["finishedAt"]),
      lastTerminated: endedRunFromRaw(rawObject(status["lastState"])["terminated"]),
    }),
    restartCount: rawNumber(status["restartCount"]) ?? 0,
    ready: status["ready"] === true,
    image: rawText(spec["image"]) ?? "",
  };
}

function endedRunFromRaw(raw: unknown): EndedRun | undefined {
  const run = rawObject(raw);
  const exitCode = rawNumber(run["exitCode"]);
  if (exitCode === undefined) return undefined;
  const optional = {
    reason: rawText(run["reason"]) || undefined,
    startedAt: rawInstant(run["startedAt"]),
    finishedAt: rawInstant(run["finishedAt"]),
  };
  return { exitCode, ...withoutUndefined(optional) };
}

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity ("500m", "1Gi", "2e3") in base units; 0 when unreadable. Ours: no registry package keeps to the format. */
export function quantity(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return 0;
  const match = /^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(value);
  return match === null ? 0 : Number(match[1]) * (suffixes[match[2] ?? ""] ?? 0);
}

/** What the scheduler counts: the larger of the main containers' sum (with sidecars) and the largest init container. */
function requestsOf(spec: Raw): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  const add = (container: Raw) => {
    for (const [name, value] of Object.entries(rawObject(rawObject(container["resources"])["requests"]))) {
      total[name] = (total[name] ?? 0) + quantity(value);
    }
  };
  for (const each of rawList(spec["containers"])) add(each);
  for (const each of rawList(spec["initContainers"])) {
    if (each["restartPolicy"] === "Always") add(each);
  }
  for (const each of rawList(spec["initContainers"])) {
    for (const [name, value] of Object.entries(rawObject(rawObject(each["resources"])["requests"]))) {
      total[name] = Math.max(total[name] ?? 0, quantity(value));
    }
  }
  return total;
}

export function isTerminating(pod: Meta): boolean {
  return pod.deletionTimestamp !== undefined;
}

export function isReady(pod: PodFacts): boolean {
  return findCondition(pod.conditions, "Ready")?.status === "True";
}

/** Failed or Succeeded: its containers have ended for good. */
export function isTerminal(pod: PodFacts): boolean {
  return pod.phase === "Failed" || pod.phase === "Succeeded";
}

/** Kept by the Job controller until it has counted the pod: it follows from the pod's end, and does not hold it up. */
export const jobTrackingFinalizer = "batch.kubernetes.io/job-tracking";

/** Since when it is bound and its kubelet has not said a word, which writes startTime with its first status (S0-14); undefined when it has. */
export function silentSince(pod: PodFacts): Instant | undefined {
  const isSilent =
    pod.phase === "Pending" &&
    pod.nodeName !== undefined &&
    pod.deletionTimestamp === undefined &&
    pod.startTime === undefined &&
    pod.containers.every((each) => each.state === "absent");
  if (!isSilent) return undefined;
  return boundSince(pod);
}

/** Waiting reasons of a container that is simply on its way. */
const onItsWay: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

/** A container waits, and its kubelet says why. */
export function isStuckWaiting({ state, reason }: ContainerFacts): boolean {
  return state === "waiting" && reason !== undefined && !onItsWay.has(reason);
}

/** Some run of the container has begun, as far as the kubelet says. */
export function hasRun({ state, lastTerminated, restartCount }: ContainerFacts): boolean {
  return state === "running" || state === "terminated" || lastTerminated !== undefined || restartCount > 0;
}

/** Since when it is bound, where its kubelet has spoken and not all of its containers have started yet (S0-26, S0-34). */
export function startingSince(pod: PodFacts): Instant | undefined {
  const isStarting =
    pod.phase === "Pending" &&
    pod.nodeName !== undefined &&
    pod.deletionTimestamp === undefined &&
    silentSince(pod) === undefined;
  return isStarting ? boundSince(pod) : undefined;
}

/**
 * Since when it runs and a running container of it is not ready, while none waits for a reason of its own: its probes say no, or do not answer (S0-97). By
 * the node's clock. undefined for a pod that its node, and not its kubelet, made not ready.
 */
export function unreadySince(pod: PodFacts): Instant | undefined {
  const ready = findCondition(pod.conditions, "Ready");
  const failing = pod.containers.filter((each) => each.role !== "init" && each.state === "running" && !each.ready);
  const isUnready =
    pod.phase === "Running" &&
    pod.deletionTimestamp === undefined &&
    ready?.status === "False" &&
    ready.reason === "ContainersNotReady" &&
    failing.length > 0 &&
    !pod.containers.some(isStuckWaiting);
  if (!isUnready) return undefined;
  // The condition is as old as the pod where it never was ready; its first start may have come much later, and restarts say nothing new.
  const firstStarts = failing.flatMap(({ restartCount, startedAt }) => (restartCount > 0 ? [] : (startedAt ?? [])));
  return Math.max(ready.lastTransitionTime ?? boundSince(pod) ?? 0, ...firstStarts);
}

/** When the scheduler bound it, else when it was made: static pods and those that name their node never were. */
export function boundSince(pod: PodFacts): Instant | undefined {
  const scheduled = findCondition(pod.conditions, "PodScheduled");
  const boundAt = scheduled?.status === "True" ? scheduled.lastTransitionTime : undefined;
  return boundAt ?? pod.creationTimestamp;
}

/** A static pod's shadow in the API: visible, but only its node's files control it (K7). */
export function isMirror(pod: Meta): boolean {
  return pod.annotations["kubernetes.io/config.mirror"] !== undefined;
}

/** When a terminal pod ended, by the latest end of a container, else the latest condition change, else its start or creation. */
export function endedAt(pod: PodFacts): Instant | undefined {
  const ends = pod.containers.flatMap((each) => each.finishedAt ?? []);
  if (ends.length > 0) return Math.max(...ends);
  const changes = pod.conditions.flatMap((each) => each.lastTransitionTime ?? []);
  if (changes.length > 0) return Math.max(...changes);
  return pod.startTime ?? pod.creationTimestamp;
}
