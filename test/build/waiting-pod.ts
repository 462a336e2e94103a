import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import type { ObjectOverrides } from "./overrides.ts";
import { aCondition, aContainer, aPod } from "./pod.ts";

/** A pod that was bound two minutes before noon, and whose one container waits for this reason, in these words. */
export function aWaitingPod(
  waiting: { readonly reason: string; readonly message?: string; readonly image?: string },
  overrides: ObjectOverrides<PodFacts> = {},
): PodFacts {
  const { reason, message, image = "registry.example/web:1.4.2" } = waiting;
  const container = aContainer({ state: "waiting", reason, message, image, ready: false, startedAt: undefined });
  return aPod({
    phase: "Pending",
    creationTimestamp: atNoon(-minutes(2)),
    startTime: atNoon(-minutes(2)),
    conditions: [aCondition({ type: "PodScheduled", lastTransitionTime: atNoon(-minutes(2)) })],
    containers: [container],
    ...overrides,
  });
}

/** Its registry answers 503, in containerd's words. */
export const registryAnswers503 = (image = "registry.example/web:1.4.2"): string =>
  `failed to pull and unpack image "${image}": failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example/v2/web/manifests/1.4.2: 503 Service Unavailable`;

/** A pod that its node cannot pull for, its registry answering 503. */
export function aPodWithoutImage(overrides: ObjectOverrides<PodFacts> & { readonly image?: string } = {}): PodFacts {
  const { image = "registry.example/web:1.4.2", ...others } = overrides;
  return aWaitingPod({ reason: "ErrImagePull", message: registryAnswers503(image), image }, others);
}

/** A pod that was bound this long before noon, and of which its kubelet has not said a word. */
export function aSilentPod(silentForMs: number, overrides: ObjectOverrides<PodFacts> = {}): PodFacts {
  return aPod({
    phase: "Pending",
    startTime: undefined,
    creationTimestamp: atNoon(-silentForMs),
    conditions: [aCondition({ type: "PodScheduled", lastTransitionTime: atNoon(-silentForMs) })],
    containers: [aContainer({ state: "absent", ready: false, startedAt: undefined })],
    ...overrides,
  });
}
