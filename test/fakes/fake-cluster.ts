import type { Cluster, ClusterEvent } from "../../shared/cluster/cluster.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { Outcome } from "../../shared/heal/heal.ts";
import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import type { DisruptionBudgetFacts } from "../../shared/kubernetes/disruption-budget.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { LeaseFacts } from "../../shared/kubernetes/lease.ts";
import type { Meta } from "../../shared/kubernetes/meta.ts";
import type { NamespaceFacts } from "../../shared/kubernetes/namespace.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import { describeMark, isSameMark, markOn, type NodeMark } from "../../shared/kubernetes/node-marks.ts";
import { taskKey } from "../../shared/kubernetes/node-task.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { type SpillOrder, spillKey } from "../../shared/kubernetes/spill.ts";
import type { VolumeClaimFacts } from "../../shared/kubernetes/volume-claim.ts";
import type { WorkloadFacts } from "../../shared/kubernetes/workload.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** A write that reached the fake API server, whatever it answered. */
export interface RecordedWrite {
  readonly verb: "forceDelete" | "evict";
  readonly pod: ObjectRef;
  readonly resourceVersion: string;
  readonly outcome: Outcome["kind"];
}

/** A task that was asked of a node. */
export interface RecordedTask {
  readonly node: ObjectRef;
  /** "rung#id" */
  readonly task: string;
  readonly outcome: Outcome["kind"];
}

/** A write to a node's taints that reached the fake API server. */
export interface RecordedMark {
  readonly verb: "taint" | "untaint";
  readonly node: ObjectRef;
  readonly resourceVersion: string;
  /** "key=value:effect" */
  readonly taint: string;
  readonly outcome: Outcome["kind"];
}

/** A write to a spill that reached the fake API server. */
export interface RecordedSpillWrite {
  readonly verb: "create" | "scale" | "remove";
  readonly name: string;
  readonly replicas?: number;
  readonly outcome: Outcome["kind"];
}

export interface FakeCluster extends Cluster {
  /** Also found as a workload by its owner reference. */
  putDeployment(deployment: DeploymentFacts): void;
  removeDeployment(deployment: Pick<Meta, "ref">): void;
  /** A HorizontalPodAutoscaler that scales this workload. */
  putAutoscaler(workload: Pick<Meta, "ref">, autoscaler: Meta): void;
  readonly spillWrites: readonly RecordedSpillWrite[];
  putPod(pod: PodFacts): void;
  removePod(pod: PodFacts): void;
  putNode(node: NodeFacts): void;
  /** No pod's node selector admits it there. */
  closeNode(name: string): void;
  putLease(lease: LeaseFacts): void;
  /** An Event that somebody else wrote. */
  putEvent(event: EventFacts): void;
  putVolumeClaim(claim: VolumeClaimFacts): void;
  putNamespace(namespace: NamespaceFacts): void;
  putWorkload(workload: WorkloadFacts): void;
  putDisruptionBudget(pod: PodFacts, budget: DisruptionBudgetFacts): void;
  /** The next write gets this answer and changes nothing, unless `applied` (an answer lost on its way). */
  answerNextWrite(outcome: Outcome, options?: { readonly applied?: boolean }): void;
  /** Every call fails until mended. */
  breakDown(error?: KnitboneError): void;
  mend(): void;
  /** Runs right before the n-th pod read from now on (1 = the next). */
  beforePodRead(n: number, action: () => void): void;
  readonly writes: readonly RecordedWrite[];
  readonly marks: readonly RecordedMark[];
  readonly tasks: readonly RecordedTask[];
  /** Runs right before the n-th node read from now on. */
  beforeNodeRead(n: number, action: () => void): void;
  readonly events: readonly ClusterEvent[];
  readonly reads: () => number;
}

/** A cluster at the level of `Cluster`: live facts, and writes that keep to their preconditions as the API server does. */
export function fakeCluster(id: string, clock: Clock): FakeCluster {
  const pods = new Map<string, PodFacts>();
  const nodes = new Map<string, NodeFacts>();
  const leases = new Map<string, LeaseFacts>();
  const closed = new Set<string>();
  const marks: RecordedMark[] = [];
  const tasks: RecordedTask[] = [];
  const nodeReads = new Map<number, () => void>();
  let nodeReadCount = 0;
  const namespaces = new Map<string, NamespaceFacts>();
  const workloads = new Map<string, WorkloadFacts>();
  const budgets = new Map<string, DisruptionBudgetFacts[]>();
  const claims = new Map<string, VolumeClaimFacts>();
  const writes: RecordedWrite[] = [];
  const events: ClusterEvent[] = [];
  const told: EventFacts[] = [];
  const podReads = new Map<number, () => void>();
  const deployments = new Map<string, DeploymentFacts>();
  const autoscalers = new Map<string, Meta[]>();
  const spillWrites: RecordedSpillWrite[] = [];
  let broken: KnitboneError | undefined;
  let podReadCount = 0;
  let readCount = 0;
  let nextAnswer: { readonly outcome: Outcome; readonly applied: boolean } | undefined;

  const key = (namespace: string, name: string) => `${namespace}/${name}`;
  const reading = <T>(answer: () => T): Promise<T> => {
    readCount++;
    return broken === undefined ? Promise.resolve(answer()) : Promise.reject(broken);
  };
  const found = <T>(object: T | undefined) =>
    object === undefined ? ({ kind: "notFound" } as const) : ({ kind: "found", object } as const);

  const write = (verb: RecordedWrite["verb"], pod: ObjectRef, resourceVersion: string): Outcome => {
    const answer = nextAnswer;
    nextAnswer = undefined;
    const live = pods.get(key(pod.namespace, pod.name));
    const judged = judge(live, pod, resourceVersion);
    const outcome = answer?.outcome ?? judged;
    if (judged.kind === "Done" && (answer === undefined || answer.applied)) pods.delete(key(pod.namespace, pod.name));
    writes.push({ verb, pod, resourceVersion, outcome: outcome.kind });
    return outcome;
  };

  const mark = (verb: RecordedMark["verb"], node: ObjectRef, resourceVersion: string, taint: NodeMark): Outcome => {
    const answer = nextAnswer;
    nextAnswer = undefined;
    const live = nodes.get(node.name);
    const stands = live !== undefined && live.ref.uid === node.uid && markOn(live, taint) !== undefined;
    const isThere = live?.ref.uid === node.uid && stands === (verb === "taint");
    const judged: Outcome = isThere ? { kind: "Done" } : judge(live, node, resourceVersion);
    if (live !== undefined && !isThere && judged.kind === "Done" && (answer === undefined || answer.applied)) {
      const others = live.taints.filter((each) => !isSameMark(each, taint));
      const taints = verb === "taint" ? [...others, { ...taint, timeAdded: clock.now() }] : others;
      nodes.set(node.name, { ...live, taints, resourceVersion: `${live.resourceVersion}+` });
    }
    const outcome = answer?.outcome ?? judged;
    marks.push({ verb, node, resourceVersion, taint: describeMark(taint), outcome: outcome.kind });
    return outcome;
  };

  const ask = (node: ObjectRef, resourceVersion: string, task: string): Outcome => {
    const live = nodes.get(node.name);
    const stands = live?.ref.uid === node.uid && live.annotations[taskKey] === task;
    const outcome: Outcome = stands ? { kind: "Done" } : judge(live, node, resourceVersion);
    if (live !== undefined && !stands && outcome.kind === "Done") {
      const annotations = { ...live.annotations, [taskKey]: task };
      nodes.set(node.name, { ...live, annotations, resourceVersion: `${live.resourceVersion}+` });
    }
    tasks.push({ node, task, outcome: outcome.kind });
    return outcome;
  };

  /** One write to a Deployment: `change` is carried out where the write is applied. */
  const spillWrite = (written: Omit<RecordedSpillWrite, "outcome">, judged: Outcome, change: () => void): Outcome => {
    const answer = nextAnswer;
    nextAnswer = undefined;
    if (judged.kind === "Done" && (answer === undefined || answer.applied)) change();
    const outcome = answer?.outcome ?? judged;
    spillWrites.push({ ...written, outcome: outcome.kind });
    return outcome;
  };

  const createSpill = (workload: ObjectRef, resourceVersion: string, order: SpillOrder): Outcome => {
    const original = deployments.get(key(workload.namespace, workload.name));
    const judged = judge(original, workload, resourceVersion);
    const isTaken = judged.kind === "Done" && deployments.has(key(workload.namespace, order.name));
    const outcome: Outcome = isTaken
      ? { kind: "Conflict", message: `Deployment ${order.name} exists already` }
      : judged;
    return spillWrite({ verb: "create", name: order.name, replicas: order.replicas }, outcome, () => {
      if (original !== undefined) putDeployment(spillOf(original, order));
    });
  };

  const changeSpill = (
    written: Omit<RecordedSpillWrite, "outcome" | "name">,
    spill: ObjectRef,
    resourceVersion: string,
    change: (live: DeploymentFacts) => void,
  ): Outcome => {
    const live = deployments.get(key(spill.namespace, spill.name));
    return spillWrite({ ...written, name: spill.name }, judge(live, spill, resourceVersion), () => {
      if (live !== undefined) change(live);
    });
  };

  const putDeployment = (deployment: DeploymentFacts): void => {
    deployments.set(key(deployment.ref.namespace, deployment.ref.name), deployment);
    workloads.set(`Deployment/${key(deployment.ref.namespace, deployment.ref.name)}`, deployment);
  };

  const removeDeployment = ({ ref }: Pick<Meta, "ref">): void => {
    deployments.delete(key(ref.namespace, ref.name));
    workloads.delete(`Deployment/${key(ref.namespace, ref.name)}`);
    // The garbage collector: a spill goes with its original.
    for (const each of deployments.values()) if (each.spill?.of === ref.uid) removeDeployment(each);
  };

  return {
    id,
    now: () => clock.now(),
    deployment: (namespace, name) => reading(() => found(deployments.get(key(namespace, name)))),
    autoscalersOf: (workload) => reading(() => autoscalers.get(workload.uid) ?? []),
    createSpill: async (workload, resourceVersion, order) => createSpill(workload, resourceVersion, order),
    scaleSpill: async (spill, resourceVersion, generation, replicas) =>
      changeSpill({ verb: "scale", replicas }, spill, resourceVersion, (live) =>
        putDeployment({
          ...live,
          replicas,
          resourceVersion: `${live.resourceVersion}+`,
          generation: live.generation + 1,
          ...(live.spill === undefined ? {} : { spill: { ...live.spill, generation: generation + 1 } }),
        }),
      ),
    removeSpill: async (spill, resourceVersion) =>
      changeSpill({ verb: "remove" }, spill, resourceVersion, removeDeployment),
    putDeployment,
    removeDeployment,
    putAutoscaler: ({ ref }, autoscaler) => autoscalers.set(ref.uid, [...(autoscalers.get(ref.uid) ?? []), autoscaler]),
    spillWrites,
    pod: (namespace, name) =>
      reading(() => {
        podReadCount++;
        podReads.get(podReadCount)?.();
        return found(pods.get(key(namespace, name)));
      }),
    node: (name) =>
      reading(() => {
        nodeReadCount++;
        nodeReads.get(nodeReadCount)?.();
        return found(nodes.get(name));
      }),
    nodeLease: (name) => reading(() => found(leases.get(name))),
    namespace: (name) => reading(() => found(namespaces.get(name))),
    workload: (namespace, owner) => reading(() => found(workloads.get(`${owner.kind}/${key(namespace, owner.name)}`))),
    pods: (filter) =>
      reading(() =>
        [...pods.values()].filter(
          (each) =>
            (filter.namespace === undefined || each.ref.namespace === filter.namespace) &&
            (filter.nodeName === undefined || each.nodeName === filter.nodeName) &&
            (filter.phase === undefined || each.phase === filter.phase),
        ),
      ),
    nodes: () => reading(() => [...nodes.values()]),
    metadata: (kind, namespace) =>
      reading(() =>
        [...(kind === "Pod" ? pods : workloads).values()].filter(
          ({ ref }) => ref.kind === kind && (namespace === undefined || ref.namespace === namespace),
        ),
      ),
    eventsAbout: (object) => reading(() => told.filter((each) => isAbout(each, object))),
    volumeClaim: (namespace, name) => reading(() => found(claims.get(key(namespace, name)))),
    disruptionBudgetsOf: (pod) => reading(() => budgets.get(pod.uid) ?? []),
    placesFor: (pod) =>
      reading(() =>
        [...pods.values()].some(({ ref }) => ref.uid === pod.uid)
          ? [...nodes.values()].map((node) => ({ node, admits: !closed.has(node.ref.name) }))
          : [],
      ),
    forceDeletePod: async (pod, resourceVersion) => write("forceDelete", pod, resourceVersion),
    evictPod: async (pod, resourceVersion) => write("evict", pod, resourceVersion),
    taintNode: async (node, resourceVersion, taint) => mark("taint", node, resourceVersion, taint),
    untaintNode: async (node, resourceVersion, taint) => mark("untaint", node, resourceVersion, taint),
    askNodeTask: async (node, resourceVersion, task) => ask(node, resourceVersion, task),
    recordEvent: async (event) => {
      if (!events.some((each) => each.id === event.id)) events.push(event);
      return { kind: "Done" };
    },
    putPod: (pod) => pods.set(key(pod.ref.namespace, pod.ref.name), pod),
    removePod: (pod) => pods.delete(key(pod.ref.namespace, pod.ref.name)),
    putNode: (node) => nodes.set(node.ref.name, node),
    closeNode: (name) => closed.add(name),
    putLease: (lease) => leases.set(lease.nodeName, lease),
    putEvent: (event) => told.push(event),
    putVolumeClaim: (claim) => claims.set(key(claim.ref.namespace, claim.ref.name), claim),
    putNamespace: (namespace) => namespaces.set(namespace.ref.name, namespace),
    putWorkload: (workload) =>
      workloads.set(`${workload.ref.kind}/${key(workload.ref.namespace, workload.ref.name)}`, workload),
    putDisruptionBudget: (pod, budget) => budgets.set(pod.ref.uid, [...(budgets.get(pod.ref.uid) ?? []), budget]),
    answerNextWrite: (outcome, options = {}) => {
      nextAnswer = { outcome, applied: options.applied ?? false };
    },
    breakDown: (error = new KnitboneError("ClusterUnreachable", `reading from ${id}: connection refused`)) => {
      broken = error;
    },
    mend: () => {
      broken = undefined;
    },
    marks,
    tasks,
    beforeNodeRead: (n, action) => nodeReads.set(nodeReadCount + n, action),
    beforePodRead: (n, action) => podReads.set(podReadCount + n, action),
    writes,
    events,
    reads: () => readCount,
  };
}

/** As a field selector finds them: pods by uid, nodes by name. */
export function isAbout({ regarding }: EventFacts, { kind, name, uid }: ObjectRef): boolean {
  return regarding.kind === kind && (kind === "Node" ? regarding.name === name : regarding.uid === uid);
}

/** The API server's own rule: another uid under the name, or another version of it, is not what the caller judged. */
function judge(live: Meta | undefined, pod: ObjectRef, resourceVersion: string): Outcome {
  if (live === undefined || live.ref.uid !== pod.uid) return { kind: "Gone" };
  if (live.resourceVersion !== resourceVersion) return { kind: "Conflict", message: "the object has been modified" };
  return { kind: "Done" };
}

/** As the API server and its controllers would leave it a moment later. */
function spillOf(original: DeploymentFacts, { name, replicas, pool }: SpillOrder): DeploymentFacts {
  const { uid } = original.ref;
  return {
    ...original,
    ref: { ...original.ref, name, uid: `${uid}-spill` },
    resourceVersion: "1",
    labels: { ...original.labels, [spillKey]: uid },
    annotations: {},
    replicas,
    readyReplicas: 0,
    generation: 1,
    rollingOut: false,
    template: { ...original.template, nodeSelector: { ...original.template.nodeSelector, [pool.label]: pool.value } },
    spill: { of: uid, pool: pool.value, template: original.template.digest, generation: 1 },
  };
}
