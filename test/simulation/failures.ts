import { createDeployment, createPod, createStatefulSet, podsOf } from "../../infra/local/cluster-model/builder.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import { nodeCondition } from "../../infra/local/cluster-model/objects/node.ts";
import type { Pod } from "../../infra/local/cluster-model/objects/pod.ts";
import { suspectMark } from "../../shared/kubernetes/node-marks.ts";
import { limits } from "../../shared/rail/limits.ts";
import { productWrites } from "./audit.ts";
import type { Dice } from "./dice.ts";

/** One thing that is wrong in the cluster of a run. */
export interface Failure {
  readonly name: string;
  /** Before anything goes wrong. */
  readonly prepare: (model: ClusterModel) => void;
  /** Returns what ends it; it is called once the faults have stopped and the healers have done what they can. */
  readonly happen: (model: ClusterModel, hung: Set<string>) => () => void;
  /** What must be true some time after the faults have stopped, before it is repaired. */
  readonly healed: (model: ClusterModel) => boolean;
}

const host = (node: string) => ({ nodeSelector: { "kubernetes.io/hostname": node } });
const grace = { terminationGracePeriodSeconds: 2 };
const nothing = () => {};

function remove(model: ClusterModel, pods: readonly Pod[]): void {
  for (const each of pods) model.as("rollout").remove("pods", each);
}

/** Containers that survive SIGKILL on this node; then the pods are deleted. */
function hang(model: ClusterModel, node: string, pods: readonly Pod[], hung: Set<string>): void {
  for (const { metadata } of pods) hung.add(metadata.uid);
  model.kubelet(node).hangContainers(({ metadata }) => hung.has(metadata.uid));
  remove(model, pods);
}

const taintsOf = (model: ClusterModel, node: string) => model.store.get("nodes", "", node)?.spec.taints ?? [];
const isMarked = (model: ClusterModel, node: string) =>
  taintsOf(model, node).some(({ key }) => key === suspectMark.key);

/** Pods of a Deployment that hang in Terminating: to be forced away. */
export const overdue = (node: string, replicas = 2): Failure => ({
  name: `overdue pods on ${node}`,
  prepare: (model) =>
    createDeployment(model, { name: "web", namespace: "shop", replicas, podSpec: { ...host(node), ...grace } }),
  happen(model, hung) {
    hang(model, node, podsOf(model, "web", "shop"), hung);
    return nothing;
  },
  healed: (model) => podsOf(model, "web", "shop").every(({ metadata }) => metadata.deletionTimestamp === undefined),
});

/** What never to touch: stateful, with a finalizer, opted out, the cluster's own. All hang in Terminating and stay there. */
export const untouchable = (node: string): Failure => ({
  name: `overdue pods on ${node} that are not ours`,
  prepare(model) {
    createStatefulSet(model, { name: "db", namespace: "data", podSpec: { ...host(node), ...grace } });
    createPod(model, {
      name: "export",
      namespace: "data",
      finalizers: ["backup.example.com/upload"],
      podSpec: host(node),
    });
    createDeployment(model, {
      name: "ledger",
      namespace: "shop",
      annotations: { "knitbone.io/heal": "off" },
      podSpec: { ...host(node), ...grace },
    });
    createDeployment(model, { name: "dns", namespace: "kube-system", podSpec: { ...host(node), ...grace } });
  },
  happen(model, hung) {
    const pods = model.store.all("pods").filter(({ metadata }) => /^(db|export|ledger|dns)/.test(metadata.name));
    hang(model, node, pods, hung);
    return nothing;
  },
  healed: () => true,
});

/** Eight evictions of one owner: all but the newest five are swept. */
const residue = (node: string): Failure => ({
  name: `evicted pods of ${node}`,
  prepare: (model) => createDeployment(model, { name: "cache", namespace: "shop", replicas: 8, podSpec: host(node) }),
  happen(model) {
    model.kubelet(node).evictPods(({ metadata }) => metadata.labels?.["app"] === "cache");
    return nothing;
  },
  healed: (model) => podsOf(model, "cache", "shop").filter(({ status }) => status?.phase === "Failed").length <= 5,
});

/** A node that says nothing any more: to be marked, and the mark to be taken back once it is well. */
const silent = (node: string): Failure => ({
  name: `${node} is silent`,
  prepare: nothing,
  happen(model) {
    model.kubelet(node).freeze();
    return () => model.kubelet(node).thaw();
  },
  healed: (model) => isMarked(model, node),
});

/** A registry that fails for everybody: nobody is touched. */
const registryOutage: Failure = {
  name: "a registry fails",
  prepare: nothing,
  happen(model) {
    const words =
      'failed to resolve reference "mirror.example/app:1.0": unexpected status from HEAD request to https://mirror.example/v2/app/manifests/1.0: 503 Service Unavailable';
    const undo = model
      .kubelets()
      .map((each) => each.failImages(words, ({ metadata }) => metadata.labels?.["app"] === "reader"));
    const containers = [{ name: "app", image: "mirror.example/app:1.0" }];
    createDeployment(model, { name: "reader", namespace: "shop", replicas: 6, podSpec: { containers } });
    return () => {
      for (const each of undo) each();
    };
  },
  healed: () => true,
};

const isOn = (node: string) => (pod: Pod) => pod.spec.nodeName === node;
const isGoing = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;

/** So many pods for each of the eight nodes. */
const spread = (model: ClusterModel, name: string, each: number) =>
  createDeployment(model, { name, namespace: "shop", replicas: 8 * each, podSpec: grace });

/** An hour has room for so many pods of an owner, and so many marks: what else happens may leave nothing of either. */
function isSpent(model: ClusterModel, app: string): boolean {
  const accepted = productWrites(model.api.audit.records).filter(({ isAccepted }) => isAccepted);
  const marks = accepted.filter(({ taints }) => taints.some((each) => each.startsWith(suspectMark.key)));
  const removals = accepted.filter(
    ({ kind, name }) => (kind === "evict" || kind === "forceDelete") && name.startsWith(`${app}-`),
  );
  return removals.length >= limits.owner.limit || marks.length >= limits.nodesOfCluster.limit;
}

/** A node that makes no sandboxes, while it calls itself Ready: what never ran there is made elsewhere. */
export const noSandboxes = (node: string): Failure => ({
  name: `${node} makes no sandboxes`,
  prepare: nothing,
  happen(model) {
    const words =
      'Failed to create pod sandbox: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"';
    const undo = model.kubelet(node).failSandboxes(words, ({ metadata }) => metadata.labels?.["app"] === "api");
    spread(model, "api", 1);
    return undo;
  },
  healed: (model) =>
    podsOf(model, "api", "shop").every(({ status }) => status?.phase === "Running") || isSpent(model, "api"),
});

/** A kubelet that has not heard of some pods, and says not a word of them. Whether another one starts any meanwhile, which is the proof, is left to the run. */
const overlooked = (node: string): Failure => ({
  name: `${node} overlooks pods`,
  prepare: nothing,
  happen(model) {
    const undo = model.kubelet(node).overlookPods(({ metadata }) => metadata.labels?.["app"] === "quiet");
    spread(model, "quiet", 2);
    return undo;
  },
  healed: () => true,
});

/** A runtime that is gone: the node is not Ready, and is drained of what may be moved. */
export const runtimeDown = (node: string): Failure => ({
  name: `the runtime of ${node} is down`,
  prepare: (model) => spread(model, "relay", 1),
  happen: (model) => model.kubelet(node).runtimeDown(),
  healed: (model) => isMarked(model, node) && podsOf(model, "relay", "shop").filter(isOn(node)).every(isGoing),
});

/** At least one of them, each on a node of its own: what happens to a seed is decided before any fault is. */
export function failuresOf(thrown: Dice): readonly Failure[] {
  const all: readonly (readonly [Failure, number])[] = [
    [overdue("n1"), 0.5],
    [untouchable("n2"), 0.5],
    [residue("n3"), 0.5],
    [silent("n5"), 0.5],
    [registryOutage, 0.5],
    [runtimeDown("n4"), 0.25],
    [noSandboxes("n6"), 0.25],
    [overlooked("n8"), 0.25],
  ];
  const drawn = all.flatMap(([failure, share]) => (thrown.chance(share) ? [failure] : []));
  return withRoom(drawn.length > 0 ? drawn : [thrown.pick(all.map(([failure]) => failure))]);
}

/**
 * What is healed in time alone need not be beside others: two nodes of eight that are not Ready halve every budget, and an hour has room for three marks, of which an
 * attempt that got no answer has one.
 */
function withRoom(drawn: readonly Failure[]): readonly Failure[] {
  const has = (kind: RegExp) => drawn.some(({ name }) => kind.test(name));
  const isTooMuch = ({ name }: Failure): boolean =>
    (/is silent/.test(name) && has(/runtime|no sandboxes/)) || (/overlooks/.test(name) && has(/no sandboxes/));
  return drawn.filter((each) => !isTooMuch(each));
}

/** Once all is repaired: no node of ours is marked, and everything runs. */
export function isWell(model: ClusterModel): boolean {
  return model.store
    .all("nodes")
    .every((node) => !isMarked(model, node.metadata.name) && nodeCondition(node, "Ready")?.status === "True");
}
