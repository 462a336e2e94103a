import { KnitboneError } from "../errors.ts";
import type { Outcome } from "../heal/heal.ts";
import { deploymentFromRaw } from "../kubernetes/deployment.ts";
import { disruptionBudgetFromRaw } from "../kubernetes/disruption-budget.ts";
import { eventFromRaw } from "../kubernetes/event.ts";
import { leaseFromRaw } from "../kubernetes/lease.ts";
import { metaFromRaw } from "../kubernetes/meta.ts";
import { namespaceFromRaw } from "../kubernetes/namespace.ts";
import { nodeFromRaw } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { podFromRaw } from "../kubernetes/pod.ts";
import { type Raw, rawObject, rawText, rawTextMap } from "../kubernetes/raw.ts";
import { volumeClaimFromRaw } from "../kubernetes/volume-claim.ts";
import { workloadApis, workloadFromRaw, workloadKind } from "../kubernetes/workload.ts";
import type { Log } from "../log/log.ts";
import type { Random } from "../random/random.ts";
import type { Clock } from "../time/clock.ts";
import { unreadable } from "./answer-error.ts";
import { outcomeOf, outcomeOfFailure } from "./answer-outcome.ts";
import { type ApiReads, apiReads } from "./api-reads.ts";
import type { Cluster, Found, MetadataKind } from "./cluster.ts";
import type { ApiConnection, ApiRequest } from "./connection.ts";
import { eventBody, eventNamespace } from "./event-body.ts";
import { selectorMatches } from "./label-selector.ts";
import { admitsNode } from "./node-selection.ts";
import { goneByUid, type NodeStep, type TaintChange, taintPatch, unreadBeforeWrite } from "./node-taints.ts";
import { taskPatch } from "./node-tasks.ts";
import { readRate } from "./read-rate.ts";
import { serverClock } from "./server-clock.ts";
import { spillWrites } from "./spill-writes.ts";

export interface HttpClusterOptions {
  readonly id: string;
  /** The healer that acts: Events are reported under its name. */
  readonly healer: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** 20 when absent. */
  readonly readsPerSecond?: number;
  /** Label keys to project beyond the well-known ones: the cluster's own pool label. */
  readonly labelKeys?: ReadonlySet<string>;
  /** Names the cluster in error messages; `cluster "<id>"` when absent. */
  readonly title?: string;
}

const leaseNamespace = "kube-node-lease";
const defaultReadsPerSecond = 20;
/** `safety.md` §3.2 step 5: a write is short, or its outcome is unknown. */
const writeTimeoutMs = 2_000;

/** "Deployment" → "/apis/apps/v1" and "deployments". */
function placeOf(kind: MetadataKind): { readonly root: string; readonly resource: string } {
  const root = kind === "Pod" ? "/api/v1" : `/apis/${workloadApis[kind]}`;
  return { root, resource: `${kind.toLowerCase()}s` };
}

/** A Cluster over one connection: raw JSON in, facts out; no SDK. */
export function httpCluster(connection: ApiConnection, options: HttpClusterOptions): Cluster {
  const { id, healer, clock, random, log } = options;
  const time = serverClock(clock);
  const who = { title: options.title ?? `cluster "${id}"`, endpoint: connection.endpoint };
  const reads: ApiReads = apiReads(connection, {
    who,
    time,
    rate: readRate(options.readsPerSecond ?? defaultReadsPerSecond, clock),
    clock,
    random,
    log: log.with({ cluster: id }),
  });
  const labelKeys = options.labelKeys ?? new Set<string>();

  const found = async <T>(path: string, name: string, namespace: string, facts: (raw: Raw) => T): Promise<Found<T>> => {
    const raw = await reads.object(path, name, namespace);
    return raw === undefined ? { kind: "notFound" } : { kind: "found", object: facts(raw) };
  };

  const write = async (
    request: Omit<ApiRequest, "timeoutMs">,
    target: Pick<ObjectRef, "namespace" | "name">,
  ): Promise<Outcome> => {
    const sentAt = clock.monotonic();
    try {
      const answer = await connection.request({ ...request, timeoutMs: writeTimeoutMs });
      time.learn(answer.headers["date"], sentAt);
      return outcomeOf(answer, target);
    } catch (error) {
      return outcomeOfFailure(error);
    }
  };

  const changeNode = async (node: ObjectRef, stepFrom: (raw: Raw | undefined) => NodeStep): Promise<Outcome> => {
    const path = objectPath("/api/v1", "", "nodes", node.name);
    let raw: Raw | undefined;
    try {
      raw = await reads.object(path, node.name, "");
    } catch (thrown) {
      return unreadBeforeWrite(thrown);
    }
    const step = stepFrom(raw);
    if (step.kind === "outcome") return step.outcome;
    const contentType = "application/merge-patch+json";
    return goneByUid(await write({ method: "PATCH", path, body: step.body, contentType }, node));
  };
  const changeTaint = (change: TaintChange): Promise<Outcome> =>
    changeNode(change.node, (raw) => taintPatch(raw, change, time.now() ?? clock.now()));

  return {
    id,
    now: () => time.now(),
    pod: async (namespace, name) =>
      found(objectPath("/api/v1", namespace, "pods", name), name, namespace, (raw) => podFromRaw(raw, labelKeys)),
    node: async (name) =>
      found(objectPath("/api/v1", "", "nodes", name), name, "", (raw) => nodeFromRaw(raw, labelKeys)),
    namespace: async (name) => found(objectPath("/api/v1", "", "namespaces", name), name, "", namespaceFromRaw),
    async workload(namespace, owner) {
      const kind = workloadKind(owner.apiVersion, owner.kind);
      if (kind === undefined) return { kind: "unknownKind" };
      const { root, resource } = placeOf(kind);
      const path = objectPath(root, namespace, resource, owner.name);
      return found(path, owner.name, namespace, (raw) => workloadFromRaw(kind, raw));
    },
    deployment: async (namespace, name) =>
      found(deploymentPath(namespace, name), name, namespace, (raw) => deploymentFromRaw(raw, labelKeys)),
    async autoscalersOf({ kind, namespace, name }) {
      const all = await reads.list(listPath("/apis/autoscaling/v2", namespace, "horizontalpodautoscalers"), {});
      const isOf = (target: Raw) => target["kind"] === kind && target["name"] === name;
      return all
        .filter((each) => isOf(rawObject(rawObject(each["spec"])["scaleTargetRef"])))
        .map((each) => metaFromRaw("HorizontalPodAutoscaler", each));
    },
    async pods(filter) {
      const fields = [
        ...(filter.nodeName === undefined ? [] : [`spec.nodeName=${selectorValue(filter.nodeName)}`]),
        ...(filter.phase === undefined ? [] : [`status.phase=${selectorValue(filter.phase)}`]),
      ];
      const path = filter.namespace === undefined ? "/api/v1/pods" : listPath("/api/v1", filter.namespace, "pods");
      const items = await reads.list(path, fields.length === 0 ? {} : { fieldSelector: fields.join(",") });
      return items.map((each) => podFromRaw(each, labelKeys));
    },
    nodeLease: async (name) =>
      found(
        objectPath("/apis/coordination.k8s.io/v1", leaseNamespace, "leases", name),
        name,
        leaseNamespace,
        leaseFromRaw,
      ),
    async nodes() {
      return (await reads.list("/api/v1/nodes", {})).map((each) => nodeFromRaw(each, labelKeys));
    },
    async metadata(kind, namespace = "") {
      const { root, resource } = placeOf(kind);
      const items = await reads.list(listPath(root, namespace, resource), {}, "metadata");
      return items.map((each) => metaFromRaw(kind, each, labelKeys));
    },
    async eventsAbout({ kind, namespace, name, uid }) {
      // What has no namespace has its Events in this one.
      const path = listPath("/api/v1", namespace === "" ? "default" : namespace, "events");
      const about = kind === "Node" ? `name=${selectorValue(name)}` : `uid=${selectorValue(uid)}`;
      const fieldSelector = `involvedObject.kind=${selectorValue(kind)},involvedObject.${about}`;
      return (await reads.list(path, { fieldSelector })).map(eventFromRaw);
    },
    async volumeClaim(namespace, name) {
      const path = objectPath("/api/v1", namespace, "persistentvolumeclaims", name);
      const claim = await found(path, name, namespace, volumeClaimFromRaw);
      if (claim.kind === "notFound") return claim;
      const { driver, storageClass } = claim.object;
      if (driver !== undefined || storageClass === undefined) return claim;
      const classPath = objectPath("/apis/storage.k8s.io/v1", "", "storageclasses", storageClass);
      const provisioner = rawText((await reads.object(classPath, storageClass, ""))?.["provisioner"]);
      return provisioner ? { kind: "found", object: { ...claim.object, driver: provisioner } } : claim;
    },
    async disruptionBudgetsOf(pod) {
      // Selectors are matched against every label the pod has: facts keep only those that may leave a cluster.
      const raw = await reads.object(objectPath("/api/v1", pod.namespace, "pods", pod.name), pod.name, pod.namespace);
      const metadata = rawObject(raw?.["metadata"]);
      if (raw === undefined || rawText(metadata["uid"]) !== pod.uid) return [];
      const labels = rawTextMap(metadata["labels"]);
      const path = listPath("/apis/policy/v1", pod.namespace, "poddisruptionbudgets");
      const budgets = await reads.list(path, {});
      return budgets
        .filter((each) => {
          const selects = selectorMatches(rawObject(each["spec"])["selector"], labels);
          if (selects === "unreadable")
            throw unreadable(who, path, "a disruption budget has a selector operator that is not known");
          return selects;
        })
        .map(disruptionBudgetFromRaw);
    },
    async placesFor(pod) {
      const raw = await reads.object(objectPath("/api/v1", pod.namespace, "pods", pod.name), pod.name, pod.namespace);
      if (raw === undefined || rawText(rawObject(raw["metadata"])["uid"]) !== pod.uid) return [];
      const spec = rawObject(raw["spec"]);
      const nodes = await reads.list("/api/v1/nodes", {});
      return nodes.map((each) => ({ node: nodeFromRaw(each, labelKeys), admits: admitsNode(spec, each) }));
    },
    forceDeletePod: async (pod, resourceVersion) =>
      write(
        {
          method: "DELETE",
          path: objectPath("/api/v1", pod.namespace, "pods", pod.name),
          body: {
            apiVersion: "v1",
            kind: "DeleteOptions",
            gracePeriodSeconds: 0,
            propagationPolicy: "Background",
            preconditions: { uid: pod.uid, resourceVersion },
          },
        },
        pod,
      ),
    evictPod: async (pod, resourceVersion) =>
      write(
        {
          method: "POST",
          path: `${objectPath("/api/v1", pod.namespace, "pods", pod.name)}/eviction`,
          body: {
            apiVersion: "policy/v1",
            kind: "Eviction",
            metadata: { name: pod.name, namespace: pod.namespace },
            deleteOptions: { preconditions: { uid: pod.uid, resourceVersion } },
          },
        },
        pod,
      ),
    taintNode: (node, resourceVersion, taint) => changeTaint({ node, resourceVersion, taint, change: "add" }),
    untaintNode: (node, resourceVersion, taint) => changeTaint({ node, resourceVersion, taint, change: "remove" }),
    askNodeTask: (node, resourceVersion, task) =>
      changeNode(node, (raw) => taskPatch(raw, { node, resourceVersion, task })),
    ...spillWrites({
      read: async (namespace, name) => reads.object(deploymentPath(namespace, name), name, namespace),
      write,
      path: deploymentPath,
    }),
    async recordEvent(event) {
      const namespace = eventNamespace(event);
      const outcome = await write(
        {
          method: "POST",
          path: listPath("/apis/events.k8s.io/v1", namespace, "events"),
          body: eventBody(event, healer, time.now() ?? clock.now()),
        },
        { namespace, name: namespace },
      );
      // The name is the event's id: whoever wrote it wrote this one.
      if (outcome.kind === "Conflict") return { kind: "Done" };
      if (outcome.kind !== "Done")
        log.warn("an Event could not be written", { cluster: id, reason: event.reason, outcome: outcome.kind });
      return outcome;
    },
  };
}

/** Names come from clusters: one that is empty or holds a slash would ask for something else than was meant. */
const safeName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i;

function segment(name: string): string {
  if (!safeName.test(name)) {
    throw new KnitboneError(
      "MessageMalformed",
      `addressing an object: ${JSON.stringify(name).slice(0, 80)} is no name`,
    );
  }
  return name;
}

function listPath(root: string, namespace: string, resource: string): string {
  return namespace === "" ? `${root}/${resource}` : `${root}/namespaces/${segment(namespace)}/${resource}`;
}

function objectPath(root: string, namespace: string, resource: string, name: string): string {
  return `${listPath(root, namespace, resource)}/${segment(name)}`;
}

function deploymentPath(namespace: string, name?: string): string {
  const root = `/apis/${workloadApis.Deployment}`;
  return name === undefined
    ? listPath(root, namespace, "deployments")
    : objectPath(root, namespace, "deployments", name);
}

/** In a field selector a comma or an equals sign would end the value. */
function selectorValue(value: string): string {
  return segment(value);
}
