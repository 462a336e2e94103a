import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { merge, podManifest } from "./kubernetes-api-bench.ts";
import type { WatchLine } from "./kubernetes-api-client.ts";
import { brief, label, tagged, take, versionNow } from "./kubernetes-api-lines.ts";

export function watching(bench: CurrentBench): void {
  test("tells what happens after a version, in order", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const from = await versionNow(own);
    const watch = await own.open(own.pods(), { resourceVersion: from, labelSelector });
    const pod = await own.create(
      own.pods(),
      podManifest({ name: own.fresh(), labels, spec: { schedulerName: "nobody" } }),
    );
    const { name, uid } = pod.metadata;
    await label(own, name, { more: "yes" });
    await own.remove(own.pods(name), { body: { gracePeriodSeconds: 0 } });
    const lines = await take(watch, 4);
    // The third is the deletion's mark, which a pod gets even if it goes at once.
    expect(brief(lines)).toEqual([`ADDED ${name}`, `MODIFIED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]);
    expect(lines.map((line) => line.object.metadata.uid)).toEqual([uid, uid, uid, uid]);
    const versions = lines.map((line) => Number(line.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(4);
  });

  test("sends whole objects, with kind and version", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const watch = await own.open(own.pods(), { resourceVersion: await versionNow(own), labelSelector });
    const pod = await own.create(
      own.pods(),
      podManifest({ name: own.fresh(), labels, spec: { schedulerName: "nobody" } }),
    );
    const [line] = await take(watch, 1);
    expect(line?.object).toMatchObject({ kind: "Pod", apiVersion: "v1", spec: pod.spec, status: pod.status });
  });

  test("catches up from an older version", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const from = await versionNow(own);
    const name = own.fresh();
    await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    await label(own, name, { more: "yes" });
    const watch = await own.open(own.pods(), { resourceVersion: from, labelSelector });
    expect(brief(await take(watch, 2))).toEqual([`ADDED ${name}`, `MODIFIED ${name}`]);
  });

  test("continues exactly after the version of an event", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const name = own.fresh();
    const pod = await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    await label(own, name, { more: "yes" });
    const watch = await own.open(own.pods(), { resourceVersion: pod.metadata.resourceVersion, labelSelector });
    await label(own, name, { more: null });
    const lines = await take(watch, 2);
    expect(lines.map((line) => line.object.metadata.labels?.["more"])).toEqual(["yes", undefined]);
  });

  test.each([undefined, "0"])("begins with what exists when the version is %s", async (resourceVersion) => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const names = [own.fresh("a"), own.fresh("b")];
    for (const name of names)
      await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const watch = await own.open(own.pods(), { labelSelector, ...(resourceVersion ? { resourceVersion } : {}) });
    expect(brief(await take(watch, 2)).sort()).toEqual(names.map((name) => `ADDED ${name}`).sort());
  });

  test("shows an object that leaves the selection as deleted, in its last selected state", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const name = own.fresh();
    const pod = await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const watch = await own.open(own.pods(), { resourceVersion: pod.metadata.resourceVersion, labelSelector });
    const changed = await label(own, name, { tag: "another" });
    const [line] = await take(watch, 1);
    expect(line).toMatchObject({
      type: "DELETED",
      object: { metadata: { name, labels, resourceVersion: changed.body.metadata.resourceVersion } },
    });
  });

  test("shows an object that comes into the selection as added", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const name = own.fresh();
    const pod = await own.create(own.pods(), podManifest({ name, spec: { schedulerName: "nobody" } }));
    const watch = await own.open(own.pods(), { resourceVersion: pod.metadata.resourceVersion, labelSelector });
    await label(own, name, labels);
    expect(brief(await take(watch, 1))).toEqual([`ADDED ${name}`]);
  });

  test("follows a field selector as an object changes", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const pod = await own.boundPod({ labels });
    const query = {
      resourceVersion: pod.metadata.resourceVersion,
      labelSelector,
      fieldSelector: "status.phase=Running",
    };
    const watch = await own.open(own.pods(), query);
    await own.setStatus(pod, { phase: "Running" });
    await own.setStatus(pod, { phase: "Failed" });
    const { name } = pod.metadata;
    expect(brief(await take(watch, 2))).toEqual([`ADDED ${name}`, `DELETED ${name}`]);
  });

  test("shows two lives of one name as two objects", async () => {
    const own = bench();
    const name = own.fresh();
    const manifest = podManifest({ name, spec: { schedulerName: "nobody" } });
    const first = await own.create(own.pods(), manifest);
    const query = { resourceVersion: first.metadata.resourceVersion, fieldSelector: `metadata.name=${name}` };
    const watch = await own.open(own.pods(), query);
    await own.remove(own.pods(name), { body: { gracePeriodSeconds: 0 } });
    const second = await own.create(own.pods(), manifest);
    const lines = await take(watch, 3);
    expect(lines.map((line) => [line.type, line.object.metadata.uid])).toEqual([
      ["MODIFIED", first.metadata.uid],
      ["DELETED", first.metadata.uid],
      ["ADDED", second.metadata.uid],
    ]);
  });

  test("shows a graceful deletion as a change first", async () => {
    const own = bench();
    const pod = await own.boundPod();
    const { name, resourceVersion } = pod.metadata;
    const watch = await own.open(own.pods(), { resourceVersion, fieldSelector: `metadata.name=${name}` });
    await own.remove(own.pods(name));
    await own.remove(own.pods(name), { body: { gracePeriodSeconds: 0 } });
    const lines = await take(watch, 3);
    const graces = lines.map((line) => [line.type, line.object.metadata.deletionGracePeriodSeconds]);
    expect(graces).toEqual([
      ["MODIFIED", 30],
      ["MODIFIED", 0],
      ["DELETED", 0],
    ]);
  });

  test("tells every watcher the same", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const query = { resourceVersion: await versionNow(own), labelSelector };
    const watches = [await own.open(own.pods(), query), await own.open(own.pods(), query)];
    for (let n = 0; n < 3; n++) {
      await own.create(own.pods(), podManifest({ name: own.fresh(), labels, spec: { schedulerName: "nobody" } }));
    }
    const [one, two] = await Promise.all(watches.map((watch) => take(watch, 3)));
    expect(one).toEqual(two);
  });

  test("watches across namespaces", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const watch = await own.open("/api/v1/pods", { resourceVersion: await versionNow(own), labelSelector });
    const name = own.fresh();
    await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const [line] = await take(watch, 1);
    expect(line?.object.metadata).toMatchObject({ name, namespace: own.namespace });
  });

  test("ends by itself when its time is over", async () => {
    const own = bench();
    const { labelSelector } = tagged(own);
    const watch = await own.open(own.pods(), { labelSelector, timeoutSeconds: "1" });
    expect(await watch.next()).toBeUndefined();
  });

  test("refuses a version that is not a number", async () => {
    const own = bench();
    const reply = await own.call("GET", own.pods(), { query: { watch: "true", resourceVersion: "new" } });
    // Not 400, as for a list.
    expect(reply).toMatchObject({
      status: 500,
      body: { message: 'resourceVersion: Invalid value: "new": strconv.ParseUint: parsing "new": invalid syntax' },
    });
  });

  test("tells on resuming what went while nobody watched", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const name = own.fresh();
    const pod = await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const from = await versionNow(own);
    await own.remove(own.pods(name), { body: { gracePeriodSeconds: 0 } });
    const lines = await take(await own.open(own.pods(), { resourceVersion: from, labelSelector }), 2);
    expect(lines.map((line) => [line.type, line.object.metadata.uid])).toEqual([
      ["MODIFIED", pod.metadata.uid],
      ["DELETED", pod.metadata.uid],
    ]);
  });

  test("watches Warnings of all namespaces, and no other Events", async () => {
    const own = bench();
    const event = (type: string) =>
      own.create(own.at("", "events"), {
        metadata: { name: own.fresh("event") },
        involvedObject: { kind: "Pod", namespace: own.namespace, name: "web" },
        reason: "Tested",
        type,
      });
    const { metadata } = (await own.call("GET", "/api/v1/events", { query: { limit: "1" } })).body;
    const query = {
      watch: "1",
      fieldSelector: "type=Warning,reason=Tested",
      resourceVersion: metadata.resourceVersion,
    };
    const watch = await own.open("/api/v1/events", query);
    await event("Normal");
    const { name } = (await event("Warning")).metadata;
    expect(brief(await take(watch, 1))).toEqual([`ADDED ${name}`]);
  });

  test("watches nodes and leases as they change", async () => {
    const own = bench();
    const node = `/api/v1/nodes/${own.node}`;
    const before = await own.get(node);
    const nodes = await own.open("/api/v1/nodes", {
      resourceVersion: before.metadata.resourceVersion,
      fieldSelector: `metadata.name=${own.node}`,
    });
    const { body } = await own.call("PATCH", node, { type: merge, body: { metadata: { labels: { pool: "a" } } } });
    let line: WatchLine | undefined;
    // Controllers may have had a word about this node before.
    do [line] = await take(nodes, 1);
    while (line?.object.metadata.resourceVersion !== body.metadata.resourceVersion);
    expect(line).toMatchObject({ type: "MODIFIED", object: { kind: "Node", spec: body.spec } });

    const path = own.at("coordination.k8s.io", "leases");
    const lease = await own.create(path, {
      metadata: { name: own.fresh("lease") },
      spec: { holderIdentity: own.node },
    });
    const leases = await own.open(path, { resourceVersion: lease.metadata.resourceVersion });
    const renewTime = "2026-01-02T03:04:05.678901Z";
    const renewed = { ...lease, spec: { ...lease.spec, renewTime } };
    await own.call("PUT", `${path}/${lease.metadata.name}`, { body: renewed });
    expect((await take(leases, 1))[0]).toMatchObject({
      type: "MODIFIED",
      object: { kind: "Lease", spec: { renewTime } },
    });
  });
}
