import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { type Bench, podManifest } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";
import { namesOf, pages } from "./kubernetes-api-pages.ts";

/** Pods that only this case sees: they share a label that nobody else has. */
async function someOf(bench: Bench, count: number): Promise<{ names: string[]; labelSelector: string }> {
  const group = bench.fresh("group");
  const names: string[] = [];
  for (let n = 0; n < count; n++) {
    const pod = await bench.create(
      bench.pods(),
      podManifest({ name: bench.fresh("p"), labels: { group, n: String(n) } }),
    );
    names.push(pod.metadata.name);
  }
  return { names: names.sort(), labelSelector: `group=${group}` };
}

export function listing(bench: CurrentBench): void {
  test("lists by name, with the version of the list and without the kind of each item", async () => {
    const { call, pods } = bench();
    const { names, labelSelector } = await someOf(bench(), 3);
    const { body } = await call("GET", pods(), { query: { labelSelector } });
    expect(body).toMatchObject({
      kind: "PodList",
      apiVersion: "v1",
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    });
    expect(namesOf(body)).toEqual(names);
    expect(body.items[0]?.kind).toBeUndefined();
    expect(body.items[0]?.apiVersion).toBeUndefined();
  });

  test("gives an empty list, not null", async () => {
    const { call, at } = bench();
    const { body } = await call("GET", at("apps", "daemonsets"));
    expect(body).toMatchObject({ kind: "DaemonSetList", apiVersion: "apps/v1", items: [] });
  });

  test("lists across namespaces", async () => {
    const { call } = bench();
    const { names, labelSelector } = await someOf(bench(), 2);
    const { body } = await call("GET", "/api/v1/pods", { query: { labelSelector } });
    expect(namesOf(body)).toEqual(names);
  });

  test("lists nothing of a namespace that is not there", async () => {
    const { status, body } = await bench().call("GET", "/api/v1/namespaces/no-such-place/pods");
    expect(status).toBe(200);
    expect(body.items).toEqual([]);
  });

  test.each([
    ["n=1", [1]],
    ["n==1", [1]],
    ["n!=1", [0, 2]],
    ["n in (0,2)", [0, 2]],
    ["n notin (0,2)", [1]],
    ["n", [0, 1, 2]],
    ["!n", []],
    ["n in (0, 1),n!=0", [1]],
    ["absent notin (x)", [0, 1, 2]],
  ])("selects by label: %s", async (selector, expected) => {
    const { call, pods } = bench();
    const { labelSelector } = await someOf(bench(), 3);
    const { body } = await call("GET", pods(), { query: { labelSelector: `${labelSelector},${selector}` } });
    expect(body.items.map((item) => Number(item.metadata.labels?.["n"])).sort()).toEqual(expected);
  });

  test("refuses a label selector that it cannot read", async () => {
    const { call, pods } = bench();
    const reply = await call("GET", pods(), { query: { labelSelector: "a in (b" } });
    expect(reply).toMatchObject({ status: 400, body: { reason: "BadRequest" } });
  });

  test("selects one object by its name", async () => {
    const { call, pods } = bench();
    const { names } = await someOf(bench(), 2);
    const { body } = await call("GET", pods(), { query: { fieldSelector: `metadata.name=${names[1]}` } });
    expect(namesOf(body)).toEqual([names[1]]);
  });

  test("selects pods by node and phase", async () => {
    const { call, pods, boundPod, runningPod, node } = bench();
    const [waiting, running] = [await boundPod(), await runningPod()];
    const named = (items: Body) =>
      namesOf(items).filter((name) => [waiting, running].some((pod) => pod.metadata.name === name));
    const onNode = await call("GET", pods(), { query: { fieldSelector: `spec.nodeName=${node}` } });
    expect(named(onNode.body).sort()).toEqual([waiting.metadata.name, running.metadata.name].sort());
    const only = await call("GET", pods(), { query: { fieldSelector: `spec.nodeName=${node},status.phase!=Pending` } });
    expect(named(only.body)).toEqual([running.metadata.name]);
  });

  test("selects pods without a node", async () => {
    const { call, create, pods, fresh, boundPod } = bench();
    await boundPod();
    const labels = { lonely: fresh() };
    const pod = await create(pods(), podManifest({ name: fresh(), labels, spec: { schedulerName: "nobody" } }));
    const query = { fieldSelector: "spec.nodeName=", labelSelector: `lonely=${labels.lonely}` };
    expect(namesOf((await call("GET", pods(), { query })).body)).toEqual([pod.metadata.name]);
  });

  test("selects Events by the object that they are about", async () => {
    const { call, create, at, fresh, namespace } = bench();
    const uid = fresh("uid");
    const event = (name: string, about: string) => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name },
      involvedObject: { kind: "Pod", namespace, name: "web", uid: about },
      reason: "Tested",
      type: "Warning",
    });
    const name = fresh("event");
    await create(at("", "events"), event(name, uid));
    await create(at("", "events"), event(fresh("event"), "another"));
    const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning,reason=Tested` };
    expect(namesOf((await call("GET", at("", "events"), { query })).body)).toEqual([name]);
  });

  test("refuses a field that cannot be selected by", async () => {
    const { call, pods } = bench();
    expect(await call("GET", pods(), { query: { fieldSelector: "spec.hostname=x" } })).toMatchObject({
      status: 400,
      body: { reason: "BadRequest", message: "field label not supported: spec.hostname" },
    });
  });

  test("gives a list in pages that together are the whole", async () => {
    const { names, labelSelector } = await someOf(bench(), 5);
    const all = await pages(bench(), bench().pods(), { labelSelector, limit: "2" });
    expect(all.map((page) => page.items.length)).toEqual([2, 2, 1]);
    expect(all.flatMap(namesOf)).toEqual(names);
    expect(new Set(all.map((page) => page.metadata.resourceVersion)).size).toBe(1);
    expect(all.at(-1)?.metadata.continue ?? "").toBe("");
  });

  test("says how many are left, unless a selector makes it unknown", async () => {
    const { call, create, at, fresh } = bench();
    for (let n = 0; n < 3; n++) {
      await create(at("coordination.k8s.io", "leases"), {
        metadata: { name: fresh("lease"), labels: { counted: "yes" } },
      });
    }
    const path = at("coordination.k8s.io", "leases");
    const plain = await call("GET", path, { query: { limit: "1" } });
    expect(plain.body.metadata.remainingItemCount).toBe(2);
    const selected = await call("GET", path, { query: { limit: "1", labelSelector: "counted" } });
    expect(selected.body.metadata.continue).not.toBe("");
    expect(selected.body.metadata.remainingItemCount).toBeUndefined();
  });

  test("shows the first page's state on every page", async () => {
    const { call, create, remove, pods, fresh } = bench();
    const { names, labelSelector } = await someOf(bench(), 4);
    const first = await call("GET", pods(), { query: { labelSelector, limit: "2" } });
    const group = labelSelector.replace("group=", "");
    await remove(pods(names[3]), { body: { gracePeriodSeconds: 0 } });
    await create(pods(), podManifest({ name: fresh("p-zz"), labels: { group } }));
    const query = { labelSelector, limit: "10", continue: first.body.metadata.continue ?? "" };
    const second = await call("GET", pods(), { query });
    expect(namesOf(second.body)).toEqual(names.slice(2));
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  test("has nothing to continue when the limit is not reached", async () => {
    const { call, pods } = bench();
    const { names, labelSelector } = await someOf(bench(), 2);
    const { body } = await call("GET", pods(), { query: { labelSelector, limit: "3" } });
    expect(namesOf(body)).toEqual(names);
    expect(body.metadata.continue).toBeUndefined();
  });

  test("refuses a continue token that it did not make", async () => {
    const { call, pods } = bench();
    const reply = await call("GET", pods(), { query: { limit: "1", continue: "not-a-token" } });
    expect(reply).toMatchObject({ status: 400, body: { reason: "BadRequest" } });
  });

  test("answers from any version when asked for version 0", async () => {
    const { call, pods } = bench();
    const { names, labelSelector } = await someOf(bench(), 1);
    const look = async () => {
      const { body } = await call("GET", pods(), { query: { labelSelector, resourceVersion: "0" } });
      return body.items.length === 1 ? body : undefined;
    };
    expect(namesOf(await bench().eventually(look))).toEqual(names);
  });

  test("refuses to list at a version that is still to come", async () => {
    const { call, pods } = bench();
    const now = Number((await call("GET", pods())).body.metadata.resourceVersion);
    const reply = await call("GET", pods(), { query: { resourceVersion: String(now + 1_000_000) } });
    expect(reply).toMatchObject({
      status: 504,
      body: {
        reason: "Timeout",
        message: expect.stringMatching(/^Timeout: Too large resource version: \d+, current: \d+$/),
        details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
      },
    });
  });

  test("lists exactly at the version that it has just given", async () => {
    const { call, pods } = bench();
    const { names, labelSelector } = await someOf(bench(), 2);
    const now = (await call("GET", pods(), { query: { labelSelector } })).body.metadata.resourceVersion;
    const query = { labelSelector, resourceVersion: now, resourceVersionMatch: "Exact" };
    const { body } = await call("GET", pods(), { query });
    expect(namesOf(body)).toEqual(names);
    expect(body.metadata.resourceVersion).toBe(now);
  });

  test("refuses a version that is not a number", async () => {
    const { call, pods } = bench();
    const reply = await call("GET", pods(), { query: { resourceVersion: "new" } });
    expect(reply.status).toBe(400);
  });

  test("gives the same page for the same token", async () => {
    const { call, pods } = bench();
    const { names, labelSelector } = await someOf(bench(), 3);
    const first = await call("GET", pods(), { query: { labelSelector, limit: "1" } });
    const query = { labelSelector, limit: "1", continue: first.body.metadata.continue ?? "" };
    const [one, two] = [await call("GET", pods(), { query }), await call("GET", pods(), { query })];
    expect(namesOf(one.body)).toEqual(names.slice(1, 2));
    expect(two.body).toEqual(one.body);
  });

  test("pages across namespaces with a field selector, as a forwarder reads Warnings", async () => {
    const own = bench();
    const uid = own.fresh("uid");
    const names: string[] = [];
    for (const type of ["Warning", "Normal", "Warning", "Warning"]) {
      const name = own.fresh("event");
      if (type === "Warning") names.push(name);
      await own.create(own.at("", "events"), {
        metadata: { name },
        involvedObject: { kind: "Pod", namespace: own.namespace, name: "web", uid },
        reason: "Tested",
        type,
      });
    }
    const query = { fieldSelector: `type=Warning,involvedObject.uid=${uid}`, limit: "2" };
    const all = await pages(own, "/api/v1/events", query);
    expect(all.flatMap(namesOf)).toEqual(names.sort());
    expect(all.every((page) => page.items.length <= 2)).toBe(true);
  });

  test("refuses to match a version that is not named", async () => {
    const { call, pods } = bench();
    expect(await call("GET", pods(), { query: { resourceVersionMatch: "Exact" } })).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining("resourceVersionMatch is forbidden unless resourceVersion is provided"),
      },
    });
  });
}
