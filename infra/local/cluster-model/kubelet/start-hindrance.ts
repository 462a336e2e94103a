import type { Pod } from "../objects/pod.ts";
import type { FailingStep, Troubles } from "./troubles.ts";

/** What keeps a pod from starting: the first step that fails, in the kubelet's order. `reason` is that of the Event. */
type StartHindrance =
  | { readonly step: "image"; readonly message: string }
  | { readonly step: "before"; readonly reason: string; readonly message: string };

const networkWords =
  "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

/** Network, volumes, sandbox, image (pkg/kubelet/kubelet.go, `SyncPod`). Until the image only an Event tells, and the pod is ContainerCreating. */
export function startHindrance(troubles: Troubles, pod: Pod): StartHindrance | undefined {
  const { networkDown, failingMounts, failingSandboxes, failingImages } = troubles;
  const words = (steps: readonly FailingStep[]) => steps.find(({ match }) => match(pod))?.message(pod);
  if (networkDown) return { step: "before", reason: "NetworkNotReady", message: networkWords };
  const mount = words(failingMounts);
  if (mount !== undefined) return { step: "before", reason: "FailedMount", message: mount };
  const sandbox = words(failingSandboxes);
  if (sandbox !== undefined) {
    return {
      step: "before",
      reason: "FailedCreatePodSandBox",
      message: `Failed to create pod sandbox: ${withCode(sandbox)}`,
    };
  }
  const image = words(failingImages);
  return image === undefined ? undefined : { step: "image", message: image };
}

/** A message that brings its own code is the runtime's whole answer. */
const withCode = (message: string): string =>
  message.startsWith("rpc error:") ? message : `rpc error: code = Unknown desc = ${message}`;
