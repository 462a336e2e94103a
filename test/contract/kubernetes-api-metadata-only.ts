import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { type Bench, container, merge, podManifest } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";
import { take, versionNow } from "./kubernetes-api-lines.ts";
import { namesOf, pages } from "./kubernetes-api-pages.ts";

const asOne = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const asList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/** Metadata where the server can, whole objects where it cannot. */
const orWhole = `${asList},application/json`;
const unknownView = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v9";

/** On no node, so that a DaemonSet makes no pods either. */
const podSpec = { containers: [container], nodeSelector: { nowhere: "yes" } };
const finite = { template: { spec: { ...podSpec, restartPolicy: "Never" } } };
const selecting = (name: string) => ({
  selector: { matchLabels: { app: name } },
  template: { metadata: { labels: { app: name } }, spec: podSpec },
});

/** The kinds that are read by their metadata, each with a spec that gives its controller nothing to do. */
const kinds: readonly (readonly [resource: string, group: string, spec: (name: string) => object])[] = [
  ["pods", "", () => ({ ...podSpec, schedulerName: "nobody" })],
  ["replicasets", "apps", (name) => ({ replicas: 0, ...selecting(name) })],
  ["deployments", "apps", (name) => ({ replicas: 0, ...selecting(name) })],
  ["statefulsets", "apps", (name) => ({ replicas: 0, serviceName: "none", ...selecting(name) })],
  ["daemonsets", "apps", (name) => selecting(name)],
  ["jobs", "batch", () => ({ suspend: true, ...finite })],
  ["cronjobs", "batch", () => ({ suspend: true, schedule: "0 0 1 1 *", jobTemplate: { spec: finite } })],
];

/** Three objects of a kind, alone under their label, owned by the bench's node, which is there. */
async function threeOf(bench: Bench, resource: string, group: string, spec: (name: string) => object) {
  const label = bench.fresh("group");
  const { metadata: owner } = await bench.get(`/api/v1/nodes/${bench.node}`);
  const ownerReferences = [{ apiVersion: "v1", kind: "Node", name: owner.name, uid: owner.uid }];
  const made: Body[] = [];
  for (let n = 0; n < 3; n++) {
    const name = bench.fresh("m");
    const metadata = { name, labels: { group: label, n: String(n) }, annotations: { note: name }, ownerReferences };
    made.push(await bench.create(bench.at(group, resource), { metadata, spec: spec(name) }));
  }
  return { made, names: namesOf({ items: made } as Body).sort(), labelSelector: `group=${label}` };
}

export function metadataOnly(bench: CurrentBench): void {
  test.each(kinds)("lists the metadata of %s, whole and nothing else", async (resource, group, spec) => {
    const own = bench();
    const { made, names, labelSelector } = await threeOf(own, resource, group, spec);
    const [list] = await pages(own, own.at(group, resource), { labelSelector }, { accept: orWhole });
    expect(list).toMatchObject({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    });
    const items = list?.items ?? [];
    expect(items.map((item) => item.metadata.name)).toEqual(names);
    for (const item of items) {
      const { name, namespace, uid, labels, ownerReferences, creationTimestamp } =
        made.find((each) => each.metadata.name === item.metadata.name)?.metadata ?? ({} as Body["metadata"]);
      expect(Object.keys(item).sort()).toEqual(["apiVersion", "kind", "metadata"]);
      expect(item).toMatchObject({
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        metadata: { name, namespace, uid, labels, ownerReferences, creationTimestamp, annotations: { note: name } },
      });
    }
  });

  test.each(kinds)("gives the metadata of %s in pages of one state", async (resource, group, spec) => {
    const own = bench();
    const { made, names, labelSelector } = await threeOf(own, resource, group, spec);
    const path = own.at(group, resource);
    const all = await pages(own, path, { labelSelector, limit: "2" }, { accept: orWhole });
    expect(all.map((page) => page.kind)).toEqual(["PartialObjectMetadataList", "PartialObjectMetadataList"]);
    expect(all.map((page) => page.items.length)).toEqual([2, 1]);
    expect(all.flatMap(namesOf)).toEqual(names);
    expect(new Set(all.map((page) => page.metadata.resourceVersion)).size).toBe(1);
    const [first] = made;
    const [chosen] = await pages(
      own,
      path,
      { fieldSelector: `metadata.name=${first?.metadata.name}` },
      { accept: orWhole },
    );
    expect(chosen?.items.map((item) => item.metadata.uid)).toEqual([first?.metadata.uid]);
  });

  test("selects metadata by the fields of the whole object", async () => {
    const own = bench();
    const [bound, running] = [await own.boundPod(), await own.runningPod()];
    const fieldSelector = `spec.nodeName=${own.node},status.phase=Running`;
    const [list] = await pages(own, own.pods(), { fieldSelector }, { accept: orWhole });
    const uids = list?.items.map((item) => item.metadata.uid);
    expect(uids).toContain(running.metadata.uid);
    expect(uids).not.toContain(bound.metadata.uid);
  });

  test("lists metadata across namespaces, with how many are left", async () => {
    const own = bench();
    await threeOf(own, "pods", "", () => ({ ...podSpec, schedulerName: "nobody" }));
    const { status, body } = await own.call("GET", "/api/v1/pods", {
      query: { limit: "1" },
      headers: { accept: orWhole },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: "PartialObjectMetadataList", items: [{ kind: "PartialObjectMetadata" }] });
    expect(body.metadata.remainingItemCount).toBeGreaterThanOrEqual(2);
  });

  test("gives null for no metadata at all, where a list of whole objects is empty", async () => {
    const own = bench();
    const query = { labelSelector: `group=${own.fresh("nobody")}` };
    const { body } = await own.call("GET", own.pods(), { query, headers: { accept: orWhole } });
    expect(body).toMatchObject({ kind: "PartialObjectMetadataList", items: null });
    expect(body.metadata.continue ?? "").toBe("");
  });

  test("answers a continue token that is not its own in words, not metadata", async () => {
    const own = bench();
    const query = { limit: "1", continue: "not-a-token" };
    const reply = await own.call("GET", own.pods(), { query, headers: { accept: orWhole } });
    expect(reply).toMatchObject({ status: 400, body: { kind: "Status", reason: "BadRequest" } });
  });

  test("passes over a view that it does not know", async () => {
    const own = bench();
    const pod = await own.boundPod();
    const query = { fieldSelector: `metadata.name=${pod.metadata.name}` };
    const headers = { accept: `${unknownView},application/json` };
    const { status, body } = await own.call("GET", own.pods(), { query, headers });
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: "PodList", items: [{ spec: pod.spec }] });
  });

  test("takes the view with the greater weight", async () => {
    const own = bench();
    const accept = `application/json;q=0.5,${asList}`;
    const { body } = await own.call("GET", own.pods(), { headers: { accept } });
    expect(body.kind).toBe("PartialObjectMetadataList");
  });

  test("refuses a request that accepts nothing it can send", async () => {
    const own = bench();
    const name = own.fresh();
    const reply = await own.call("POST", own.pods(), { body: podManifest({ name }), headers: { accept: unknownView } });
    expect(reply).toMatchObject({
      status: 406,
      body: {
        kind: "Status",
        reason: "NotAcceptable",
        message: expect.stringMatching(/^only the following media types are accepted: application\/json/),
        code: 406,
      },
    });
    expect((await own.call("GET", own.pods(name))).status).toBe(404);
  });

  test("tells one object from a list", async () => {
    const own = bench();
    const { metadata } = await own.boundPod();
    const get = (path: string, accept: string) => own.call("GET", path, { headers: { accept } });
    expect(await get(own.pods(), asOne)).toMatchObject({
      status: 406,
      body: {
        reason: "NotAcceptable",
        message: expect.stringMatching(/^you requested PartialObjectMetadata, but the requested object is a list \(/),
      },
    });
    expect(await get(own.pods(metadata.name), asList)).toMatchObject({
      status: 406,
      body: {
        message: expect.stringMatching(
          /^you requested PartialObjectMetadataList, but the requested object is not a list \(/,
        ),
      },
    });
    const { body } = await get(own.pods(metadata.name), asOne);
    expect(body).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" });
    expect(body.metadata.uid).toBe(metadata.uid);
    expect(body.spec).toBeUndefined();
  });

  test("answers a write with metadata as well, and an error with its words", async () => {
    const own = bench();
    const { metadata } = await own.boundPod();
    const headers = { accept: asOne };
    const body = { metadata: { labels: { seen: "yes" } } };
    const patched = await own.call("PATCH", own.pods(metadata.name), { type: merge, body, headers });
    expect(patched.body).toMatchObject({ kind: "PartialObjectMetadata", metadata: { labels: { seen: "yes" } } });
    const removed = await own.call("DELETE", own.pods(metadata.name), { body: { gracePeriodSeconds: 0 }, headers });
    expect(removed.body).toMatchObject({ kind: "PartialObjectMetadata", metadata: { uid: metadata.uid } });
    const missing = await own.call("GET", own.pods(metadata.name), { headers });
    expect(missing).toMatchObject({ status: 404, body: { kind: "Status", reason: "NotFound" } });
  });

  test("watches metadata, from the first list to the last word about an object", async () => {
    const own = bench();
    const labels = { tag: own.fresh("tag") };
    const query = { labelSelector: `tag=${labels.tag}`, resourceVersion: await versionNow(own) };
    const watch = await own.open(own.pods(), query, { accept: asOne });
    const name = own.fresh();
    await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    await own.call("PATCH", own.pods(name), { type: merge, body: { metadata: { labels: { more: "yes" } } } });
    await own.remove(own.pods(name), { body: { gracePeriodSeconds: 0 } });
    const lines = await take(watch, 4);
    expect(lines.map((line) => line.type)).toEqual(["ADDED", "MODIFIED", "MODIFIED", "DELETED"]);
    for (const { object } of lines) {
      expect(object).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name } });
      expect(object.spec).toBeUndefined();
    }
  });

  test("lists metadata through a watch, with a bookmark at the end of it", async () => {
    const own = bench();
    const labels = { tag: own.fresh("tag") };
    const name = own.fresh();
    await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const query = {
      labelSelector: `tag=${labels.tag}`,
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    };
    const [first, second] = await take(await own.open(own.pods(), query, { accept: asOne }), 2);
    expect(first).toMatchObject({ type: "ADDED", object: { kind: "PartialObjectMetadata", metadata: { name } } });
    expect(second).toMatchObject({
      type: "BOOKMARK",
      object: {
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        metadata: {
          annotations: { "k8s.io/initial-events-end": "true" },
          resourceVersion: expect.stringMatching(/^\d+$/),
        },
      },
    });
  });
}
