import { describe, expect, it } from "vitest";
import type { ClusterEvent } from "../../../../shared/cluster/cluster.ts";
import type { ApiAnswer, ApiConnection, ApiRequest } from "../../../../shared/cluster/connection.ts";
import { httpCluster } from "../../../../shared/cluster/http-cluster.ts";
import { KnitboneError } from "../../../../shared/errors.ts";
import { silentLog } from "../../../../shared/log/log.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";

type Reply = Partial<ApiAnswer> | Error;

/** A connection that answers each request by a function of it, and remembers them. */
function answering(reply: (request: ApiRequest, index: number) => Reply) {
  const requests: ApiRequest[] = [];
  const connection: ApiConnection = {
    endpoint: "https://api.test",
    async request(request) {
      requests.push(request);
      const answer = reply(request, requests.length - 1);
      if (answer instanceof Error) throw answer;
      return { status: 200, headers: {}, body: {}, ...answer };
    },
    stream: () => Promise.reject(new Error("not asked for")),
    close: async () => {},
  };
  return { connection, requests };
}

function clusterOn(reply: (request: ApiRequest, index: number) => Reply, readsPerSecond = 1_000) {
  const clock = manualClock();
  const { connection, requests } = answering(reply);
  const cluster = httpCluster(connection, {
    id: "eu-1",
    healer: "terminating-reaper",
    clock,
    random: seededRandom(1),
    log: silentLog,
    readsPerSecond,
  });
  return { cluster, requests, clock };
}

const pod = { kind: "Pod", namespace: "shop", name: "web-1", uid: "u1" };
const podBody = (name = "web-1", uid = "u1", labels = {}) => ({
  kind: "Pod",
  metadata: { name, namespace: "shop", uid, resourceVersion: "7", labels },
  spec: { nodeName: "n1" },
  status: { phase: "Running" },
});
const status = (code: number, reason: string, message: string, details: object = {}): Partial<ApiAnswer> => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", reason, message, details, code },
});
const listOf = (items: readonly object[], next = "") => ({
  body: {
    kind: "PodList",
    apiVersion: "v1",
    metadata: { resourceVersion: "9", ...(next ? { continue: next } : {}) },
    items,
  },
});

describe("reading one object", () => {
  it("asks live, without a resourceVersion, and projects what it gets", async () => {
    const { cluster, requests } = clusterOn(() => ({ body: podBody() }));
    const found = await cluster.pod("shop", "web-1");
    expect(found).toMatchObject({
      kind: "found",
      object: { ref: pod, resourceVersion: "7", phase: "Running", nodeName: "n1" },
    });
    expect(requests).toEqual([
      { method: "GET", path: "/api/v1/namespaces/shop/pods/web-1", query: {}, timeoutMs: 5_000 },
    ]);
  });

  it("tells an object that is not there from a gateway that says 404", async () => {
    const there = clusterOn(() => status(404, "NotFound", 'pods "web-1" not found', { name: "web-1", kind: "pods" }));
    expect(await there.cluster.pod("shop", "web-1")).toEqual({ kind: "notFound" });
    const gateway = clusterOn(() => ({ status: 404, body: "<html>not here</html>" }));
    await expect(gateway.cluster.pod("shop", "web-1")).rejects.toMatchObject({ code: "ClusterAnswerUnreadable" });
    const noSuchPath = clusterOn(() => status(404, "NotFound", "the server could not find the requested resource", {}));
    await expect(noSuchPath.cluster.node("n1")).rejects.toMatchObject({ code: "ClusterAnswerUnreadable" });
  });

  it.each([
    [
      401,
      "ClusterUnauthorized",
      false,
      'the server at https://api.test refused the credentials of cluster "eu-1": 401 no',
    ],
    [
      403,
      "ClusterUnauthorized",
      false,
      'the server at https://api.test does not let cluster "eu-1" read /api/v1/nodes/n1: 403 no',
    ],
    [429, "ClusterUnreachable", true, 'reading /api/v1/nodes/n1 from cluster "eu-1" at https://api.test: 429 no'],
    [500, "ClusterUnreachable", true, 'reading /api/v1/nodes/n1 from cluster "eu-1" at https://api.test: 500 no'],
    [503, "ClusterUnreachable", true, 'reading /api/v1/nodes/n1 from cluster "eu-1" at https://api.test: 503 no'],
    [400, "ClusterAnswerUnreadable", false, 'reading /api/v1/nodes/n1 from cluster "eu-1" at https://api.test: 400 no'],
    [302, "ClusterAnswerUnreadable", false, 'reading /api/v1/nodes/n1 from cluster "eu-1" at https://api.test: 302 no'],
  ])("throws on %i", async (code, error, retryable, message) => {
    const { cluster } = clusterOn(() => status(code, "", "no"));
    await expect(cluster.node("n1")).rejects.toMatchObject({ code: error, retryable, message });
  });

  it.each([
    ["another object", podBody("web-2")],
    ["an object without uid", podBody("web-1", "")],
    ["no object", "hello"],
  ])("throws on a 200 that holds %s", async (_, body) => {
    const { cluster } = clusterOn(() => ({ body }));
    await expect(cluster.pod("shop", "web-1")).rejects.toMatchObject({ code: "ClusterAnswerUnreadable" });
  });

  it.each(["", "..", "a/b", "a?b", "a%2fb"])("asks for nothing under the name %j", async (name) => {
    const { cluster, requests } = clusterOn(() => ({ body: podBody() }));
    await expect(cluster.pod("shop", name)).rejects.toMatchObject({ code: "MessageMalformed" });
    await expect(cluster.evictPod({ ...pod, name }, "7")).rejects.toMatchObject({ code: "MessageMalformed" });
    expect(requests).toEqual([]);
  });

  it("does not ask for owners of a kind it does not know", async () => {
    const { cluster, requests } = clusterOn(() => ({ body: {} }));
    const owner = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web", uid: "r" };
    expect(await cluster.workload("shop", owner)).toEqual({ kind: "unknownKind" });
    expect(await cluster.workload("shop", { ...owner, apiVersion: "extensions/v1beta1", kind: "Deployment" })).toEqual({
      kind: "unknownKind",
    });
    expect(requests).toEqual([]);
  });

  it.each([
    ["apps/v1", "Deployment", "/apis/apps/v1/namespaces/shop/deployments/web"],
    ["apps/v1", "ReplicaSet", "/apis/apps/v1/namespaces/shop/replicasets/web"],
    ["apps/v1", "StatefulSet", "/apis/apps/v1/namespaces/shop/statefulsets/web"],
    ["apps/v1", "DaemonSet", "/apis/apps/v1/namespaces/shop/daemonsets/web"],
    ["batch/v1", "Job", "/apis/batch/v1/namespaces/shop/jobs/web"],
    ["batch/v1", "CronJob", "/apis/batch/v1/namespaces/shop/cronjobs/web"],
  ])("finds a %s %s", async (apiVersion, kind, path) => {
    const { cluster, requests } = clusterOn(() => ({
      body: { apiVersion, kind, metadata: { name: "web", uid: "w" } },
    }));
    const found = await cluster.workload("shop", { apiVersion, kind, name: "web", uid: "w" });
    expect(found).toMatchObject({ kind: "found", object: { apiVersion, ref: { kind, name: "web", uid: "w" } } });
    expect(requests[0]?.path).toBe(path);
  });
});

describe("reading a list", () => {
  it("follows every page", async () => {
    const { cluster, requests } = clusterOn((_, index) =>
      listOf([podBody(`web-${index}`)], index < 2 ? `t${index}` : ""),
    );
    const pods = await cluster.pods({ namespace: "shop", nodeName: "n1", phase: "Failed" });
    expect(pods.map((each) => each.ref.name)).toEqual(["web-0", "web-1", "web-2"]);
    expect(requests.map((each) => each.query)).toEqual([
      { fieldSelector: "spec.nodeName=n1,status.phase=Failed", limit: "500" },
      { fieldSelector: "spec.nodeName=n1,status.phase=Failed", limit: "500", continue: "t0" },
      { fieldSelector: "spec.nodeName=n1,status.phase=Failed", limit: "500", continue: "t1" },
    ]);
    expect(requests[0]?.path).toBe("/api/v1/namespaces/shop/pods");
  });

  it("starts over once when a continue token has expired, without keeping half a list", async () => {
    const { cluster, clock } = clusterOn((request, index) => {
      if (index === 1) return status(410, "Expired", "The provided continue parameter is too old");
      return request.query?.["continue"] === undefined ? listOf([podBody("web-a")], "t") : listOf([podBody("web-b")]);
    });
    const pending = cluster.pods({});
    await clock.advance(1_000);
    expect((await pending).map((each) => each.ref.name)).toEqual(["web-a", "web-b"]);
  });

  it("throws when it expires twice", async () => {
    const { cluster, clock } = clusterOn((request) =>
      request.query?.["continue"] === undefined ? listOf([podBody()], "t") : status(410, "Expired", "too old"),
    );
    const pending = expect(cluster.pods({})).rejects.toMatchObject({ code: "ClusterUnreachable", retryable: true });
    await clock.advance(5_000);
    await pending;
  });

  it.each([
    [
      "a later page fails",
      (index: number) => (index === 0 ? listOf([podBody()], "t") : status(500, "", "etcd")),
      "ClusterUnreachable",
    ],
    ["the items are missing", () => ({ body: { kind: "PodList", metadata: {} } }), "ClusterAnswerUnreadable"],
    ["it is no list", () => ({ body: { items: [] } }), "ClusterAnswerUnreadable"],
    ["an item has no uid", () => listOf([{ metadata: { name: "x" } }]), "ClusterAnswerUnreadable"],
    ["the token repeats", () => listOf([podBody()], "t"), "ClusterAnswerUnreadable"],
    [
      "the path is not known",
      () => status(404, "NotFound", "the server could not find the requested resource"),
      "ClusterAnswerUnreadable",
    ],
  ])("throws when %s: partial truth is no truth", async (_, reply, code) => {
    const { cluster } = clusterOn((__, index) => reply(index));
    await expect(cluster.pods({})).rejects.toMatchObject({ code });
  });

  it("is an empty list when the server says so", async () => {
    const { cluster } = clusterOn(() => ({ body: { kind: "NodeList", metadata: {}, items: [] } }));
    expect(await cluster.nodes()).toEqual([]);
  });
});

describe("metadata", () => {
  it("is asked for alone, in the words that a server knows (v=v1), or whole where it cannot", async () => {
    const { cluster, requests } = clusterOn(() => ({
      body: {
        kind: "PartialObjectMetadataList",
        metadata: {},
        items: [{ metadata: { name: "web", namespace: "shop", uid: "u1", resourceVersion: "7" } }],
      },
    }));
    expect(await cluster.metadata("ReplicaSet", "shop")).toMatchObject([
      { ref: { kind: "ReplicaSet", namespace: "shop", name: "web", uid: "u1" }, resourceVersion: "7" },
    ]);
    expect(requests).toMatchObject([
      {
        path: "/apis/apps/v1/namespaces/shop/replicasets",
        accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
      },
    ]);
  });

  it("of all namespaces is one list", async () => {
    const { cluster, requests } = clusterOn(() => listOf([]));
    await cluster.metadata("CronJob");
    await cluster.metadata("Pod");
    expect(requests.map(({ path }) => path)).toEqual(["/apis/batch/v1/cronjobs", "/api/v1/pods"]);
  });

  it("of none is null in a server's words, and so is no other list", async () => {
    const empty = (kind: string) => clusterOn(() => ({ body: { kind, metadata: {}, items: null } })).cluster;
    expect(await empty("PartialObjectMetadataList").metadata("Job")).toEqual([]);
    await expect(empty("JobList").metadata("Job")).rejects.toMatchObject({ code: "ClusterAnswerUnreadable" });
  });
});

it("finds the disruption budgets that select a pod by any label it has", async () => {
  const budget = (name: string, spec: object) => ({
    metadata: { name, namespace: "shop", uid: name },
    spec,
    status: { disruptionsAllowed: 1 },
  });
  const { cluster } = clusterOn((request) =>
    request.path.endsWith("/web-1")
      ? { body: podBody("web-1", "u1", { "secret-team": "x", app: "web" }) }
      : {
          body: {
            kind: "PodDisruptionBudgetList",
            metadata: {},
            items: [
              budget("by-private-label", { selector: { matchLabels: { "secret-team": "x" } } }),
              budget("other", { selector: { matchLabels: { app: "api" } } }),
              budget("everything", { selector: {} }),
              budget("nothing", {}),
            ],
          },
        },
  );
  const names = (await cluster.disruptionBudgetsOf(pod)).map((each) => each.ref.name);
  expect(names).toEqual(["by-private-label", "everything"]);
  expect(await cluster.disruptionBudgetsOf({ ...pod, uid: "another" })).toEqual([]);
});

it("throws rather than misread a budget with an unknown operator", async () => {
  const { cluster } = clusterOn((request) =>
    request.path.endsWith("/web-1")
      ? { body: podBody() }
      : {
          body: {
            kind: "PodDisruptionBudgetList",
            metadata: {},
            items: [
              {
                metadata: { name: "b", uid: "b" },
                spec: { selector: { matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] } },
              },
            ],
          },
        },
  );
  await expect(cluster.disruptionBudgetsOf(pod)).rejects.toMatchObject({ code: "ClusterAnswerUnreadable" });
});

it("holds reads to its rate: a second's worth at once, the rest in turn", async () => {
  const { cluster, requests, clock } = clusterOn(() => ({ body: podBody() }), 10);
  const all = Promise.all(Array.from({ length: 25 }, () => cluster.pod("shop", "web-1")));
  await clock.advance(0);
  expect(requests).toHaveLength(10);
  await clock.advance(1_000);
  expect(requests).toHaveLength(20);
  await clock.advance(500);
  expect(requests).toHaveLength(25);
  await all;
});

it("knows the server's time from its answers, in whole seconds", async () => {
  const { cluster, clock } = clusterOn(() => ({ body: podBody(), headers: { date: "Sat, 21 Nov 2026 11:00:07 GMT" } }));
  expect(cluster.now()).toBeUndefined();
  await cluster.pod("shop", "web-1");
  expect(cluster.now()).toBe(Date.parse("2026-11-21T11:00:07Z"));
  await clock.advance(2_999);
  expect(cluster.now()).toBe(Date.parse("2026-11-21T11:00:09Z"));
});

describe("writing", () => {
  it("force-deletes with grace 0, both preconditions and a 2 s limit", async () => {
    const { cluster, requests } = clusterOn(() => ({ body: podBody() }));
    expect(await cluster.forceDeletePod(pod, "7")).toEqual({ kind: "Done" });
    expect(requests).toEqual([
      {
        method: "DELETE",
        path: "/api/v1/namespaces/shop/pods/web-1",
        timeoutMs: 2_000,
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          gracePeriodSeconds: 0,
          propagationPolicy: "Background",
          preconditions: { uid: "u1", resourceVersion: "7" },
        },
      },
    ]);
  });

  it("evicts with both preconditions and never with a grace period", async () => {
    const { cluster, requests } = clusterOn(() => ({ status: 201, body: { kind: "Status", status: "Success" } }));
    expect(await cluster.evictPod(pod, "7")).toEqual({ kind: "Done" });
    expect(requests).toEqual([
      {
        method: "POST",
        path: "/api/v1/namespaces/shop/pods/web-1/eviction",
        timeoutMs: 2_000,
        body: {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name: "web-1", namespace: "shop" },
          deleteOptions: { preconditions: { uid: "u1", resourceVersion: "7" } },
        },
      },
    ]);
  });

  const unreachable = new KnitboneError("ClusterUnreachable", "reaching x: reset");
  const unauthorized = new KnitboneError("ClusterUnauthorized", "no credentials");
  it.each([
    ["no answer", unreachable, { kind: "Unknown", message: "reaching x: reset" }],
    ["no credentials", unauthorized, { kind: "Denied", message: "no credentials" }],
  ])("is a value when there is %s", async (_, thrown, outcome) => {
    const { cluster, requests } = clusterOn(() => thrown);
    expect(await cluster.evictPod(pod, "7")).toEqual(outcome);
    expect(requests).toHaveLength(1);
  });
});

describe("an Event", () => {
  const event: ClusterEvent = {
    regarding: pod,
    type: "Warning",
    reason: "FinalizersHold",
    note: "held by example.com/x",
    action: "Escalate",
    id: "action-1",
  };

  it("is written under a name made from its id, reported by the healer", async () => {
    const { cluster, requests } = clusterOn(() => ({ status: 201 }));
    expect(await cluster.recordEvent(event)).toEqual({ kind: "Done" });
    expect(requests).toEqual([
      {
        method: "POST",
        path: "/apis/events.k8s.io/v1/namespaces/shop/events",
        timeoutMs: 2_000,
        body: {
          apiVersion: "events.k8s.io/v1",
          kind: "Event",
          metadata: { name: "web-1.bf0a9567032309b7", namespace: "shop" },
          eventTime: "2026-11-21T12:00:00.000000Z",
          reportingController: "knitbone.io/terminating-reaper",
          reportingInstance: "knitbone-terminating-reaper",
          action: "Escalate",
          reason: "FinalizersHold",
          type: "Warning",
          regarding: { apiVersion: "v1", ...pod },
          note: "held by example.com/x",
        },
      },
    ]);
  });

  it("about a cluster-scoped object stands in default", async () => {
    const { cluster, requests } = clusterOn(() => ({ status: 201 }));
    await cluster.recordEvent({ ...event, regarding: { kind: "Node", namespace: "", name: "n1", uid: "n" } });
    expect(requests[0]?.path).toBe("/apis/events.k8s.io/v1/namespaces/default/events");
    expect(requests[0]?.body).toMatchObject({ regarding: { apiVersion: "v1", kind: "Node", name: "n1", uid: "n" } });
  });

  it("that is already there is Done", async () => {
    const { cluster } = clusterOn(() => status(409, "AlreadyExists", 'events "x" already exists'));
    expect(await cluster.recordEvent(event)).toEqual({ kind: "Done" });
  });

  it("keeps its note within 1 KiB without cutting a character", async () => {
    const { cluster, requests } = clusterOn(() => ({ status: 201 }));
    await cluster.recordEvent({ ...event, note: "ü".repeat(600) });
    expect(requests[0]?.body).toMatchObject({ note: "ü".repeat(512) });
  });
});

describe("reading a claim", () => {
  const claim = (annotations: object, spec: object) => ({
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "shop", uid: "c1", resourceVersion: "3", annotations },
    spec,
    status: { phase: "Bound" },
  });
  const fast = { kind: "StorageClass", metadata: { name: "fast", uid: "s1" }, provisioner: "ebs.csi.aws.com" };
  const claimPath = "/api/v1/namespaces/shop/persistentvolumeclaims/data";
  const classPath = "/apis/storage.k8s.io/v1/storageclasses/fast";
  const read = async (body: object, storageClass: Partial<ApiAnswer> = { body: fast }) => {
    const { cluster, requests } = clusterOn(({ path }) => (path === classPath ? storageClass : { body }));
    const found = await cluster.volumeClaim("shop", "data");
    const { storageClass: named, driver } = found.kind === "found" ? found.object : {};
    return { found: [named, driver], paths: requests.map(({ path }) => path) };
  };

  it("takes its driver from itself, else from its class", async () => {
    const noted = claim(
      { "volume.beta.kubernetes.io/storage-provisioner": "old.example" },
      { storageClassName: "fast" },
    );
    expect(await read(noted)).toEqual({ found: ["fast", "old.example"], paths: [claimPath] });
    const unnoted = claim({}, { storageClassName: "fast" });
    expect(await read(unnoted)).toEqual({ found: ["fast", "ebs.csi.aws.com"], paths: [claimPath, classPath] });
  });

  it("knows of none where it has no class, or its class is gone", async () => {
    const without = claim({}, { storageClassName: "", volumeName: "pv-1" });
    expect(await read(without)).toEqual({ found: [undefined, undefined], paths: [claimPath] });
    const gone = status(404, "NotFound", 'storageclasses.storage.k8s.io "fast" not found', { name: "fast" });
    expect((await read(claim({}, { storageClassName: "fast" }), gone)).found).toEqual(["fast", undefined]);
  });

  it("does not take a class that may not be read for none", async () => {
    const denied = status(403, "Forbidden", "storageclasses is forbidden");
    await expect(read(claim({}, { storageClassName: "fast" }), denied)).rejects.toMatchObject({
      code: "ClusterUnauthorized",
    });
  });
});
