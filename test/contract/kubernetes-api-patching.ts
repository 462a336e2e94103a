import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { container, json, merge, podManifest, strategic } from "./kubernetes-api-bench.ts";

export function patching(bench: CurrentBench): void {
  const idlePod = (overrides: object = {}) => {
    const { create, pods, fresh } = bench();
    return create(pods(), podManifest({ name: fresh(), spec: { schedulerName: "nobody" }, ...overrides }));
  };
  const patch = (name: string, type: string, body: unknown, subresource?: string) =>
    bench().call("PATCH", bench().pods(name, subresource), { type, body });

  test("merges fields, removes those that are null, replaces lists", async () => {
    const pod = await idlePod({ labels: { a: "1", b: "2" }, finalizers: ["example.com/one", "example.com/two"] });
    const { name } = pod.metadata;
    const reply = await patch(name, merge, {
      metadata: { labels: { a: null, c: "3" }, finalizers: ["example.com/three"] },
    });
    expect(reply.body.metadata).toMatchObject({ labels: { b: "2", c: "3" }, finalizers: ["example.com/three"] });
    expect(reply.body.metadata.labels).not.toHaveProperty("a");
    await patch(name, merge, { metadata: { finalizers: null } });
  });

  test.each([merge, strategic])("holds a version that is in the patch: %s", async (type) => {
    const pod = await idlePod();
    const { name, resourceVersion } = pod.metadata;
    const at = (version: string, label: string) => ({ metadata: { resourceVersion: version, labels: { label } } });
    expect((await patch(name, type, at(resourceVersion, "one"))).status).toBe(200);
    expect(await patch(name, type, at(resourceVersion, "two"))).toMatchObject({
      status: 409,
      body: { reason: "Conflict" },
    });
  });

  test("refuses another uid", async () => {
    const { name } = (await idlePod()).metadata;
    const reply = await patch(name, merge, {
      metadata: { uid: "00000000-0000-4000-8000-000000000000", labels: { a: "b" } },
    });
    expect(reply).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining("metadata.uid: Invalid value"), details: { name } },
    });
  });

  test("does not rename", async () => {
    const { name } = (await idlePod()).metadata;
    expect((await patch(name, merge, { metadata: { name: "another" } })).status).toBe(400);
  });

  test("merges conditions by their type, strategically", async () => {
    const { runningPod } = bench();
    const pod = await runningPod();
    const added = { type: "example.com/Checked", status: "True" };
    const reply = await patch(pod.metadata.name, strategic, { status: { conditions: [added] } }, "status");
    const conditions = reply.body.status["conditions"] as { type: string; status: string }[];
    expect(conditions.find((each) => each.type === "Ready")?.status).toBe("True");
    const changed = await patch(
      pod.metadata.name,
      strategic,
      { status: { conditions: [{ type: "Ready", status: "False" }] } },
      "status",
    );
    const types = (changed.body.status["conditions"] as { type: string; status: string }[]).map(
      (each) => `${each.type}=${each.status}`,
    );
    expect(types.sort()).toEqual(["Ready=False", "example.com/Checked=True"]);
  });

  test("replaces conditions as a list, merging", async () => {
    const { runningPod } = bench();
    const pod = await runningPod();
    const reply = await patch(
      pod.metadata.name,
      merge,
      { status: { conditions: [{ type: "Only", status: "True" }] } },
      "status",
    );
    expect((reply.body.status["conditions"] as { type: string }[]).map((each) => each.type)).toEqual(["Only"]);
  });

  test("merges containers by name, strategically", async () => {
    const spec = { schedulerName: "nobody", containers: [container, { ...container, name: "side" }] };
    const pod = await idlePod({ spec });
    const body = { spec: { containers: [{ name: "side", image: "registry.example/side:2.0" }] } };
    const reply = await patch(pod.metadata.name, strategic, body);
    const images = (reply.body.spec["containers"] as { name: string; image: string }[]).map(
      (each) => `${each.name} ${each.image}`,
    );
    expect(images.sort()).toEqual([`app ${container.image}`, "side registry.example/side:2.0"]);
  });

  test("merges owners by uid and deletes one by its uid, strategically", async () => {
    const owner = (n: number) => ({
      apiVersion: "example.com/v1",
      kind: "Thing",
      name: `thing-${n}`,
      uid: `0000000${n}-0000-4000-8000-000000000000`,
    });
    const pod = await idlePod({ ownerReferences: [owner(1)] });
    const { name } = pod.metadata;
    const two = await patch(name, strategic, { metadata: { ownerReferences: [owner(2)] } });
    expect(two.body.metadata.ownerReferences?.map((each) => each.name).sort()).toEqual(["thing-1", "thing-2"]);
    const body = { metadata: { ownerReferences: [{ $patch: "delete", uid: owner(1).uid }] } };
    const one = await patch(name, strategic, body);
    expect(one.body.metadata.ownerReferences?.map((each) => each.name)).toEqual(["thing-2"]);
  });

  test("merges finalizers as a set and removes one of them, strategically", async () => {
    const pod = await idlePod({ finalizers: ["example.com/one"] });
    const { name } = pod.metadata;
    const two = await patch(name, strategic, { metadata: { finalizers: ["example.com/two"] } });
    expect(two.body.metadata.finalizers?.sort()).toEqual(["example.com/one", "example.com/two"]);
    const body = { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/one"] } };
    const one = await patch(name, strategic, body);
    expect(one.body.metadata.finalizers).toEqual(["example.com/two"]);
    await patch(name, merge, { metadata: { finalizers: null } });
  });

  test("replaces a node's taints as a whole, even strategically", async () => {
    const { call, create, fresh } = bench();
    const name = fresh("tainted");
    const path = `/api/v1/nodes/${name}`;
    await create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    const taint = (key: string) => ({ key: `example.com/${key}`, effect: "NoSchedule" });
    await call("PATCH", path, { type: strategic, body: { spec: { taints: [taint("one")] } } });
    const reply = await call("PATCH", path, { type: strategic, body: { spec: { taints: [taint("two")] } } });
    expect(reply.body.spec["taints"]).toEqual([taint("two")]);
    await call("DELETE", path);
  });

  test("replaces a map that says so, strategically", async () => {
    const pod = await idlePod({ labels: { a: "1" } });
    const reply = await patch(pod.metadata.name, strategic, { metadata: { labels: { $patch: "replace", b: "2" } } });
    expect(reply.body.metadata.labels).toEqual({ b: "2" });
  });

  test("adds, replaces and removes by path", async () => {
    const pod = await idlePod({ labels: { a: "1", b: "2" } });
    const reply = await patch(pod.metadata.name, json, [
      { op: "add", path: "/metadata/labels/c", value: "3" },
      { op: "replace", path: "/metadata/labels/a", value: "9" },
      { op: "remove", path: "/metadata/labels/b" },
      { op: "add", path: "/metadata/annotations", value: { "example.com/x": "y" } },
      { op: "add", path: "/metadata/labels/example.com~1slash", value: "z" },
    ]);
    expect(reply.body.metadata).toMatchObject({ labels: { a: "9", c: "3", "example.com/slash": "z" } });
    expect(reply.body.metadata.labels).not.toHaveProperty("b");
  });

  test("adds to a list and takes from it by path", async () => {
    const pod = await idlePod({ finalizers: ["example.com/one", "example.com/two"] });
    const { name } = pod.metadata;
    const reply = await patch(name, json, [
      { op: "add", path: "/metadata/finalizers/-", value: "example.com/last" },
      { op: "add", path: "/metadata/finalizers/0", value: "example.com/first" },
      { op: "remove", path: "/metadata/finalizers/1" },
    ]);
    expect(reply.body.metadata.finalizers).toEqual(["example.com/first", "example.com/two", "example.com/last"]);
    await patch(name, merge, { metadata: { finalizers: null } });
  });

  test("goes on only if a test holds", async () => {
    const pod = await idlePod({ labels: { a: "1" } });
    const { name, uid } = pod.metadata;
    const change = { op: "add", path: "/metadata/labels/b", value: "2" };
    const held = await patch(name, json, [{ op: "test", path: "/metadata/uid", value: uid }, change]);
    expect(held.status).toBe(200);
    const failed = await patch(name, json, [
      { op: "test", path: "/metadata/labels/a", value: "2" },
      { ...change, value: "3" },
    ]);
    expect(failed).toMatchObject({ status: 422, body: { reason: "Invalid" } });
    expect((await bench().get(bench().pods(name))).metadata.labels).toEqual({ a: "1", b: "2" });
  });

  test("refuses to remove what is not there", async () => {
    const { name } = (await idlePod()).metadata;
    expect((await patch(name, json, [{ op: "remove", path: "/metadata/labels/absent" }])).status).toBe(422);
  });

  test.each([
    [merge, { metadata: { labels: { a: "1" } } }],
    [strategic, { metadata: { labels: { a: "1" } } }],
    [json, [{ op: "replace", path: "/metadata/labels/a", value: "1" }]],
  ])("changes nothing when nothing changes: %s", async (type, body) => {
    const pod = await idlePod({ labels: { a: "1" } });
    const reply = await patch(pod.metadata.name, type, body);
    expect(reply.body.metadata.resourceVersion).toBe(pod.metadata.resourceVersion);
  });

  test("refuses a kind of patch that it does not know", async () => {
    const { name } = (await idlePod()).metadata;
    const reply = await patch(name, "application/json", {});
    expect(reply).toMatchObject({
      status: 415,
      body: {
        reason: "UnsupportedMediaType",
        message: "415: Unsupported Media Type",
      },
    });
  });

  test("refuses a patch that is not JSON", async () => {
    const { call, pods } = bench();
    const { name } = (await idlePod()).metadata;
    expect((await call("PATCH", pods(name), { type: merge, raw: "{" })).status).toBe(400);
  });

  test("does not patch what is not there", async () => {
    expect((await patch("absent", merge, { metadata: { labels: { a: "b" } } })).status).toBe(404);
  });

  test("stores nothing on a dry run", async () => {
    const { call, get, pods } = bench();
    const { name } = (await idlePod()).metadata;
    const body = { metadata: { labels: { dry: "yes" } } };
    const reply = await call("PATCH", pods(name), { type: merge, query: { dryRun: "All" }, body });
    expect(reply.body.metadata.labels).toEqual({ dry: "yes" });
    expect((await get(pods(name))).metadata.labels).toBeUndefined();
  });

  test("does not add a finalizer to what is being deleted", async () => {
    const { boundPod, remove, pods } = bench();
    const { name } = (await boundPod()).metadata;
    await remove(pods(name));
    expect(await patch(name, merge, { metadata: { finalizers: ["example.com/late"] } })).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining(
          "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted",
        ),
      },
    });
  });

  test("still labels what is being deleted", async () => {
    const { boundPod, remove, pods } = bench();
    const { name } = (await boundPod()).metadata;
    await remove(pods(name));
    expect((await patch(name, merge, { metadata: { labels: { late: "yes" } } })).body.metadata.labels).toEqual({
      late: "yes",
    });
  });
}
