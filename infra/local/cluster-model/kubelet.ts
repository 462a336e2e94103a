import type { Actor } from "./actor.ts";
import { admit, rejected } from "./kubelet/admission.ts";
import { type Breakage, breakage } from "./kubelet/breakage.ts";
import { heart } from "./kubelet/heart.ts";
import { type NodeHealth, type NodeShape, nodeInfo } from "./kubelet/node-status.ts";
import { refusedStatus } from "./kubelet/pod-status.ts";
import { advance, newRunner, postStatus, postView, type Runner, release, stop } from "./kubelet/runner.ts";
import { noTroubles, type PodTest, runtimeHangs, type Troubles, whyNotReady } from "./kubelet/troubles.ts";
import type { Node } from "./objects/node.ts";
import { isTerminal, isTerminating, type Pod } from "./objects/pod.ts";
import type { PodsByNode } from "./pod-resources.ts";
import { recorder } from "./recorder.ts";
import type { Store } from "./store.ts";

/** One node's kubelet and container runtime, with the ways in which they break. */
export interface Kubelet extends Breakage {
  readonly node: string;
  step(now: number): void;
  /** SIGSTOP. `keepLease`: the heartbeat goes on, so that the node stays Ready and does not act. */
  freeze(options?: { keepLease?: boolean }): void;
  /** SIGCONT. What it missed is replayed: pods that were marked Failed meanwhile and never ran here come back as Pending. */
  thaw(): void;
  /** The machine loses power: containers and kubelet are gone. */
  powerOff(): void;
  /** Power comes back: new boot id, containers start again. */
  boot(): void;
  /** `powerOff` and `boot` in one. */
  reboot(): void;
  /** Graceful node shutdown: pods end as Failed/Terminated, new ones are rejected, the node is not ready. `powerOff` usually follows. */
  shutDown(): void;
  /** The kubelet's eviction manager ends these pods: phase Failed, reason Evicted. */
  evictPods(match: PodTest, message?: string): number;
  /** Pods that run on the machine, whether or not the API still knows them. */
  containers(): { uid: string; namespace: string; name: string; startedAt: number }[];
}

export interface KubeletParts {
  actor: Actor;
  store: Store;
  now(): number;
  podsByNode(): PodsByNode;
  id(): string;
  /** Number of this node in its cluster, from 1: for addresses. */
  index: number;
}

const everyPod: PodTest = () => true;
const lowOnStorage =
  "The node was low on resource: ephemeral-storage. Threshold quantity: 10737418240, available: 4194304Ki. ";

export function kubelet(shape: NodeShape, parts: KubeletParts): Kubelet {
  const { actor, store, now: clock, podsByNode, index } = parts;
  const hostIP = `10.0.${index >> 8}.${index & 255}`;
  const troubles: Troubles = noTroubles();
  const record = recorder(actor, store, "kubelet", shape.name);
  let info = nodeInfo(parts.id);
  const beating = heart({ actor, store }, shape, () => info, hostIP);
  const runners = new Map<string, Runner>();
  /** Pods that this kubelet has ended: it does not take them back after a thaw. */
  const ended = new Set<string>();
  let replay = false;
  let seen = -1;
  let overlooked = troubles.unseen;
  let due = Number.NEGATIVE_INFINITY;
  let addresses = 0;

  const tools = { actor, record, troubles, hostIP, forget: (runner: Runner) => forget(runner.pod.metadata.uid) };
  function forget(uid: string): void {
    runners.delete(uid);
    ended.add(uid);
  }

  function health(now: number): NodeHealth {
    const why = whyNotReady(troubles, now);
    const { diskPressure, memoryPressure, devicesLeft } = troubles;
    const ready = why === undefined ? ({ ok: true } as const) : ({ ok: false, message: why } as const);
    return { ready, diskPressure, memoryPressure, devicesLeft };
  }

  function take(pod: Pod, node: Node, now: number): void {
    const others = [...runners.values()].map((runner) => runner.pod);
    const { refusing, shuttingDown } = troubles;
    let admission = admit(pod, node, others);
    if (refusing?.match(pod)) admission = rejected(refusing.reason, refusing.message);
    if (shuttingDown)
      admission = {
        kind: "rejected",
        reason: "NodeShutdown",
        message: "Pod was rejected as the node is shutting down.",
      };
    if (admission.kind === "rejected") {
      const { reason, message } = admission;
      ended.add(pod.metadata.uid);
      record(pod, { type: "Warning", reason, message: message.replace("Pod was rejected: ", "") }, now);
      actor.setStatus("pods", pod, refusedStatus(pod, reason, message, now));
      return;
    }
    addresses = (addresses % 65_000) + 1;
    const podIP = `10.${128 + (index & 127)}.${addresses >> 8}.${addresses & 255}`;
    const runner = newRunner(pod, podIP, now);
    runners.set(pod.metadata.uid, runner);
    const waiting = { reason: "ContainerCreating" };
    postView(tools, runner, { state: { waiting }, ready: false, restarts: 0 }, now);
  }

  /** One look at a pod that the API has bound here. */
  function sync(pod: Pod, node: Node, now: number): void {
    const runner = runners.get(pod.metadata.uid);
    if (runner) {
      runner.pod = pod;
      if (isTerminating(pod)) stop(tools, runner, graceLeft(pod, now), now);
      else if (isTerminal(pod) && !ended.has(pod.metadata.uid)) stop(tools, runner, 0, now);
      return;
    }
    if (isTerminating(pod)) {
      release(actor, pod);
      return;
    }
    const comesBack = replay && !ended.has(pod.metadata.uid);
    if (!isTerminal(pod) || comesBack) take(pod, node, now);
  }

  function syncAll(node: Node, now: number): void {
    const changed = store.changed("pods") !== seen || troubles.unseen !== overlooked || replay;
    if (changed) compare(podsByNode().get(shape.name) ?? [], node, now);
    if (!changed && now < due) return;
    for (const runner of runners.values()) advance(tools, runner, now);
    due = Math.min(...[...runners.values()].map((runner) => runner.dueAt));
  }

  const isSeen = (pod: Pod): boolean => runners.has(pod.metadata.uid) || !troubles.unseen?.(pod);

  /** What the API wants here against what is here. */
  function compare(mine: readonly Pod[], node: Node, now: number): void {
    // Read before our own writes: what they change is looked at in the next step.
    seen = store.changed("pods");
    overlooked = troubles.unseen;
    const uids = new Set(mine.map((pod) => pod.metadata.uid));
    for (const pod of mine.filter(isSeen)) sync(pod, node, now);
    // Force-deleted, or the API forgot them: the containers are still here and must go.
    const leaked = [...runners].filter(([uid]) => !uids.has(uid));
    for (const [, runner] of leaked) stop(tools, runner, runner.behaviour.stopMs, now);
    for (const uid of ended) if (!uids.has(uid)) ended.delete(uid);
    replay = false;
  }

  function end(match: PodTest, reason: string, message: string, disruption?: string): number {
    const now = clock();
    const chosen = [...runners.values()].filter((runner) => match(runner.pod));
    for (const runner of chosen) {
      const status = refusedStatus(runner.pod, reason, message, now);
      const target = {
        type: "DisruptionTarget",
        status: "True" as const,
        reason: "TerminationByKubelet",
        message: disruption ?? message,
      };
      postStatus(tools, runner, { ...status, conditions: [...(status.conditions ?? []), target] });
      forget(runner.pod.metadata.uid);
    }
    return chosen.length;
  }

  const powerOff = () => {
    troubles.off = true;
    troubles.shuttingDown = false;
  };
  const boot = () => {
    troubles.off = false;
    troubles.frozen = undefined;
    info = { ...info, bootID: parts.id() };
    const now = clock();
    const node = store.get("nodes", "", shape.name);
    if (node)
      record(
        node,
        {
          type: "Warning",
          reason: "Rebooted",
          message: `Node ${shape.name} has been rebooted, boot id: ${info.bootID}`,
        },
        now,
      );
    // Containers of before are gone; pods that are still wanted start again with a restart more.
    for (const runner of runners.values()) {
      runner.restarts += runner.state === "running" ? 1 : 0;
      runner.state = "waiting";
      runner.since = now;
      runner.dueAt = now + runner.behaviour.startMs;
    }
    beating.hurry();
    replay = true;
  };

  return {
    ...breakage(troubles, clock),
    node: shape.name,
    step(now) {
      if (troubles.off) return;
      if (troubles.frozen) {
        if (troubles.frozen.keepLease) beating.beat(health(now), now);
        return;
      }
      const node = beating.beat(health(now), now);
      if (node && !runtimeHangs(troubles)) syncAll(node, now);
    },
    freeze: ({ keepLease = false } = {}) => {
      troubles.frozen = { keepLease };
    },
    thaw: () => {
      troubles.frozen = undefined;
      beating.hurry();
      replay = true;
    },
    powerOff,
    boot,
    reboot: () => {
      powerOff();
      boot();
    },
    shutDown: () => {
      troubles.shuttingDown = true;
      beating.hurry();
      end(everyPod, "Terminated", "Pod was terminated in response to imminent node shutdown.");
    },
    evictPods(match, message = lowOnStorage) {
      const now = clock();
      for (const runner of runners.values()) {
        if (match(runner.pod)) record(runner.pod, { type: "Warning", reason: "Evicted", message }, now);
      }
      return end(match, "Evicted", message);
    },
    containers: () =>
      troubles.off
        ? []
        : [...runners.values()]
            .filter((runner) => runner.state !== "waiting")
            .map(({ pod, startedAt }) => ({
              uid: pod.metadata.uid,
              namespace: pod.metadata.namespace ?? "",
              name: pod.metadata.name,
              startedAt,
            })),
  };
}

function graceLeft(pod: Pod, now: number): number {
  const { deletionTimestamp } = pod.metadata;
  return deletionTimestamp === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Date.parse(deletionTimestamp) - now);
}
