import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ForwarderRig, forwarderRig, paths } from "../unit/functions/forwarder/forwarder-rig.ts";
import { at, failedPod, noon, rawEvent, rawNode, rawPod } from "../unit/functions/forwarder/raw-objects.ts";

let rig: ForwarderRig;
beforeEach(() => {
  rig = forwarderRig();
});
afterEach(() => rig.stopAll());

describe("a forwarder that starts", () => {
  it("tells the suspects among what is there (S0-70)", async () => {
    rig.api.serve(paths.pods, "100", [rawPod(), failedPod({ name: "old" })]);
    rig.api.serve(paths.nodes, "50", [rawNode(), rawNode({ name: "n2", ready: "Unknown" })]);
    const forwarder = rig.start();
    await forwarder.synced();
    await rig.advance(250);
    expect(rig.told()).toEqual(["suspect old 100 PodFailed", "suspect n2 10 NodeNotReady"]);
    expect(forwarder.status()).toMatchObject({ synced: true, suspects: 2, lastSend: "ok", unsent: 0 });
  });

  it("reads a large resource page by page and watches from where the list stood", async () => {
    const pods = Array.from({ length: 1_201 }, (_, n) => rawPod({ name: `web-${n}` }));
    rig.api.serve(paths.pods, "100", pods);
    const forwarder = rig.start();
    await rig.settle();
    expect(forwarder.status().resources.pods.objects).toBe(1_201);
    const pages = rig.api.requests.filter((each) => each.path === paths.pods && each.query?.["watch"] === undefined);
    expect(pages.map((each) => each.query)).toEqual([
      { limit: "500" },
      { limit: "500", continue: "500" },
      { limit: "500", continue: "1000" },
    ]);
    expect(rig.api.stream1(paths.pods).request.query).toMatchObject({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: "100",
    });
  });

  it("never reads from the API server's cache", async () => {
    rig.start();
    await rig.settle();
    const lists = rig.api.requests.filter((each) => each.query?.["watch"] === undefined);
    expect(lists.filter((each) => each.query?.["resourceVersion"] !== undefined)).toEqual([]);
  });

  it("takes the API server's Date for its epoch and numbers its messages from 1", async () => {
    rig.api.serve(paths.pods, "100", [failedPod()]);
    rig.start();
    await rig.advance(500);
    expect(rig.messages().map((each) => [each.v, each.cluster, each.kind, each.epoch, each.sequence])).toEqual([
      [1, "eu-1", "deltas", noon, 1],
      [1, "eu-1", "report", noon, 2],
    ]);
  });

  it("takes an epoch above the last one even within the same second", async () => {
    const forwarder = rig.start({}, { lastEpoch: noon });
    await rig.settle();
    expect(forwarder.status().epoch).toBe(noon + 1);
  });

  it("waits for an API server that does not answer, says so, and sends nothing", async () => {
    rig.api.on("/version", () => "unreachable");
    const forwarder = rig.start();
    await rig.advance(60_000);
    expect(forwarder.status()).toMatchObject({
      synced: false,
      trouble: "asking scripted: no answer to /version",
      lastSend: "none",
    });
    rig.api.on("/version", { body: { gitVersion: "v1.36.3" } });
    await rig.advance(31_000);
    expect(forwarder.status().synced).toBe(true);
    expect(forwarder.status().trouble).toBeUndefined();
  });

  it("delays itself by a random part of the jitter (S0-75)", async () => {
    const forwarder = rig.start({ startupJitterMs: 60_000 });
    await rig.settle();
    expect(rig.api.requests).toEqual([]);
    await rig.advance(60_000);
    expect(forwarder.status().synced).toBe(true);
  });

  it("keeps on with the other resources when one is refused, and names it", async () => {
    rig.api.serve(paths.pods, "100", [failedPod()]);
    rig.api.on(paths.leases, { status: 403, body: { message: "leases is forbidden" } });
    const forwarder = rig.start();
    await rig.advance(1_000);
    const { synced, resources } = forwarder.status();
    expect([synced, resources.leases.trouble, resources.pods.synced]).toEqual([false, "403 leases is forbidden", true]);
    expect(rig.told()).toEqual(["suspect web 100 PodFailed"]);
    expect(rig.reports()).toEqual([]);
  });

  it("takes an answer that is no list for no list, never for an empty one", async () => {
    rig.api.serve(paths.pods, "100", [failedPod()]);
    const forwarder = rig.start();
    await rig.advance(1_000);
    for (const body of ["<html>proxy</html>", {}, { metadata: { resourceVersion: "200" } }]) {
      rig.api.on(paths.pods, { body });
      rig.api.stream1(paths.pods).event("ERROR", { code: 410, message: "too old" });
      await rig.advance(10_000);
      expect(forwarder.status().resources.pods.objects).toBe(1);
      rig.api.serve(paths.pods, "100", [failedPod()]);
      await rig.advance(40_000);
      expect(forwarder.status().resources.pods.watching).toBe(true);
    }
    expect(rig.deltas().filter((each) => each.kind === "gone")).toEqual([]);
  });

  it("takes a list whose items are null for an empty one", async () => {
    rig.api.on(paths.pods, { body: { metadata: { resourceVersion: "100" }, items: null } });
    const forwarder = rig.start();
    await rig.settle();
    expect(forwarder.status().resources.pods).toMatchObject({ synced: true, objects: 0 });
  });

  it("reads Events after the nodes and pods that they speak of", async () => {
    rig.api.on(paths.nodes, { status: 503 });
    const involvedObject = { kind: "Node", name: "n1", uid: "n1" };
    rig.api.serve(paths.events, "50", [rawEvent({ over: { involvedObject } })]);
    rig.start();
    await rig.advance(5_000);
    rig.api.serve(paths.nodes, "50", [rawNode()]);
    await rig.advance(10_000);
    expect(rig.deltas().map((each) => [each.object.uid, ...each.signals])).toEqual([["uid-n1", "WarningEvent"]]);
  });

  it("tells warnings of the last five minutes and lets older ones rest", async () => {
    rig.api.serve(paths.events, "50", [
      rawEvent({ uid: "fresh", over: { lastTimestamp: at(-300_000) } }),
      rawEvent({ uid: "old", over: { lastTimestamp: at(-301_000) } }),
    ]);
    rig.start();
    await rig.advance(1_000);
    expect(rig.deltas().map((each) => each.state?.ref.uid)).toEqual(["fresh"]);
  });

  it("tells who became ready lately, not the whole cluster", async () => {
    const ready = (ms: number) => [{ type: "Ready", status: "True", lastTransitionTime: at(ms) }];
    rig.api.serve(paths.pods, "100", [
      rawPod({ name: "lately", status: { conditions: ready(-600_000) } }),
      rawPod({ name: "before", status: { conditions: ready(-601_000) } }),
    ]);
    rig.start({ milestones: true });
    await rig.advance(10_000);
    expect(rig.told()).toEqual(["milestone lately 100"]);
  });
});
