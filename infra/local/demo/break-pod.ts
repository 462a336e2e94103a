import { KnitboneError } from "../../../shared/errors.ts";
import type { ObjectRef } from "../../../shared/kubernetes/object-ref.ts";
import { podsOf } from "../cluster-model/builder.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import type { Pod } from "../cluster-model/objects/pod.ts";
import type { Scene } from "./named-failure.ts";

/** Short, so that a demo does not have to wait for pods that end as they should. */
export const graceSeconds = 2;

const lookEveryMs = 100;

export const podRef = ({ metadata }: Pod): ObjectRef => ({
  kind: "Pod",
  namespace: metadata.namespace ?? "",
  name: metadata.name,
  uid: metadata.uid,
});

/** A running pod of a workload, on the given node where one is named. */
export function runningPod(model: ClusterModel, namespace: string, app: string, node?: string): Pod {
  const pod = podsOf(model, app, namespace).find(
    ({ spec, status, metadata }) =>
      status?.phase === "Running" &&
      metadata.deletionTimestamp === undefined &&
      (node === undefined || spec.nodeName === node),
  );
  if (pod) return pod;
  const where = node === undefined ? "" : ` on ${node}`;
  throw new KnitboneError("ConfigInvalid", `preparing the demo: no pod of ${namespace}/${app} runs${where}`);
}

/** A deletion as a rollout or a person would ask for it: with the pod's own grace. */
export function deletePod(model: ClusterModel, pod: Pod): ObjectRef {
  model.as("rollout").remove("pods", pod);
  return podRef(pod);
}

/** Its containers survive SIGKILL; then it is deleted. Everything else on the node goes on. */
export function hangAndDelete({ model, hung }: Scene, namespace: string, app: string, node?: string): ObjectRef {
  const pod = runningPod(model, namespace, app, node);
  hung.add(pod.metadata.uid);
  model.kubelet(pod.spec.nodeName ?? "").hangContainers(({ metadata }) => hung.has(metadata.uid));
  return deletePod(model, pod);
}

/** Looks until `find` gives something. */
export async function eventually<T>(
  { clock, signal }: Scene,
  what: string,
  find: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (signal.aborted) throw new Error(`the demo ended while waiting for ${what}`);
    await clock.sleep(lookEveryMs, signal);
  }
}
