import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { podManifest } from "./kubernetes-api-bench.ts";
import { brief, label, tagged, take, versionNow } from "./kubernetes-api-lines.ts";

/** Bookmarks, and lists that come through a watch and end with one. */
export function bookmarking(bench: CurrentBench): void {
  test("sends a bookmark before its time is over, to who wants them", async () => {
    const own = bench();
    const { labelSelector } = tagged(own);
    const from = await versionNow(own);
    const query = { labelSelector, timeoutSeconds: "8", allowWatchBookmarks: "true", resourceVersion: from };
    const watch = await own.open(own.pods(), query);
    const line = await watch.next();
    expect(line).toMatchObject({ type: "BOOKMARK", object: { kind: "Pod", apiVersion: "v1" } });
    expect(Number(line?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(from));
  });

  test("sends no bookmark to who does not", async () => {
    const own = bench();
    const { labelSelector } = tagged(own);
    const watch = await own.open(own.pods(), {
      labelSelector,
      timeoutSeconds: "3",
      resourceVersion: await versionNow(own),
    });
    expect(await watch.next()).toBeUndefined();
  });

  test("lists through a watch, with a bookmark at the end of it", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const name = own.fresh();
    await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const watch = await own.open(own.pods(), {
      labelSelector,
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    });
    const [first, second] = await take(watch, 2);
    expect(first).toMatchObject({ type: "ADDED", object: { metadata: { name } } });
    expect(second).toMatchObject({
      type: "BOOKMARK",
      object: {
        metadata: {
          annotations: { "k8s.io/initial-events-end": "true" },
          resourceVersion: expect.stringMatching(/^\d+$/),
        },
      },
    });
  });

  test("refuses initial events without saying how old they may be", async () => {
    const own = bench();
    const query = { watch: "true", sendInitialEvents: "true", allowWatchBookmarks: "true" };
    expect(await own.call("GET", own.pods(), { query })).toMatchObject({
      status: 422,
      body: {
        reason: "Invalid",
        message: expect.stringContaining("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
      },
    });
  });

  test("goes on after a bookmark without a gap and without a repetition", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const make = () =>
      own.create(own.pods(), podManifest({ name: own.fresh(), labels, spec: { schedulerName: "nobody" } }));
    const query = {
      labelSelector,
      allowWatchBookmarks: "true",
      timeoutSeconds: "4",
      resourceVersion: await versionNow(own),
    };
    const watch = await own.open(own.pods(), query);
    const before = await make();
    const [added, bookmark] = await take(watch, 2);
    expect(added?.object.metadata.uid).toBe(before.metadata.uid);
    expect(bookmark?.type).toBe("BOOKMARK");
    const { resourceVersion } = bookmark?.object.metadata ?? before.metadata;
    expect(Number(resourceVersion)).toBeGreaterThanOrEqual(Number(before.metadata.resourceVersion));
    const after = await make();
    const [next] = await take(await own.open(own.pods(), { labelSelector, resourceVersion }), 1);
    expect(next).toMatchObject({ type: "ADDED", object: { metadata: { uid: after.metadata.uid } } });
  });

  test("goes on with what happens after the end of the initial events, and from their version", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const make = () =>
      own.create(own.pods(), podManifest({ name: own.fresh(), labels, spec: { schedulerName: "nobody" } }));
    const [first] = [await make()];
    const query = {
      labelSelector,
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    };
    const watch = await own.open(own.pods(), query);
    const [, end] = await take(watch, 2);
    const { resourceVersion } = end?.object.metadata ?? first.metadata;
    expect(Number(resourceVersion)).toBeGreaterThanOrEqual(Number(first.metadata.resourceVersion));
    const second = await make();
    expect((await take(watch, 1))[0]).toMatchObject({
      type: "ADDED",
      object: { metadata: { uid: second.metadata.uid } },
    });
    const resumed = await own.open(own.pods(), { labelSelector, resourceVersion });
    expect((await take(resumed, 1))[0]?.object.metadata.uid).toBe(second.metadata.uid);
  });

  test("says nothing of an end of the initial events to who wants no bookmarks", async () => {
    const own = bench();
    const { labels, labelSelector } = tagged(own);
    const name = own.fresh();
    await own.create(own.pods(), podManifest({ name, labels, spec: { schedulerName: "nobody" } }));
    const query = { labelSelector, sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
    const watch = await own.open(own.pods(), query);
    await take(watch, 1);
    await label(own, name, { more: "yes" });
    expect(brief(await take(watch, 1))).toEqual([`MODIFIED ${name}`]);
  });

  test("refuses to match a version without initial events", async () => {
    const own = bench();
    const query = { watch: "true", resourceVersion: "0", resourceVersionMatch: "NotOlderThan" };
    expect(await own.call("GET", own.pods(), { query })).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining(
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
      },
    });
  });
}
