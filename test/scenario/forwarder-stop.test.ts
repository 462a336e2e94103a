import { afterEach, beforeEach, expect, it } from "vitest";
import { queueDown } from "../fakes/memory-queue.ts";
import { type ForwarderRig, forwarderRig, paths } from "../unit/functions/forwarder/forwarder-rig.ts";
import { failedPod, rawPod } from "../unit/functions/forwarder/raw-objects.ts";

let rig: ForwarderRig;
beforeEach(() => {
  rig = forwarderRig();
});
afterEach(async () => {
  rig.queue.mend();
  await rig.stopAll();
});

it("a forwarder that is stopped sends what it still has, milestones too, and reads no more", async () => {
  const forwarder = rig.start({ milestones: true });
  await rig.advance(1_000);
  const watches = Object.values(paths).map((path) => rig.api.stream1(path));
  const pods = rig.api.stream1(paths.pods);
  pods.event("ADDED", failedPod({ name: "first", version: "101" }));
  await rig.settle();
  pods.event("ADDED", failedPod({ name: "second", version: "102" }));
  pods.event("ADDED", rawPod({ name: "ready", version: "103", status: { conditions: [] } }));
  pods.event("MODIFIED", rawPod({ name: "ready", version: "104" }));
  await rig.settle();
  expect(rig.told()).toEqual(["suspect first 101 PodFailed"]);
  await forwarder.stop();
  expect(rig.told()).toEqual(["suspect first 101 PodFailed", "suspect second 102 PodFailed", "milestone ready 104"]);
  expect(watches.map((each) => each.open)).toEqual([false, false, false, false]);
  const requests = rig.api.requests.length;
  await rig.advance(120_000);
  expect(rig.api.requests).toHaveLength(requests);
  expect(rig.reports()).toHaveLength(1);
});

it("one whose queue is down tries until its time is over, then says what is left", async () => {
  rig.api.serve(paths.pods, "100", [failedPod(), failedPod({ name: "two" })]);
  rig.queue.breakWith(queueDown(), "send");
  const forwarder = rig.start({ drainMs: 10_000, resyncMs: 600_000 });
  await rig.advance(60_000);
  let stopped = false;
  const stopping = forwarder.stop().then(() => {
    stopped = true;
  });
  await rig.advance(9_750);
  expect(stopped).toBe(false);
  await rig.advance(500);
  await stopping;
  expect(rig.log.at(-1)).toMatchObject({ level: "warn", words: "forwarder stopped with deltas unsent", left: 2 });
});

it("one whose queue comes back in time loses nothing", async () => {
  rig.api.serve(paths.pods, "100", [failedPod()]);
  rig.queue.breakWith(queueDown(), "send");
  const forwarder = rig.start({ resyncMs: 600_000 });
  await rig.advance(60_000);
  const stopping = forwarder.stop();
  await rig.advance(1_000);
  rig.queue.mend();
  await rig.advance(9_000);
  await stopping;
  expect(rig.told()).toEqual(["suspect web 100 PodFailed"]);
});

it("one whose queue hangs is not kept by it", async () => {
  rig.api.serve(paths.pods, "100", [failedPod()]);
  const release = rig.queue.stall("send");
  const forwarder = rig.start({ drainMs: 10_000 });
  await rig.advance(1_000);
  const stopping = forwarder.stop();
  await rig.advance(10_000);
  await stopping;
  release();
});

it("one that never got through ends at once", async () => {
  rig.api.on("/version", () => "unreachable");
  const forwarder = rig.start();
  await rig.advance(5_000);
  const synced = forwarder.synced();
  const stopping = forwarder.stop();
  await rig.settle();
  await stopping;
  await expect(synced).rejects.toThrow("forwarder of eu-1: stopped before it was synced");
});

it("two forwarders of one process do not disturb each other", async () => {
  rig.api.serve(paths.pods, "100", [failedPod()]);
  const first = rig.start();
  const second = rig.start();
  await rig.advance(1_000);
  await first.stop();
  rig.api.stream1(paths.pods).event("ADDED", failedPod({ name: "two", version: "101" }));
  await rig.advance(1_000);
  expect(second.status().suspects).toBe(2);
  expect(first.status().suspects).toBe(1);
  expect(await second.metricsText()).toContain('knitbone_forwarder_suspects{cluster="eu-1"} 2');
});
