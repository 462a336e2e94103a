import { describe, expect, test } from "vitest";
import { createPod } from "../../../../../infra/local/cluster-model/builder.ts";
import { smallCluster } from "./small-cluster.ts";

const pods = { method: "GET", path: "/api/v1/namespaces/default/pods" };
const headers = { authorization: "Bearer admin" };

describe("between client and API server", () => {
  test("a stall holds answers back until it ends", async () => {
    const { model, ask } = smallCluster();
    const release = model.api.faults.stall();
    let answered = false;
    const answer = ask(pods).then(({ status }) => {
      answered = true;
      return status;
    });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(answered).toBe(false);
    release();
    expect(await answer).toBe(200);
    expect((await ask(pods)).status).toBe(200);
  });

  test("an ordered answer comes as often as ordered, to whom it is meant for, and nothing is done", async () => {
    const { model, ask, pod } = smallCluster();
    createPod(model, { name: "web" });
    const match = (request: { method: string }) => request.method === "DELETE";
    model.api.faults.answer({ status: 429, retryAfterSeconds: 3, times: 2, match });
    const path = `${pods.path}/web`;
    expect((await ask(pods)).status).toBe(200);
    expect(await ask({ method: "DELETE", path })).toMatchObject({
      status: 429,
      body: { reason: "TooManyRequests", details: { retryAfterSeconds: 3 } },
    });
    const second = model.api.handle({ method: "DELETE", path, headers });
    expect(second.headers["retry-after"]).toBe("3");
    expect(pod("web")).toBeDefined();
    expect((await ask({ method: "DELETE", path })).status).toBe(200);
    expect(
      model.api.audit.records
        .filter((each) => each.user === "admin" && each.verb === "delete")
        .map((each) => each.code),
    ).toEqual([429, 429, 200]);
  });

  test("a lost reply is a request that was carried out", async () => {
    const { model, ask, pod } = smallCluster();
    createPod(model, { name: "web" });
    model.api.faults.loseReply(1);
    await expect(ask({ method: "DELETE", path: `${pods.path}/web` })).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(pod("web")).toBeUndefined();
    expect((await ask(pods)).status).toBe(200);
  });

  test("a refused request is not carried out", async () => {
    const { model, ask, pod } = smallCluster();
    createPod(model, { name: "web" });
    const end = model.api.faults.refuse();
    await expect(ask({ method: "DELETE", path: `${pods.path}/web` })).rejects.toMatchObject({ code: "ECONNRESET" });
    end();
    expect(pod("web")).toBeDefined();
  });

  test("expired history ends a resumed watch with 410 in the stream", async () => {
    const { model } = smallCluster();
    createPod(model, { name: "web" });
    model.api.faults.expireHistory();
    const response = model.api.handle({ ...pods, query: { watch: "1", resourceVersion: "1001" }, headers });
    if (response.kind !== "watch") throw new Error("not a watch");
    expect(response.watch.take()).toMatchObject({
      type: "ERROR",
      object: { reason: "Expired", code: 410, message: `too old resource version: 1001 (${model.store.revision()})` },
    });
    expect(response.watch.ended()).toBe(true);
  });

  test("expired history ends a paged list with 410, and a token to go on without consistency", async () => {
    const { model, ask } = smallCluster();
    for (const name of ["a", "b", "c"]) createPod(model, { name });
    const first = await ask({ ...pods, query: { limit: "1" } });
    const { continue: token } = first.body["metadata"] as { continue: string };
    model.api.faults.expireHistory();
    const second = await ask({ ...pods, query: { limit: "1", continue: token } });
    expect(second).toMatchObject({
      status: 410,
      body: { reason: "Expired", message: expect.stringMatching(/^The provided continue parameter is too old/) },
    });
    const { continue: inconsistent } = second.body["metadata"] as { continue: string };
    const third = await ask({ ...pods, query: { continue: inconsistent } });
    expect((third.body["items"] as { metadata: { name: string } }[]).map((each) => each.metadata.name)).toEqual([
      "b",
      "c",
    ]);
  });

  test("cut watches end without a word, once all was taken", () => {
    const { model } = smallCluster();
    const response = model.api.handle({ ...pods, query: { watch: "1" }, headers });
    if (response.kind !== "watch") throw new Error("not a watch");
    createPod(model, { name: "web" });
    model.api.faults.cutWatches();
    expect(response.watch.take()).toMatchObject({ type: "ADDED" });
    expect(response.watch.take()).toBeUndefined();
    expect(response.watch.ended()).toBe(true);
  });
});

describe("access", () => {
  const readOnly = [{ verbs: ["get" as const, "list" as const], resources: ["pods"], namespaces: ["default"] }];
  const as = (token: string) => ({ authorization: `Bearer ${token}` });

  test("knows nobody without a token that it has given", async () => {
    const { model, ask } = smallCluster();
    expect((await ask({ ...pods, headers: as("wrong") })).status).toBe(401);
    model.api.addToken("short", "somebody");
    expect((await ask({ ...pods, headers: as("short") })).status).toBe(200);
    model.api.revokeToken("short");
    expect((await ask({ ...pods, headers: as("short") })).status).toBe(401);
  });

  test("refuses what the rules do not name, in the real words, and does nothing", async () => {
    const { model, ask, pod } = smallCluster();
    model.api.addToken("reader", "reader", readOnly);
    createPod(model, { name: "web" });
    expect((await ask({ ...pods, headers: as("reader") })).status).toBe(200);
    expect(await ask({ method: "DELETE", path: `${pods.path}/web`, headers: as("reader") })).toMatchObject({
      status: 403,
      body: {
        reason: "Forbidden",
        message:
          'pods "web" is forbidden: User "reader" cannot delete resource "pods" in API group "" in the namespace "default"',
        details: { name: "web", kind: "pods" },
      },
    });
    expect(pod("web")).toBeDefined();
    expect((await ask({ method: "GET", path: "/api/v1/pods", headers: as("reader") })).body["message"]).toBe(
      'pods is forbidden: User "reader" cannot list resource "pods" in API group "" at the cluster scope',
    );
  });

  test("names subresources apart from their resource", async () => {
    const { model, ask } = smallCluster();
    model.api.addToken("deleter", "deleter", [{ verbs: ["create", "delete"], resources: ["pods"] }]);
    createPod(model, { name: "web" });
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web" } };
    const reply = await ask({ method: "POST", path: `${pods.path}/web/eviction`, body, headers: as("deleter") });
    expect(reply.body["message"]).toContain('cannot create resource "pods/eviction"');
  });
});
