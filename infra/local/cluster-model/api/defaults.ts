import { isJsonObject, type Json, type JsonObject } from "../objects/json.ts";
import type { Resource } from "../resources.ts";

/** Unreachable and not-ready nodes are tolerated for five minutes: what the DefaultTolerationSeconds admission plugin adds. */
const defaultTolerationSeconds = 300;
const defaultGraceSeconds = 30;

type Fields = JsonObject;

/** Sets a field only where the client left it out. */
function preset(target: Fields, values: Fields): void {
  for (const [field, value] of Object.entries(values)) if (target[field] === undefined) target[field] = value;
}

function child(target: Fields, field: string): Fields {
  const value = target[field];
  if (isJsonObject(value)) return value;
  const created: Fields = {};
  target[field] = created;
  return created;
}

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** What the API server adds to a new object of this resource beside its identity. Changes `object`. */
export function applyDefaults(resource: Resource, object: Fields): void {
  switch (resource.name) {
    case "pods":
      podDefaults(object);
      break;
    case "nodes":
      child(object, "spec");
      child(object, "status");
      break;
    case "namespaces":
      child(object, "spec")["finalizers"] = ["kubernetes"];
      object["status"] = { phase: "Active" };
      break;
    case "persistentvolumeclaims":
      preset(child(object, "spec"), { accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" });
      object["status"] = { phase: "Pending" };
      break;
    case "replicasets":
      preset(child(object, "spec"), { replicas: 1 });
      templateDefaults(object);
      object["status"] = { replicas: 0 };
      break;
    case "deployments":
      deploymentDefaults(object);
      break;
    case "statefulsets":
      preset(child(object, "spec"), { replicas: 1, podManagementPolicy: "OrderedReady", revisionHistoryLimit: 10 });
      templateDefaults(object);
      object["status"] = { replicas: 0, availableReplicas: 0 };
      break;
    case "daemonsets":
      templateDefaults(object);
      object["status"] = {
        currentNumberScheduled: 0,
        numberMisscheduled: 0,
        desiredNumberScheduled: 0,
        numberReady: 0,
      };
      break;
    case "jobs":
      jobDefaults(object);
      break;
    case "cronjobs":
      preset(child(object, "spec"), { concurrencyPolicy: "Allow", suspend: false });
      object["status"] = {};
      break;
    case "poddisruptionbudgets":
      object["status"] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
      break;
    case "leases":
      child(object, "spec");
      break;
    case "events":
      preset(object, { source: {}, firstTimestamp: null, lastTimestamp: null, eventTime: null });
      preset(object, { reportingComponent: "", reportingInstance: "" });
      break;
  }
}

function deploymentDefaults(object: Fields): void {
  const spec = child(object, "spec");
  preset(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = child(spec, "strategy");
  preset(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate") {
    preset(child(strategy, "rollingUpdate"), { maxSurge: "25%", maxUnavailable: "25%" });
  }
  templateDefaults(object);
  object["status"] = {};
}

function jobDefaults(object: Fields): void {
  const spec = child(object, "spec");
  if (spec["completions"] === undefined && spec["parallelism"] === undefined) spec["completions"] = 1;
  preset(spec, {
    parallelism: 1,
    backoffLimit: 6,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: isJsonObject(spec["podFailurePolicy"]) ? "Failed" : "TerminatingOrFailed",
    manualSelector: false,
  });
  const { uid, name } = child(object, "metadata");
  const labels = { "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name };
  const template = child(spec, "template");
  Object.assign(child(child(template, "metadata"), "labels"), labels);
  if (spec["selector"] === undefined) {
    spec["selector"] = { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
  }
  templateDefaults(object);
  object["status"] = {};
}

function templateDefaults(object: Fields): void {
  podSpecDefaults(child(child(child(object, "spec"), "template"), "spec"));
}

function podSpecDefaults(spec: Fields): void {
  preset(spec, {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: defaultGraceSeconds,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
  for (const container of [...list(spec["containers"]), ...list(spec["initContainers"])]) {
    if (!isJsonObject(container)) continue;
    preset(container, {
      imagePullPolicy: pullPolicy(container["image"]),
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
      resources: {},
    });
  }
}

function pullPolicy(image: Json | undefined): string {
  return typeof image === "string" && /:(?!latest$)[^/:]+$/.test(image) ? "IfNotPresent" : "Always";
}

function podDefaults(object: Fields): void {
  const spec = child(object, "spec");
  podSpecDefaults(spec);
  preset(spec, { enableServiceLinks: true, priority: priorityOf(spec["priorityClassName"]) });
  preset(spec, { preemptionPolicy: "PreemptLowerPriority" });
  const tolerations = list(spec["tolerations"]);
  for (const key of ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]) {
    if (tolerations.some((each) => isJsonObject(each) && toleratesExecution(each, key))) continue;
    tolerations.push({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: defaultTolerationSeconds });
  }
  spec["tolerations"] = tolerations;
  object["status"] = { phase: "Pending", qosClass: qosClass(list(spec["containers"])) };
}

function toleratesExecution(toleration: Fields, key: string): boolean {
  const { key: own = "", effect = "" } = toleration;
  return (own === key || own === "") && (effect === "NoExecute" || effect === "");
}

function priorityOf(className: Json | undefined): number {
  if (className === "system-node-critical") return 2_000_001_000;
  return className === "system-cluster-critical" ? 2_000_000_000 : 0;
}

/** Guaranteed: limits for cpu and memory everywhere, equal to the requests; BestEffort: neither anywhere. */
function qosClass(containers: Json[]): string {
  const resources = containers.map((each) => (isJsonObject(each) ? child(each, "resources") : {}));
  if (resources.every((each) => each["requests"] === undefined && each["limits"] === undefined)) return "BestEffort";
  const guaranteed = resources.every(({ requests, limits }) =>
    ["cpu", "memory"].every((name) => {
      const limit = isJsonObject(limits) ? limits[name] : undefined;
      const request = isJsonObject(requests) ? requests[name] : limit;
      return limit !== undefined && (request ?? limit) === limit;
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
