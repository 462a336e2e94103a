import type { Actor } from "../actor.ts";
import { timestamp } from "../objects/meta.ts";
import { isTerminal, isTerminating, type Pod, type PodStatus } from "../objects/pod.ts";
import type { Recorder } from "../recorder.ts";
import { type Behaviour, behaviourOf } from "./behaviour.ts";
import { type ContainerView, finishedStatus, runningStatus } from "./pod-status.ts";
import { startHindrance } from "./start-hindrance.ts";
import type { Troubles } from "./troubles.ts";

/** One pod as it exists on the machine, whatever the API says of it. */
export interface Runner {
  pod: Pod;
  state: "waiting" | "running" | "stopping";
  /** When the state began. */
  since: number;
  startedAt: number;
  /** Next thing to do for it; Infinity: nothing but what the API asks. */
  dueAt: number;
  restarts: number;
  attempts: number;
  behaviour: Behaviour;
  podIP: string;
  lastExit?: { code: number; at: number };
}

export interface RunnerTools {
  actor: Actor;
  record: Recorder;
  troubles: Troubles;
  hostIP: string;
  /** The pod is over on this machine. */
  forget(runner: Runner): void;
}

/** Back-off of image pulls and restarts: 10 s, doubling, at most 5 min. */
const backOffMs = (attempts: number): number => Math.min(10_000 * 2 ** Math.max(0, attempts - 1), 300_000);
/** How often the kubelet tries a pod whose sandbox or volumes cannot be made. */
const syncEveryMs = 15_000;

export function newRunner(pod: Pod, podIP: string, now: number): Runner {
  const behaviour = behaviourOf(pod);
  return {
    pod,
    state: "waiting",
    since: now,
    startedAt: now,
    dueAt: now + behaviour.startMs,
    restarts: 0,
    attempts: 0,
    behaviour,
    podIP,
  };
}

export function postStatus(tools: RunnerTools, runner: Runner, status: PodStatus): void {
  const stored = tools.actor.setStatus("pods", runner.pod, status);
  if (stored) runner.pod = stored;
}

export function postView(tools: RunnerTools, runner: Runner, view: ContainerView, now: number): void {
  postStatus(tools, runner, runningStatus(runner.pod, view, runner.podIP, tools.hostIP, now));
}

const fieldPath = (runner: Runner): string => `spec.containers{${runner.pod.spec.containers[0]?.name ?? ""}}`;

/** Moves one pod on, if it is time. Never called while the runtime hangs. */
export function advance(tools: RunnerTools, runner: Runner, now: number): void {
  if (now < runner.dueAt) return;
  switch (runner.state) {
    case "waiting":
      start(tools, runner, now);
      break;
    case "running":
      exit(tools, runner, now);
      break;
    case "stopping":
      stopped(tools, runner, now);
      break;
  }
}

function start(tools: RunnerTools, runner: Runner, now: number): void {
  const { troubles, record } = tools;
  const { pod } = runner;
  const image = pod.spec.containers[0]?.image ?? "";
  const hindrance = startHindrance(troubles, pod);
  if (hindrance?.step === "image") {
    pullFails(tools, runner, image, hindrance.message, now);
    return;
  }
  if (hindrance !== undefined) {
    record(pod, { type: "Warning", reason: hindrance.reason, message: hindrance.message }, now);
    runner.dueAt = now + syncEveryMs;
    return;
  }
  const about = { type: "Normal" as const, fieldPath: fieldPath(runner) };
  record(pod, { ...about, reason: "Pulled", message: `Container image "${image}" already present on machine` }, now);
  const name = pod.spec.containers[0]?.name ?? "";
  record(pod, { ...about, reason: "Created", message: `Container created: ${name}` }, now);
  record(pod, { ...about, reason: "Started", message: "Container started" }, now);
  runner.state = "running";
  runner.since = now;
  runner.startedAt = now;
  runner.dueAt = now + runner.behaviour.exitAfterMs;
  postView(tools, runner, { state: { running: { startedAt: timestamp(now) } }, ready: true, ...history(runner) }, now);
}

function history({ restarts, lastExit }: Runner): Pick<ContainerView, "restarts" | "lastState"> {
  if (lastExit === undefined) return { restarts };
  const { code, at } = lastExit;
  const reason = code === 0 ? "Completed" : "Error";
  return { restarts, lastState: { terminated: { exitCode: code, reason, finishedAt: timestamp(at) } } };
}

function pullFails(tools: RunnerTools, runner: Runner, image: string, why: string, now: number): void {
  const { record } = tools;
  const path = { fieldPath: fieldPath(runner) };
  const backingOff = runner.attempts > 0 && now - runner.since < backOffMs(runner.attempts);
  if (backingOff) {
    const message = `Back-off pulling image "${image}"`;
    record(runner.pod, { type: "Normal", reason: "BackOff", message, ...path }, now);
    record(runner.pod, { type: "Warning", reason: "Failed", message: "Error: ImagePullBackOff", ...path }, now);
    const waiting = { reason: "ImagePullBackOff", message: `${message}: ErrImagePull: ${why}` };
    postView(tools, runner, { state: { waiting }, ready: false, restarts: runner.restarts }, now);
    runner.dueAt = runner.since + backOffMs(runner.attempts);
    return;
  }
  runner.attempts += 1;
  runner.since = now;
  record(runner.pod, { type: "Normal", reason: "Pulling", message: `Pulling image "${image}"`, ...path }, now);
  record(
    runner.pod,
    { type: "Warning", reason: "Failed", message: `Failed to pull image "${image}": ${why}`, ...path },
    now,
  );
  record(runner.pod, { type: "Warning", reason: "Failed", message: "Error: ErrImagePull", ...path }, now);
  const waiting = { reason: "ErrImagePull", message: why };
  postView(tools, runner, { state: { waiting }, ready: false, restarts: runner.restarts }, now);
  runner.dueAt = now + 1_000;
}

/** The containers ended by themselves: over, or started again as the restart policy says. */
function exit(tools: RunnerTools, runner: Runner, now: number): void {
  const { exitCode } = runner.behaviour;
  const { restartPolicy = "Always" } = runner.pod.spec;
  const restarts = restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
  if (!restarts) {
    postStatus(tools, runner, finishedStatus(runner.pod, exitCode, runner.startedAt, runner.restarts, now));
    tools.forget(runner);
    return;
  }
  runner.restarts += 1;
  runner.lastExit = { code: exitCode, at: now };
  runner.state = "waiting";
  runner.since = now;
  const pause = runner.restarts === 1 ? 0 : backOffMs(runner.restarts - 1);
  runner.dueAt = now + pause;
  const name = runner.pod.spec.containers[0]?.name ?? "";
  const message = `back-off ${pause / 1_000}s restarting failed container=${name} pod=${runner.pod.metadata.name}`;
  if (pause > 0)
    tools.record(
      runner.pod,
      { type: "Warning", reason: "BackOff", message: "Back-off restarting failed container" },
      now,
    );
  postView(
    tools,
    runner,
    { state: { waiting: { reason: "CrashLoopBackOff", message } }, ready: false, ...history(runner) },
    now,
  );
}

/** SIGTERM: the API wants the pod gone, or it is gone already. */
export function stop(tools: RunnerTools, runner: Runner, graceMs: number, now: number): void {
  if (runner.state === "stopping") {
    runner.dueAt = Math.min(runner.dueAt, now + graceMs);
    return;
  }
  const message = `Stopping container ${runner.pod.spec.containers[0]?.name ?? ""}`;
  tools.record(runner.pod, { type: "Normal", reason: "Killing", message, fieldPath: fieldPath(runner) }, now);
  const ran = runner.state === "running";
  runner.state = "stopping";
  runner.since = now;
  runner.dueAt = now + (ran ? Math.min(runner.behaviour.stopMs, graceMs) : 0);
}

function stopped(tools: RunnerTools, runner: Runner, now: number): void {
  if (tools.troubles.undying?.(runner.pod)) return;
  const { pod, behaviour } = runner;
  const code = now - runner.since >= behaviour.stopMs ? behaviour.stopCode : 137;
  if (!isTerminal(pod)) postStatus(tools, runner, finishedStatus(pod, code, runner.startedAt, runner.restarts, now));
  tools.forget(runner);
  release(tools.actor, runner.pod);
}

/** The last step of a graceful deletion: nothing of the pod is left here, so the object may go. */
export function release(actor: Actor, pod: Pod): void {
  if (!isTerminating(pod) || pod.metadata.deletionGracePeriodSeconds === 0) return;
  actor.remove("pods", pod, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
}
