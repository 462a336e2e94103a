import { seconds } from "../../../shared/time/duration.ts";
import { createDeployment, createPersistentVolumeClaim, podsOf, type WorkloadShape } from "../cluster-model/builder.ts";
import { imageNotFound } from "../cluster-model/kubelet/pull-words.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import { eventually, podRef } from "./break-pod.ts";
import type { NamedFailure, Scene } from "./named-failure.ts";

const cluster = "west";
const namespace = "starts";
const repairs = new Map<string, () => void>();
const repair = (name: string) => () => repairs.get(name)?.();

const firstPod = (name: string) => (scene: Scene) =>
  eventually(scene, `a pod of ${name}`, () => {
    const [pod] = podsOf(scene.model, name, namespace);
    return pod && podRef(pod);
  });

const started = (name: string, shape: (model: ClusterModel) => Partial<WorkloadShape>) => (scene: Scene) => {
  createDeployment(scene.model, { ...shape(scene.model), name, namespace });
  return firstPod(name)(scene);
};

const claimed = (claimName: string) => ({
  podSpec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] },
});
const withImage = (image: string) => ({ podSpec: { containers: [{ name: "app", image }] } });
const isOf = (name: string) => (pod: { metadata: { labels?: Record<string, string> } }) =>
  pod.metadata.labels?.["app"] === name;

/** Pods that do not start, for reasons that a scheduler or a kubelet gives, or without one. Judged by pending-rescheduler. */
export const pendingFailures: readonly NamedFailure[] = [
  {
    name: "no-room",
    requirement: "S0-12",
    cluster,
    what: "no room anywhere",
    healer: "pending-rescheduler",
    expected: { verdict: "escalate", reason: "NoRoom" },
    deadlineMs: seconds(60),
    inject: started("giant", () => ({ cpu: "20000" })),
  },
  {
    name: "room-in-pieces",
    requirement: "S0-13",
    cluster,
    what: "room in pieces",
    healer: "pending-rescheduler",
    expected: { verdict: "escalate", reason: "Fragmented" },
    deadlineMs: seconds(60),
    inject: started("bulky", () => ({ cpu: "20" })),
  },
  {
    name: "wish-that-no-node-meets",
    requirement: "S0-13",
    cluster,
    what: "no such node",
    healer: "pending-rescheduler",
    expected: { verdict: "escalate", reason: "AffinityUnmet" },
    deadlineMs: seconds(60),
    inject: started("picky", () => ({ podSpec: { nodeSelector: { disk: "optane" } } })),
  },
  {
    name: "claim-is-missing",
    requirement: "S0-21",
    cluster,
    what: "no such claim",
    healer: "pending-rescheduler",
    expected: { verdict: "escalate", reason: "VolumeMissing" },
    deadlineMs: seconds(60),
    inject: started("forgetful", () => claimed("nowhere")),
  },
  {
    name: "claim-is-unbound",
    requirement: "S0-22",
    cluster,
    what: "claim unbound",
    healer: "pending-rescheduler",
    expected: { verdict: "escalate", reason: "VolumeUnbound" },
    deadlineMs: seconds(60),
    inject: started("patient", (model) => {
      createPersistentVolumeClaim(model, { name: "pending", namespace, storageClassName: "missing" });
      return claimed("pending");
    }),
  },
  {
    name: "image-that-is-not-there",
    requirement: "S0-31",
    cluster,
    what: "no such image",
    healer: "pending-rescheduler",
    expected: { verdict: "escalate", reason: "ImageNotFound" },
    deadlineMs: seconds(60),
    inject(scene) {
      const undo = everywhere(scene.model, (node) => scene.model.kubelet(node).failImages(imageNotFound, isOf("typo")));
      repairs.set("typo", undo);
      return started("typo", () => withImage("registry.example.com/shop/web:9.9.9"))(scene);
    },
    afterwards: repair("typo"),
  },
  {
    name: "bound-and-silent-alone",
    requirement: "S0-14",
    cluster,
    what: "bound, silent",
    healer: "pending-rescheduler",
    expected: { verdict: "wait", reason: "SilentAlone" },
    deadlineMs: seconds(60),
    inject(scene) {
      const node = "west-20";
      repairs.set("ghost", scene.model.kubelet(node).overlookPods(isOf("ghost")));
      return started("ghost", () => ({ podSpec: { nodeSelector: { "kubernetes.io/hostname": node } } }))(scene);
    },
    afterwards: repair("ghost"),
  },
];

/** On every node; returns what ends it everywhere. */
function everywhere(model: ClusterModel, breakOne: (node: string) => () => void): () => void {
  const undone = model.store.sorted("nodes").map(({ metadata }) => breakOne(metadata.name));
  return () => {
    for (const undo of undone) undo();
  };
}
