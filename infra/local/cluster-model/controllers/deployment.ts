import { sameJson } from "../objects/json.ts";
import { timestamp } from "../objects/meta.ts";
import { isTerminating, type PodTemplate } from "../objects/pod.ts";
import type { Deployment, ReplicaSet, WorkloadCondition } from "../objects/workload.ts";
import { type Controller, type ControllerParts, ownerReference, whenChanged } from "./controller.ts";

const hashLabel = "pod-template-hash";
const revisionAnnotation = "deployment.kubernetes.io/revision";

/** Owns one ReplicaSet per template and moves replicas from the old ones to the new one, within surge and unavailability. */
export function deploymentController({ store, actor, record }: ControllerParts): Controller {
  return whenChanged(store, ["deployments", "replicasets"], (now) => {
    const owned = setsByOwner(store.all("replicasets"));
    for (const deployment of store.all("deployments")) {
      if (!isTerminating(deployment)) sync(deployment, owned.get(deployment.metadata.uid) ?? [], now);
    }
    return undefined;
  });

  function sync(deployment: Deployment, sets: readonly ReplicaSet[], now: number): void {
    const hash = templateHash(deployment.spec.template);
    const current = sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
    const old = sets.filter((set) => set !== current);
    if (!current) {
      if (deployment.spec.paused === true) return;
      createSet(deployment, hash, sets.length + 1, now, wantedOfNew(deployment, undefined, old));
      return;
    }
    if (deployment.spec.paused !== true) {
      scale(deployment, current, wantedOfNew(deployment, current, old), now);
      shrinkOld(deployment, current, old, now);
    }
    report(deployment, current, sets, now);
  }

  function createSet(deployment: Deployment, hash: string, revision: number, now: number, replicas: number): void {
    const { template, selector } = deployment.spec;
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const name = `${deployment.metadata.name}-${hash}`;
    const made = actor.create("replicasets", deployment.metadata.namespace ?? "", {
      metadata: {
        name,
        labels,
        annotations: { [revisionAnnotation]: String(revision) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
    if (!made) return;
    // Through the status, as the real controller does it: the generation stays.
    actor.modify("deployments", deployment, "status", (next) => {
      next.metadata.annotations = { ...next.metadata.annotations, [revisionAnnotation]: String(revision) };
    });
    record(deployment, scaled("up", name, 0, replicas), now);
  }

  function scale(deployment: Deployment, set: ReplicaSet, replicas: number, now: number): void {
    const before = set.spec.replicas ?? 0;
    if (before === replicas) return;
    actor.modify("replicasets", set, "", (next) => {
      next.spec.replicas = replicas;
    });
    record(deployment, scaled(replicas > before ? "up" : "down", set.metadata.name, before, replicas), now);
  }

  /** Old pods go as far as availability allows; those that are not ready go first, as they add nothing to it. */
  function shrinkOld(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], now: number): void {
    const wanted = deployment.spec.replicas ?? 1;
    const least = isRecreate(deployment) ? 0 : wanted - allowed(deployment, "maxUnavailable");
    const available = [current, ...old].reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
    let spare = Math.max(0, available - least);
    for (const set of old) {
      const replicas = set.spec.replicas ?? 0;
      const unready = replicas - (set.status?.availableReplicas ?? 0);
      const gone = isRecreate(deployment) ? replicas : Math.min(replicas, Math.max(0, unready) + spare);
      spare -= Math.max(0, gone - Math.max(0, unready));
      if (gone > 0) scale(deployment, set, replicas - gone, now);
    }
  }

  function report(deployment: Deployment, current: ReplicaSet, sets: readonly ReplicaSet[], now: number): void {
    const sum = (field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas") =>
      sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
    const wanted = deployment.spec.replicas ?? 1;
    const available = sum("availableReplicas");
    const enough = available >= wanted - allowed(deployment, "maxUnavailable");
    const conditions = availability(deployment.status?.conditions ?? [], enough, now);
    const status = {
      observedGeneration: deployment.metadata.generation ?? 1,
      ...nonZero("replicas", sum("replicas")),
      ...nonZero("updatedReplicas", current.status?.replicas ?? 0),
      ...nonZero("readyReplicas", sum("readyReplicas")),
      ...nonZero("availableReplicas", available),
      ...nonZero("unavailableReplicas", Math.max(0, wanted - available)),
      terminatingReplicas: sum("terminatingReplicas"),
      conditions,
    };
    if (sameJson(deployment.status, status)) return;
    actor.setStatus("deployments", deployment, status);
  }
}

const nonZero = (field: string, amount: number) => (amount > 0 ? { [field]: amount } : {});

function setsByOwner(sets: readonly ReplicaSet[]): Map<string, ReplicaSet[]> {
  const owned = new Map<string, ReplicaSet[]>();
  for (const set of sets) {
    const owner = set.metadata.ownerReferences?.find((each) => each.controller)?.uid;
    if (owner === undefined) continue;
    owned.set(owner, [...(owned.get(owner) ?? []), set]);
  }
  return owned;
}

function scaled(direction: "up" | "down", name: string, from: number, to: number) {
  const message = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
  return { type: "Normal" as const, reason: "ScalingReplicaSet", message };
}

const isRecreate = (deployment: Deployment): boolean => deployment.spec.strategy?.type === "Recreate";

/** Surge is rounded up, unavailability down; both zero means one may be unavailable. */
function allowed(deployment: Deployment, field: "maxSurge" | "maxUnavailable"): number {
  const value = deployment.spec.strategy?.rollingUpdate?.[field] ?? "25%";
  if (typeof value === "number") return value;
  const exact = (Number.parseFloat(value) / 100) * (deployment.spec.replicas ?? 1);
  return field === "maxSurge" ? Math.ceil(exact) : Math.floor(exact);
}

function wantedOfNew(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): number {
  const wanted = deployment.spec.replicas ?? 1;
  const others = old.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
  if (isRecreate(deployment)) {
    const running = old.some((set) => (set.status?.replicas ?? 0) + (set.status?.terminatingReplicas ?? 0) > 0);
    return others > 0 || running ? (current?.spec.replicas ?? 0) : wanted;
  }
  const most = wanted + allowed(deployment, "maxSurge");
  const had = current?.spec.replicas ?? 0;
  return Math.min(wanted, Math.max(Math.min(had, wanted), most - others));
}

function availability(before: readonly WorkloadCondition[], enough: boolean, now: number): WorkloadCondition[] {
  const status = enough ? "True" : "False";
  const old = before.find((condition) => condition.type === "Available");
  if (old?.status === status) return [...before];
  const condition: WorkloadCondition = {
    type: "Available",
    status,
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: `Deployment ${enough ? "has" : "does not have"} minimum availability.`,
    lastUpdateTime: timestamp(now),
    lastTransitionTime: timestamp(now),
  };
  return [...before.filter((each) => each.type !== "Available"), condition];
}

/** Stored templates never change, so each is hashed once. */
const hashes = new WeakMap<PodTemplate, string>();

/** A short, stable hash of the template in the alphabet that Kubernetes uses for it. */
function templateHash(template: PodTemplate): string {
  const known = hashes.get(template);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (const letter of JSON.stringify(template))
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  let text = "";
  for (let left = hash; text.length < 9; left = Math.floor(left / letters.length) || hash)
    text += letters[left % letters.length];
  hashes.set(template, text);
  return text;
}
