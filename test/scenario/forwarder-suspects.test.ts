import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningForwarder } from "../../functions/forwarder/forwarder.ts";
import { type ForwarderRig, forwarderRig, inShort, paths } from "../unit/functions/forwarder/forwarder-rig.ts";
import {
  at,
  failedPod,
  noon,
  rawEvent,
  rawLease,
  rawNode,
  rawPod,
  waitingPod,
} from "../unit/functions/forwarder/raw-objects.ts";

let rig: ForwarderRig;
let forwarder: RunningForwarder;
const watch = (resource: keyof typeof paths) => rig.api.stream1(paths[resource]);
/** Seconds since noon at which deltas were observed, with what they say. */
const timeline = () => rig.deltas().map((each) => `${(each.observedAt - noon) / 1_000} ${inShort(each)}`);

/** What the API server writes last of a pod that ends without grace. */
const forced = (ms: number) => ({ deletionTimestamp: at(ms), deletionGracePeriodSeconds: 0 });

beforeEach(() => {
  rig = forwarderRig();
  rig.api.serve(paths.nodes, "50", [rawNode()]);
});
afterEach(() => rig.stopAll());

async function begin(settings = {}, lab = 1): Promise<void> {
  forwarder = rig.start(settings, { lab });
  await rig.settle();
}

describe("a suspect", () => {
  it("is repeated after 60 s, then with doubled pauses up to ten minutes", async () => {
    await begin();
    watch("pods").event("ADDED", failedPod({ version: "101" }));
    await rig.advance(2_460_000);
    const seconds = rig.deltas().map((each) => (each.observedAt - noon) / 1_000);
    expect(seconds).toEqual([0, 60, 180, 420, 900, 1_500, 2_100]);
    expect(new Set(rig.told())).toEqual(new Set(["suspect web 101 PodFailed"]));
    expect(new Set(rig.deltas().map((each) => each.traceId)).size).toBe(7);
  });

  it("is repeated twenty times sooner in the lab", async () => {
    await begin({}, 20);
    watch("pods").event("ADDED", failedPod({ version: "101" }));
    await rig.advance(22_000);
    expect(rig.deltas().map((each) => (each.observedAt - noon) / 1_000)).toEqual([0, 3, 9, 21]);
  });

  it("spreads its repetitions by the jitter", async () => {
    const pods = Array.from({ length: 200 }, (_, n) => failedPod({ name: `web-${n}` }));
    rig.api.serve(paths.pods, "100", pods);
    await begin({ resyncJitter: 0.5 });
    await rig.advance(29_000);
    expect(rig.deltas()).toHaveLength(200);
    await rig.advance(32_000);
    const again = rig.deltas().slice(200);
    expect(again.length).toBeGreaterThan(50);
    expect(again.length).toBeLessThan(150);
  });

  it("that changes is told at once and repeated from 60 s again", async () => {
    await begin();
    watch("pods").event("ADDED", waitingPod({ version: "101" }));
    await rig.advance(200_000);
    watch("pods").event("MODIFIED", waitingPod({ version: "102", status: { message: "now this" } }));
    await rig.advance(70_000);
    expect(timeline()).toEqual([
      "0 suspect web 101 PodWaiting",
      "60 suspect web 101 PodWaiting",
      "180 suspect web 101 PodWaiting",
      "200 suspect web 102 PodWaiting",
      "260 suspect web 102 PodWaiting",
    ]);
  });

  it("whose node only sends heartbeats is not told again, but repeated with its newest version", async () => {
    await begin();
    watch("nodes").event("MODIFIED", rawNode({ version: "51", ready: "False" }));
    await rig.advance(30_000);
    watch("nodes").event("MODIFIED", rawNode({ version: "52", ready: "False", heartbeat: at(30_000) }));
    await rig.advance(31_000);
    expect(timeline()).toEqual(["0 suspect n1 51 NodeNotReady", "60 suspect n1 52 NodeNotReady"]);
  });

  it("that recovers is told so once, and never repeated again", async () => {
    await begin();
    watch("pods").event("ADDED", failedPod({ version: "101" }));
    await rig.advance(1_000);
    watch("pods").event("MODIFIED", rawPod({ version: "102" }));
    await rig.advance(1_000);
    watch("pods").event("MODIFIED", rawPod({ version: "103" }));
    await rig.advance(1_200_000);
    expect(rig.told()).toEqual(["suspect web 101 PodFailed", "recovered web 102"]);
    expect(forwarder.status().suspects).toBe(0);
  });

  it("that is deleted is told so once, with its last state, milestones or not", async () => {
    await begin({ milestones: false });
    watch("pods").event("ADDED", failedPod({ version: "101" }));
    await rig.advance(1_000);
    watch("pods").event("DELETED", failedPod({ version: "102" }));
    await rig.advance(1_200_000);
    expect(rig.told()).toEqual(["suspect web 101 PodFailed", "gone web 102"]);
    expect(rig.deltas()[1]?.state).toMatchObject({ phase: "Failed", resourceVersion: "102" });
    expect(rig.deltas()[1]?.finalStateUnknown).toBeUndefined();
  });

  it("is repeated at once, all of them, when somebody asks", async () => {
    rig.api.serve(paths.pods, "100", [failedPod(), failedPod({ name: "two" }), rawPod({ name: "well" })]);
    await begin();
    await rig.advance(400_000);
    const before = rig.deltas().length;
    forwarder.resyncNow();
    await rig.advance(61_000);
    expect(timeline().slice(before)).toEqual([
      "400 suspect web 100 PodFailed",
      "400 suspect two 100 PodFailed",
      "460 suspect web 100 PodFailed",
      "460 suspect two 100 PodFailed",
    ]);
  });
});

describe("what no event marks", () => {
  it("a Terminating pod becomes overdue one second after its deletionTimestamp", async () => {
    await begin();
    watch("pods").event("MODIFIED", rawPod({ version: "101", metadata: { deletionTimestamp: at(30_000) } }));
    await rig.advance(30_750);
    expect(timeline()).toEqual([]);
    await rig.advance(500);
    expect(timeline()).toEqual(["31 suspect web 101 PodOverdue"]);
  });

  it("follows the API server's clock, not ours", async () => {
    const late = { headers: { date: new Date(noon - 600_000).toUTCString() } };
    rig.api.on("/version", late);
    rig.api.on("/api/v1/namespaces/kube-system", late);
    rig.api.on(paths.pods, { ...late, body: { metadata: { resourceVersion: "100" }, items: [] } });
    for (const path of Object.values(paths)) rig.api.onWatch(path, late);
    for (const name of ["nodes", "events", "leases"] as const) {
      rig.api.on(paths[name], { ...late, body: { metadata: { resourceVersion: "50" }, items: [] } });
    }
    await begin({ reportEveryMs: 30_000_000 });
    watch("pods").event("ADDED", rawPod({ version: "101", metadata: { deletionTimestamp: at(-600_000) } }));
    await rig.advance(750);
    expect(timeline()).toEqual([]);
    await rig.advance(500);
    expect(timeline()).toEqual(["-599 suspect web 101 PodOverdue"]);
  });

  it("a Pending pod becomes a suspect after the settle time, and is forgotten when it starts before", async () => {
    await begin();
    const pending = { phase: "Pending", startTime: undefined, conditions: [], containerStatuses: [] };
    const metadata = { creationTimestamp: at(0) };
    const spec = { nodeName: undefined };
    watch("pods").event("ADDED", rawPod({ name: "stays", version: "101", metadata, spec, status: pending }));
    watch("pods").event("ADDED", rawPod({ name: "starts", version: "102", metadata, spec, status: pending }));
    await rig.advance(60_000);
    watch("pods").event("MODIFIED", rawPod({ name: "starts", version: "103", metadata }));
    await rig.advance(40_000);
    expect(timeline()).toEqual(["90 suspect stays 101 PodUnscheduled"]);
  });

  it.each([
    ["overdue", { metadata: { deletionTimestamp: at(-10_000) } }, "PodOverdue"],
    ["unscheduled", { spec: { nodeName: undefined }, status: { phase: "Pending", conditions: [] } }, "PodUnscheduled"],
  ])(
    "an %s pod that is deleted without grace is gone, never recovered: it is Terminating for a moment before",
    async (_, sick, signal) => {
      await begin({ milestones: false });
      watch("pods").event("ADDED", rawPod({ version: "101", ...sick }));
      await rig.advance(10_000);
      const ending = {
        ...rawPod(sick),
        metadata: { ...(rawPod({ version: "102" })["metadata"] as object), ...forced(10_000) },
      };
      watch("pods").event("MODIFIED", ending);
      await rig.advance(500);
      watch("pods").event("DELETED", { ...ending, metadata: { ...ending.metadata, resourceVersion: "103" } });
      await rig.advance(5_000);
      expect(rig.told()).toEqual([`suspect web 101 ${signal}`, "gone web 103"]);
    },
  );

  it("a suspect that is deleted with grace and becomes overdue is told so, and then gone", async () => {
    await begin({ milestones: false });
    watch("pods").event("ADDED", waitingPod({ version: "101" }));
    await rig.advance(10_000);
    const terminated = { containerStatuses: [{ name: "app", ready: false, state: { terminated: { exitCode: 137 } } }] };
    const ending = { deletionTimestamp: at(40_000), deletionGracePeriodSeconds: 30 };
    watch("pods").event("MODIFIED", rawPod({ version: "102", metadata: ending, status: terminated }));
    await rig.advance(35_000);
    watch("pods").event("DELETED", rawPod({ version: "103", metadata: ending, status: terminated }));
    await rig.advance(5_000);
    expect(rig.told()).toEqual(["suspect web 101 PodWaiting", "suspect web 102 PodOverdue", "gone web 103"]);
  });

  it("a suspect that becomes overdue is told at once, with both signals", async () => {
    await begin();
    watch("pods").event("MODIFIED", failedPod({ version: "101", metadata: { deletionTimestamp: at(20_000) } }));
    await rig.advance(25_000);
    expect(timeline()).toEqual(["0 suspect web 101 PodFailed", "21 suspect web 101 PodOverdue+PodFailed"]);
  });
});

describe("a node's Lease", () => {
  const renew = (version: string, ms: number) =>
    watch("leases").event("MODIFIED", rawLease({ version, renewTime: at(ms) }));

  beforeEach(() => {
    rig.api.serve(paths.leases, "50", [rawLease()]);
  });

  it("that is not renewed for four renewals makes the Ready node a suspect; a renewal ends it", async () => {
    await begin();
    await rig.advance(10_000);
    renew("60", 10_000);
    await rig.advance(40_000);
    expect(timeline()).toEqual([]);
    await rig.advance(1_000);
    expect(rig.told()).toEqual(["suspect n1 10 NodeLeaseStale"]);
    renew("61", 60_000);
    await rig.advance(1_000);
    expect(rig.told()).toEqual(["suspect n1 10 NodeLeaseStale", "recovered n1 10"]);
  });

  it("is not renewed by an update that leaves renewTime as it is", async () => {
    await begin();
    await rig.advance(30_000);
    renew("60", 0);
    await rig.advance(11_000);
    expect(rig.told()).toEqual(["suspect n1 10 NodeLeaseStale"]);
  });

  it("is not judged while its watch is closed", async () => {
    await begin();
    await rig.advance(30_000);
    rig.api.onWatch(paths.leases, () => "unreachable");
    watch("leases").cut();
    await rig.advance(300_000);
    expect(rig.told()).toEqual([]);
    rig.api.onWatch(paths.leases, {});
    await rig.advance(31_000);
    renew("60", 330_000);
    await rig.advance(35_000);
    expect(rig.told()).toEqual([]);
  });

  it("that is deleted says nothing more of its node", async () => {
    await begin();
    await rig.advance(41_000);
    watch("leases").event("DELETED", rawLease({ version: "70" }));
    await rig.advance(500);
    expect(rig.told()).toEqual(["suspect n1 10 NodeLeaseStale", "recovered n1 10"]);
  });
});

describe("an Event", () => {
  const event = (type: string, version: string, over = {}) => watch("events").event(type, rawEvent({ version, over }));

  it("is told at its birth and at every rise of its count, as a sighting of what it speaks of (S0-09)", async () => {
    await begin();
    event("ADDED", "101");
    await rig.advance(1_000);
    event("MODIFIED", "102", { count: 2 });
    await rig.advance(1_000);
    event("MODIFIED", "103", { series: { count: 3, lastObservedTime: at(2_000) } });
    await rig.advance(1_200_000);
    expect(
      rig.deltas().map(({ object, state, ...each }) => [each.kind, object.uid, each.resourceVersion, state]),
    ).toEqual([
      ["suspect", "uid-web", "101", expect.objectContaining({ count: 1, reason: "FailedKillPod" })],
      ["suspect", "uid-web", "102", expect.objectContaining({ count: 2 })],
      ["suspect", "uid-web", "103", expect.objectContaining({ count: 3 })],
    ]);
  });

  it("that expires says nothing of what it spoke of", async () => {
    await begin();
    event("ADDED", "101");
    await rig.advance(1_000);
    event("DELETED", "102");
    await rig.advance(1_000);
    expect(rig.told()).toEqual(["suspect web 101 WarningEvent"]);
  });

  it("is not told again by a list that is read anew", async () => {
    await begin();
    event("ADDED", "101");
    await rig.advance(1_000);
    rig.api.serve(paths.events, "200", [rawEvent({ version: "101" }), rawEvent({ uid: "missed", version: "150" })]);
    watch("events").event("ERROR", { code: 410 });
    await rig.advance(2_000);
    expect(rig.told()).toEqual(["suspect web 101 WarningEvent", "suspect web 150 WarningEvent"]);
  });

  it("about a node bears the node's own uid, where kubelets write its name", async () => {
    await begin();
    event("ADDED", "101", { involvedObject: { kind: "Node", name: "n1", uid: "n1" } });
    event("ADDED", "101", { involvedObject: { kind: "Node", name: "unknown", uid: "unknown" } });
    await rig.advance(1_000);
    expect(rig.deltas().map((each) => each.object)).toEqual([
      { kind: "Node", namespace: "", name: "n1", uid: "uid-n1" },
    ]);
  });

  it("without a uid is about the pod that bears the name now, or about nothing", async () => {
    rig.api.serve(paths.pods, "100", [rawPod()]);
    await begin();
    const about = (name: string) => ({ involvedObject: { kind: "Pod", namespace: "shop", name } });
    watch("events").event("ADDED", rawEvent({ uid: "e1", version: "101", over: about("web") }));
    watch("events").event("ADDED", rawEvent({ uid: "e2", version: "102", over: about("nobody") }));
    await rig.advance(1_000);
    expect(rig.deltas().map((each) => each.object.uid)).toEqual(["uid-web"]);
    expect(await forwarder.metricsText()).toContain('knitbone_forwarder_unresolved_events_total{cluster="eu-1"} 1');
  });
});

describe("milestones", () => {
  it("are ready and gone of pods that were no suspects", async () => {
    await begin({ milestones: true });
    watch("pods").event("ADDED", rawPod({ version: "101", status: { conditions: [] } }));
    watch("pods").event("MODIFIED", rawPod({ version: "102" }));
    await rig.advance(6_000);
    watch("pods").event("MODIFIED", rawPod({ version: "103" }));
    watch("pods").event("DELETED", rawPod({ version: "104", metadata: { deletionTimestamp: at(0) } }));
    watch("pods").event("ADDED", rawPod({ name: "short", version: "105", status: { conditions: [] } }));
    watch("pods").event("DELETED", rawPod({ name: "short", version: "106" }));
    await rig.advance(6_000);
    expect(rig.told()).toEqual(["milestone web 102", "milestone web 104", "milestone short 106"]);
    expect(rig.deltas().map((each) => each.state?.deletionTimestamp)).toEqual([undefined, noon, undefined]);
    // The last one was seen ready at its end, without a deletionTimestamp: its state would be taken for its becoming ready.
    expect(rig.deltas().map((each) => each.state === undefined)).toEqual([false, false, true]);
  });

  it("tell how a pod ended that was removed at once because it had ended", async () => {
    await begin({ milestones: true });
    const done = { phase: "Succeeded", conditions: [{ type: "Ready", status: "False", reason: "PodCompleted" }] };
    watch("pods").event("ADDED", rawPod({ version: "101", status: done }));
    watch("pods").event("DELETED", rawPod({ version: "102", status: done }));
    await rig.advance(6_000);
    expect(rig.told()).toEqual(["milestone web 102"]);
    expect(rig.deltas()[0]?.state).toMatchObject({ phase: "Succeeded" });
  });

  it("wait for company and travel with the first suspect", async () => {
    await begin({ milestones: true });
    watch("pods").event("ADDED", rawPod({ version: "101", status: { conditions: [] } }));
    watch("pods").event("MODIFIED", rawPod({ version: "102" }));
    await rig.advance(2_000);
    expect(rig.told()).toEqual([]);
    watch("pods").event("ADDED", failedPod({ name: "sick", version: "103" }));
    await rig.advance(500);
    expect(rig.told()).toEqual(["suspect sick 103 PodFailed", "milestone web 102"]);
    expect(rig.messages().filter((each) => each.kind === "deltas")).toHaveLength(1);
  });

  it("can be switched off", async () => {
    await begin({ milestones: false });
    watch("pods").event("ADDED", rawPod({ version: "101", status: { conditions: [] } }));
    watch("pods").event("MODIFIED", rawPod({ version: "102" }));
    watch("pods").event("DELETED", rawPod({ version: "103" }));
    await rig.advance(20_000);
    expect(rig.told()).toEqual([]);
  });
});
