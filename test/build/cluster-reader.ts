import type { ClusterReader, Found } from "../../shared/cluster/cluster.ts";
import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { LeaseFacts } from "../../shared/kubernetes/lease.ts";
import type { Meta } from "../../shared/kubernetes/meta.ts";
import type { NamespaceFacts } from "../../shared/kubernetes/namespace.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { VolumeClaimFacts } from "../../shared/kubernetes/volume-claim.ts";
import type { WorkloadFacts } from "../../shared/kubernetes/workload.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { isAbout } from "../fakes/fake-cluster.ts";
import { noon } from "./instant.ts";

/** As `httpCluster` knows them. */
const knownWorkloadKinds: readonly string[] = [
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
];

/** What a reader finds. The test may change it between two reads. */
export interface World {
  id?: string;
  now?: Instant | undefined;
  pods?: readonly PodFacts[];
  nodes?: readonly NodeFacts[];
  /** Names of nodes on which no pod's node selector lets it stand. */
  closedNodes?: readonly string[];
  leases?: readonly LeaseFacts[];
  events?: readonly EventFacts[];
  volumeClaims?: readonly VolumeClaimFacts[];
  namespaces?: readonly NamespaceFacts[];
  workloads?: readonly WorkloadFacts[];
  deployments?: readonly DeploymentFacts[];
  /** Those that scale what is asked about. */
  autoscalers?: readonly Meta[];
  /** Thrown by the next list of pods. */
  failNextList?: Error | undefined;
}

/** Reads of a world as it is at that moment. `reads` tells what was asked: "pod shop/web-1", "pods shop Failed". */
export function aClusterReader(world: World): ClusterReader & { readonly reads: readonly string[] } {
  const reads: string[] = [];
  const find = <T extends { readonly ref: { readonly namespace: string; readonly name: string } }>(
    all: readonly T[] | undefined,
    namespace: string,
    name: string,
  ): Found<T> => {
    const object = all?.find((each) => each.ref.namespace === namespace && each.ref.name === name);
    return object === undefined ? { kind: "notFound" } : { kind: "found", object };
  };
  return {
    id: world.id ?? "eu-1",
    reads,
    now: () => ("now" in world ? world.now : noon),
    async pod(namespace, name) {
      reads.push(`pod ${namespace}/${name}`);
      return find(world.pods, namespace, name);
    },
    async node(name) {
      reads.push(`node ${name}`);
      return find(world.nodes, "", name);
    },
    async namespace(name) {
      reads.push(`namespace ${name}`);
      return find(world.namespaces, "", name);
    },
    async workload(namespace, owner) {
      reads.push(`${owner.kind} ${namespace}/${owner.name}`);
      if (!knownWorkloadKinds.some((kind) => kind === owner.kind)) return { kind: "unknownKind" };
      const ofKind = world.workloads?.filter((each) => each.ref.kind === owner.kind);
      return find(ofKind, namespace, owner.name);
    },
    async deployment(namespace, name) {
      reads.push(`deployment ${namespace}/${name}`);
      return find(world.deployments, namespace, name);
    },
    async autoscalersOf({ namespace, name }) {
      reads.push(`autoscalersOf ${namespace}/${name}`);
      return world.autoscalers ?? [];
    },
    async pods({ namespace, nodeName, phase }) {
      reads.push(["pods", namespace, nodeName, phase].filter((each) => each !== undefined).join(" "));
      const failure = world.failNextList;
      world.failNextList = undefined;
      if (failure !== undefined) throw failure;
      return (world.pods ?? []).filter(
        (each) =>
          (namespace === undefined || each.ref.namespace === namespace) &&
          (nodeName === undefined || each.nodeName === nodeName) &&
          (phase === undefined || each.phase === phase),
      );
    },
    async nodeLease(nodeName) {
      reads.push(`lease ${nodeName}`);
      const object = world.leases?.find((each) => each.nodeName === nodeName);
      return object === undefined ? { kind: "notFound" } : { kind: "found", object };
    },
    async nodes() {
      reads.push("nodes");
      return world.nodes ?? [];
    },
    async metadata(kind, namespace) {
      reads.push(["metadata", kind, namespace].filter((each) => each !== undefined).join(" "));
      const all =
        kind === "Pod" ? (world.pods ?? []) : (world.workloads ?? []).filter((each) => each.ref.kind === kind);
      return all.filter((each) => namespace === undefined || each.ref.namespace === namespace);
    },
    async eventsAbout(object) {
      reads.push(`events ${object.kind} ${object.namespace === "" ? "" : `${object.namespace}/`}${object.name}`);
      return (world.events ?? []).filter((each) => isAbout(each, object));
    },
    async volumeClaim(namespace, name) {
      reads.push(`claim ${namespace}/${name}`);
      return find(world.volumeClaims, namespace, name);
    },
    async disruptionBudgetsOf(pod) {
      reads.push(`disruptionBudgetsOf ${pod.namespace}/${pod.name}`);
      return [];
    },
    async placesFor(pod) {
      reads.push(`placesFor ${pod.namespace}/${pod.name}`);
      const admits = ({ ref }: NodeFacts) => world.closedNodes?.includes(ref.name) !== true;
      return (world.nodes ?? []).map((node) => ({ node, admits: admits(node) }));
    },
  };
}
