import { expect, test } from "vitest";
import { createPod } from "../../../../../infra/local/cluster-model/builder.ts";
import { smallCluster } from "./small-cluster.ts";

const headers = { authorization: "Bearer admin" };

function opened(cluster: ReturnType<typeof smallCluster>, query: Record<string, string>) {
  const request = { method: "GET", path: "/api/v1/pods", query: { watch: "1", ...query }, headers };
  const response = cluster.model.api.handle(request);
  if (response.kind !== "watch") throw new Error("not a watch");
  return response.watch;
}

test("bookmarks come every minute, with a version that can be resumed from", async () => {
  const cluster = smallCluster();
  const watch = opened(cluster, { allowWatchBookmarks: "true" });
  await cluster.pass(59_750);
  expect(watch.take()).toBeUndefined();
  await cluster.pass(250);
  expect(watch.take()).toMatchObject({
    type: "BOOKMARK",
    object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: String(cluster.model.store.revision()) } },
  });
});

test("history older than five minutes is gone", async () => {
  const cluster = smallCluster();
  for (let n = 0; n < 600; n++) createPod(cluster.model, { name: `old-${n}` });
  const old = String(cluster.model.store.revision() - 300);
  await cluster.pass(6 * 60_000, 5_000);
  expect(opened(cluster, { resourceVersion: old }).take()).toMatchObject({ type: "ERROR", object: { code: 410 } });
});

test("a reader that is too slow is cut off", async () => {
  const cluster = smallCluster();
  const watch = opened(cluster, {});
  const made = createPod(cluster.model, { name: "busy" });
  for (let n = 0; n < 10_001; n++)
    cluster.model.as("x").setStatus("pods", made, { phase: "Pending", message: String(n) });
  let taken = 0;
  while (watch.take()) taken += 1;
  expect(taken).toBeGreaterThan(9_999);
  expect(watch.ended()).toBe(true);
});

test("a reader hears when there is something to take, also of what came before it asked", () => {
  const cluster = smallCluster();
  createPod(cluster.model, { name: "a" });
  const watch = opened(cluster, {});
  let calls = 0;
  watch.onReady(() => {
    calls += 1;
  });
  createPod(cluster.model, { name: "b" });
  expect(calls).toBe(2);
});
