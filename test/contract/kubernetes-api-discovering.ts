import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";

export function discovering(bench: CurrentBench): void {
  test("says which version it is", async () => {
    const { call } = bench();
    const { body } = await call("GET", "/version");
    expect(body).toMatchObject({ major: "1", gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
  });

  test.each(["/healthz", "/readyz", "/livez"])("answers ok on %s", async (path) => {
    const { status, text } = await bench().call("GET", path);
    expect({ status, text }).toEqual({ status: 200, text: "ok" });
  });

  test("lists the core version", async () => {
    const { body } = await bench().call("GET", "/api");
    expect(body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
  });

  test("lists the groups that are used here", async () => {
    const { body } = await bench().call("GET", "/apis");
    const names = (body as unknown as { groups: { name: string }[] }).groups.map((group) => group.name);
    expect(names).toEqual(expect.arrayContaining(["apps", "batch", "coordination.k8s.io", "events.k8s.io", "policy"]));
  });

  test("describes one group", async () => {
    const { body } = await bench().call("GET", "/apis/apps");
    expect(body).toMatchObject({ kind: "APIGroup", name: "apps", preferredVersion: { groupVersion: "apps/v1" } });
  });

  test("describes pods and their eviction", async () => {
    const { body } = await bench().call("GET", "/api/v1");
    expect(body).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    expect((body as unknown as { resources: unknown[] }).resources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "pods", kind: "Pod", namespaced: true, shortNames: ["po"] }),
        expect.objectContaining({ name: "pods/eviction", kind: "Eviction", group: "policy", version: "v1" }),
        expect.objectContaining({ name: "nodes", kind: "Node", namespaced: false }),
      ]),
    );
  });

  test("describes workloads in their group", async () => {
    const { body } = await bench().call("GET", "/apis/apps/v1");
    expect((body as unknown as { resources: unknown[] }).resources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "deployments", kind: "Deployment", shortNames: ["deploy"] }),
        expect.objectContaining({ name: "statefulsets/status", kind: "StatefulSet" }),
      ]),
    );
  });

  test("does not know a resource that is not there", async () => {
    const { call, namespace } = bench();
    const reply = await call("GET", `/api/v1/namespaces/${namespace}/gadgets`);
    expect(reply.status).toBe(404);
  });

  test("does not know a group that is not there", async () => {
    expect((await bench().call("GET", "/apis/example.com/v1")).status).toBe(404);
  });

  test("refuses a request without a known token", async () => {
    const { call, pods } = bench();
    const reply = await call("GET", pods(), { headers: { authorization: "Bearer nobody" } });
    expect(reply).toMatchObject({
      status: 401,
      body: { kind: "Status", status: "Failure", reason: "Unauthorized", message: "Unauthorized", code: 401 },
    });
  });

  test("names the missing object and its resource in a 404", async () => {
    const { call, pods } = bench();
    expect(await call("GET", pods("absent"))).toMatchObject({
      status: 404,
      body: {
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        reason: "NotFound",
        message: 'pods "absent" not found',
        details: { name: "absent", kind: "pods" },
        code: 404,
      },
    });
  });

  test("names the group as well where there is one", async () => {
    const { call, at } = bench();
    expect(await call("GET", at("apps", "deployments", "absent"))).toMatchObject({
      status: 404,
      body: {
        message: 'deployments.apps "absent" not found',
        details: { name: "absent", group: "apps", kind: "deployments" },
      },
    });
  });

  test("says what time it is with every answer", async () => {
    const { call, pods } = bench();
    const answers = [await call("GET", pods()), await call("GET", pods("absent"))];
    for (const { headers } of answers) {
      expect(Math.abs(Date.parse(String(headers["date"])) - Date.now())).toBeLessThan(5_000);
    }
  });

  test("answers JSON, errors too", async () => {
    const { call, pods } = bench();
    const types = [await call("GET", pods()), await call("GET", pods("absent"))].map(
      (reply) => reply.headers["content-type"],
    );
    expect(types).toEqual(["application/json", "application/json"]);
  });

  test("does not evict by GET", async () => {
    const { call, pods, boundPod } = bench();
    const pod = await boundPod();
    expect(await call("GET", pods(pod.metadata.name, "eviction"))).toMatchObject({
      status: 405,
      body: { reason: "MethodNotAllowed" },
    });
  });
}
