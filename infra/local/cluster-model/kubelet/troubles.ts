import type { Pod } from "../objects/pod.ts";

export type PodTest = (pod: Pod) => boolean;

/** A step of a pod's start that fails, for the pods that match, in these words. */
export interface FailingStep {
  readonly match: PodTest;
  readonly message: (pod: Pod) => string;
}

/** What is wrong with one node at the moment. Set through `Kubelet`, read by its parts. */
export interface Troubles {
  /** SIGSTOP: nothing happens any more; `keepLease` leaves the heartbeat, so that the node stays Ready and does not act. */
  frozen: { keepLease: boolean } | undefined;
  /** The machine has no power: no kubelet and no containers. */
  off: boolean;
  shuttingDown: boolean;
  runtimeDown: boolean;
  /** Since when the runtime does not list its sandboxes. */
  plegSince: number | undefined;
  diskPressure: boolean;
  memoryPressure: boolean;
  /** No network plug-in: the kubelet is not ready, and starts nothing that needs a network. */
  networkDown: boolean;
  failingImages: readonly FailingStep[];
  failingSandboxes: readonly FailingStep[];
  failingMounts: readonly FailingStep[];
  /** Pods of which its watch does not tell it: bound, and never looked at. */
  unseen: PodTest | undefined;
  /** How many of a device are left, by resource. */
  devicesLeft: Readonly<Record<string, number>>;
  /** Containers that do not die, whatever signal they get. */
  undying: PodTest | undefined;
  refusing: { match: PodTest; reason: string; message: string } | undefined;
}

export const noTroubles = (): Troubles => ({
  frozen: undefined,
  off: false,
  shuttingDown: false,
  runtimeDown: false,
  plegSince: undefined,
  diskPressure: false,
  memoryPressure: false,
  networkDown: false,
  failingImages: [],
  failingSandboxes: [],
  failingMounts: [],
  unseen: undefined,
  devicesLeft: {},
  undying: undefined,
  refusing: undefined,
});

/** The relist must have finished within this (pkg/kubelet/pleg/generic.go). */
const plegThresholdMs = 3 * 60_000;

const networkNotReady =
  "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

/** Why the node is not ready, in the kubelet's words; undefined when it is. */
export function whyNotReady(troubles: Troubles, now: number): string | undefined {
  if (troubles.shuttingDown) return "node is shutting down";
  if (troubles.runtimeDown) return "container runtime is down";
  if (troubles.networkDown) return networkNotReady;
  if (troubles.plegSince === undefined || now - troubles.plegSince < plegThresholdMs) return undefined;
  return `PLEG is not healthy: pleg was last seen active ${goDuration(now - troubles.plegSince)} ago; threshold is 3m0s`;
}

/** The runtime answers neither for new pods nor for dying ones. */
export const runtimeHangs = (troubles: Troubles): boolean => troubles.runtimeDown || troubles.plegSince !== undefined;

/** As Go prints a duration: "3m21.29s". */
function goDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return `${minutes}m${(ms % 60_000) / 1_000}s`;
}
