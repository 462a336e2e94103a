import { KnitboneError } from "../../../shared/errors.ts";
import type { ObjectRef } from "../../../shared/kubernetes/object-ref.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import { type Node, nodeCondition } from "../cluster-model/objects/node.ts";
import type { Taint } from "../cluster-model/objects/pod.ts";
import { eventually } from "./break-pod.ts";
import type { Scene } from "./named-failure.ts";

function theNode(model: ClusterModel, name: string): Node {
  const node = model.store.get("nodes", "", name);
  if (node) return node;
  throw new KnitboneError("ConfigInvalid", `preparing the demo: there is no node ${name}`);
}

export const nodeRef = (model: ClusterModel, name: string): ObjectRef => ({
  kind: "Node",
  namespace: "",
  name,
  uid: theNode(model, name).metadata.uid,
});

/** As `kubectl cordon` and `uncordon` do. */
export function cordon(model: ClusterModel, name: string, unschedulable: boolean): void {
  model.as("person").modify("nodes", theNode(model, name), "", ({ spec }) => {
    spec.unschedulable = unschedulable;
  });
}

export function taint(model: ClusterModel, name: string, by: string, added: Taint): void {
  model.as(by).modify("nodes", theNode(model, name), "", ({ spec }) => {
    spec.taints = [...(spec.taints ?? []), added];
  });
}

/** Waits until the node's Ready condition has this status. */
export const becomes = (scene: Scene, name: string, status: "True" | "False" | "Unknown"): Promise<true> =>
  eventually(scene, `${name} to be Ready=${status}`, () =>
    nodeCondition(theNode(scene.model, name), "Ready")?.status === status ? true : undefined,
  );
