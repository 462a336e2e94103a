import type { Random } from "../../../../shared/random/random.ts";
import type { Actor } from "../actor.ts";
import type { Draft, KubeObject, OwnerReference } from "../objects/meta.ts";
import { controllerOf } from "../objects/meta.ts";
import type { Pod, PodTemplate } from "../objects/pod.ts";
import type { PodsByNode } from "../pod-resources.ts";
import type { Recorder } from "../recorder.ts";
import type { Store } from "../store.ts";

/** A control loop as a step function: looks at the whole state, does what is due at `now`, keeps no timer. */
export interface Controller {
  step(now: number): void;
}

export interface ControllerParts {
  store: Store;
  actor: Actor;
  record: Recorder;
  random: Random;
  podsByNode(): PodsByNode;
  podsByOwner(): PodsByOwner;
}

export type PodsByOwner = ReadonlyMap<string, readonly Pod[]>;

/** Pods per uid of their controlling owner, made again only after a pod has changed. */
export function ownerIndex(store: Store): () => PodsByOwner {
  let made = -1;
  let index = new Map<string, Pod[]>();
  return () => {
    if (made === store.changed("pods")) return index;
    made = store.changed("pods");
    index = new Map();
    for (const pod of store.all("pods")) {
      const owner = controllerOf(pod)?.uid;
      if (owner === undefined) continue;
      const own = index.get(owner);
      if (own) own.push(pod);
      else index.set(owner, [pod]);
    }
    return index;
  };
}

export function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** A pod from its owner's template; `name` fixes the name, otherwise the owner's name is the prefix. */
export function podFrom(
  owner: KubeObject,
  template: PodTemplate,
  name?: string,
): Omit<Draft<Pod>, "apiVersion" | "kind"> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      ...(name === undefined ? { generateName: `${owner.metadata.name}-` } : { name }),
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [ownerReference(owner)],
    },
    spec: { ...template.spec },
  };
}

/** Runs `sync` only after one of these resources has changed, or when `sync` has asked to be called again by then. */
export function whenChanged(
  store: Store,
  names: readonly Parameters<Store["changed"]>[0][],
  sync: (now: number) => number | undefined,
): Controller {
  let seen = "";
  let due = Number.NEGATIVE_INFINITY;
  return {
    step(now) {
      const versions = names.map((name) => store.changed(name)).join(" ");
      if (versions === seen && now < due) return;
      seen = versions;
      due = sync(now) ?? Number.POSITIVE_INFINITY;
    },
  };
}
