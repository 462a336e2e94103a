import { expect, test } from "vitest";
import { auditLog } from "../../../../../infra/local/cluster-model/api/audit.ts";
import { createDeployment, createPod } from "../../../../../infra/local/cluster-model/builder.ts";
import { smallCluster } from "./small-cluster.ts";

const path = "/api/v1/namespaces/default/pods/web";

test("records who wrote what under which conditions, and how it ended", async () => {
  const { model, pass, pod, ask, clock } = smallCluster();
  createPod(model, { name: "web" });
  await pass(2_000);
  const { uid = "", resourceVersion = "" } = pod("web")?.metadata ?? {};
  const body = { gracePeriodSeconds: 0, preconditions: { uid, resourceVersion } };
  await ask({ method: "DELETE", path, headers: { "user-agent": "knitbone/0.1.0 (terminating-reaper)" }, body });
  expect(model.api.audit.records.at(-1)).toEqual({
    at: clock.now(),
    verb: "delete",
    user: "admin",
    userAgent: "knitbone/0.1.0 (terminating-reaper)",
    group: "",
    resource: "pods",
    subresource: "",
    namespace: "default",
    name: "web",
    code: 200,
    dryRun: false,
    preconditionUid: uid,
    preconditionResourceVersion: resourceVersion,
    gracePeriodSeconds: 0,
    requestBody: body,
    uidBefore: uid,
    resourceVersionBefore: resourceVersion,
  });
});

test("records the conditions of an eviction, which stand deeper in its body", async () => {
  const { model, pass, pod, ask } = smallCluster();
  createPod(model, { name: "web" });
  await pass(2_000);
  const { uid = "" } = pod("web")?.metadata ?? {};
  const deleteOptions = { preconditions: { uid }, gracePeriodSeconds: 5 };
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web" }, deleteOptions };
  await ask({ method: "POST", path: `${path}/eviction`, body });
  expect(model.api.audit.records.at(-1)).toMatchObject({
    verb: "create",
    resource: "pods",
    subresource: "eviction",
    name: "web",
    code: 201,
    preconditionUid: uid,
    gracePeriodSeconds: 5,
    uidBefore: uid,
  });
});

test("records refused writes with their code", async () => {
  const { model, ask } = smallCluster();
  await ask({ method: "DELETE", path });
  expect(model.api.audit.records.at(-1)).toMatchObject({ verb: "delete", name: "web", code: 404 });
});

test("marks dry runs", async () => {
  const { model, ask } = smallCluster();
  createPod(model, { name: "web" });
  await ask({ method: "DELETE", path, query: { dryRun: "All" } });
  await ask({ method: "DELETE", path, body: { dryRun: ["All"] } });
  await ask({ method: "DELETE", path, body: { dryRun: [] } });
  expect(model.api.audit.records.slice(-3).map((each) => each.dryRun)).toEqual([true, true, false]);
});

test("learns the name that the server made up", async () => {
  const { model, ask } = smallCluster();
  const body = { metadata: { generateName: "web-" }, spec: { containers: [{ name: "a", image: "b" }] } };
  await ask({ method: "POST", path: "/api/v1/namespaces/default/pods", body });
  expect(model.api.audit.records.at(-1)?.name).toMatch(/^web-.{5}$/);
});

test("shows what the cluster's own components write, but not their heartbeats", async () => {
  const { model, pass } = smallCluster();
  createDeployment(model, { name: "web" });
  await pass(60_000, 1_000);
  const written = model.api.audit.records.map((each) => `${each.user.split(":").at(-1)} ${each.verb} ${each.resource}`);
  expect(written).toContain("replicaset-controller create pods");
  expect(written).toContain("kube-scheduler create pods");
  expect(written.filter((each) => each.endsWith("patch leases"))).toEqual([]);
});

test("counts reads", async () => {
  const { model, ask } = smallCluster();
  await ask({ method: "GET", path: "/api/v1/pods" });
  await ask({ method: "GET", path });
  await ask({ method: "GET", path });
  expect(Object.fromEntries(model.api.audit.reads)).toEqual({ "admin list": 1, "admin get": 2 });
});

test("drops its oldest records when it is full, and says how many", () => {
  const log = auditLog(10);
  const { model } = smallCluster();
  const [record] = model.api.audit.records;
  if (!record) throw new Error("no record to copy");
  for (let n = 0; n < 11; n++) log.write({ ...record, at: n });
  expect(log.dropped()).toBe(1);
  expect(log.records.map((each) => each.at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});
