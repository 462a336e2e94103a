import type { Pod } from "../objects/pod.ts";
import { registryUnavailable } from "./pull-words.ts";
import type { FailingStep, PodTest, Troubles } from "./troubles.ts";

/** Ends the trouble that its maker has set. */
export type Undo = () => void;

type Words = string | ((pod: Pod) => string);

/** The ways in which a kubelet and its runtime break while the machine lives. Of one kind of failing step several may stand at once. */
export interface Breakage {
  runtimeDown(): Undo;
  /** The runtime stops listing its sandboxes; `alreadyForMs` ago. After three minutes the node says so. */
  hangPleg(alreadyForMs?: number): Undo;
  /** No network plug-in: Ready=False, and pods that need a network wait. */
  networkDown(): Undo;
  failImages(message?: Words, match?: PodTest): Undo;
  failSandboxes(message?: Words, match?: PodTest): Undo;
  /** Volumes that cannot be mounted: the pod stays ContainerCreating. */
  failMounts(message?: Words, match?: PodTest): Undo;
  /** Its watch does not tell it of these pods: bound, without one word, while everything else goes on. */
  overlookPods(match?: PodTest): Undo;
  /** Containers that survive SIGKILL: their pods stay Terminating on a Ready node. */
  hangContainers(match?: PodTest): Undo;
  /** Everything that is bound here is rejected: `UnexpectedAdmissionError` unless told otherwise. */
  refusePods(reason?: string, message?: string, match?: PodTest): Undo;
  /** Of this resource only so many are healthy: allocatable falls below capacity, and who asks for more is rejected. */
  loseDevices(resource: string, left: number): Undo;
  diskPressure(): Undo;
  memoryPressure(): Undo;
}

const everyPod: PodTest = () => true;

export function breakage(troubles: Troubles, now: () => number): Breakage {
  function set<Field extends keyof Troubles>(field: Field, value: Troubles[Field], after: Troubles[Field]): Undo {
    troubles[field] = value;
    return () => {
      troubles[field] = after;
    };
  }

  function fail(field: "failingImages" | "failingSandboxes" | "failingMounts", words: Words, match: PodTest): Undo {
    const step: FailingStep = { match, message: typeof words === "string" ? () => words : words };
    troubles[field] = [...troubles[field], step];
    return () => {
      troubles[field] = troubles[field].filter((each) => each !== step);
    };
  }

  return {
    runtimeDown: () => set("runtimeDown", true, false),
    hangPleg: (alreadyForMs = 0) => set("plegSince", now() - alreadyForMs, undefined),
    networkDown: () => set("networkDown", true, false),
    failImages: (message = registryUnavailable, match = everyPod) => fail("failingImages", message, match),
    failSandboxes: (
      message = 'failed to setup network for sandbox: plugin type="cni" failed (add)',
      match = everyPod,
    ) => fail("failingSandboxes", message, match),
    failMounts: (
      message = 'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
      match = everyPod,
    ) => fail("failingMounts", message, match),
    overlookPods: (match = everyPod) => set("unseen", match, undefined),
    hangContainers: (match = everyPod) => set("undying", match, undefined),
    refusePods: (
      reason = "UnexpectedAdmissionError",
      message = "Allocate failed due to no healthy devices present; cannot allocate unhealthy devices, which is unexpected",
      match = everyPod,
    ) => set("refusing", { match, reason, message }, undefined),
    loseDevices(resource, left) {
      troubles.devicesLeft = { ...troubles.devicesLeft, [resource]: left };
      return () => {
        const { [resource]: _found, ...others } = troubles.devicesLeft;
        troubles.devicesLeft = others;
      };
    },
    diskPressure: () => set("diskPressure", true, false),
    memoryPressure: () => set("memoryPressure", true, false),
  };
}
