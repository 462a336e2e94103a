import { describe, expect, it } from "vitest";
import { dispatcher } from "../../../../functions/dispatcher/dispatcher.ts";
import type { IncomingRecord } from "../../../../functions/dispatcher/incoming-record.ts";
import type { RoutingTable } from "../../../../functions/dispatcher/route.ts";
import { releasedSignatures } from "../../../../shared/catalogue/release.ts";
import { storedCatalogue } from "../../../../shared/catalogue/stored-catalogue.ts";
import type { Delta } from "../../../../shared/delta/delta.ts";
import type { Metrics } from "../../../../shared/log/log.ts";
import { silentLog } from "../../../../shared/log/log.ts";
import { seconds } from "../../../../shared/time/duration.ts";
import { noon } from "../../../build/instant.ts";
import { aDelta, aSighting } from "../../../build/message.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aContainer, anOverduePod, aPod } from "../../../build/pod.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { memoryCatalogueStore } from "../../../fakes/memory-catalogue-store.ts";
import { memoryClusterStore } from "../../../fakes/memory-cluster-store.ts";
import { memoryLeakStore } from "../../../fakes/memory-leak-store.ts";
import { memoryLifecycleStore } from "../../../fakes/memory-lifecycle-store.ts";
import { memoryQueue, queueDown } from "../../../fakes/memory-queue.ts";
import { memoryUnknownStore } from "../../../fakes/memory-unknown-store.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";

const routes: RoutingTable = {
  PodOverdue: ["terminating-reaper"],
  PodFailed: ["orphan-sweeper"],
  WarningEvent: ["orphan-sweeper"],
};

async function stage() {
  const clock = manualClock();
  const random = seededRandom(1);
  const clusters = memoryClusterStore();
  const lifecycles = memoryLifecycleStore();
  const leaks = memoryLeakStore();
  const quarantine = memoryQueue(clock, random);
  const reaper = memoryQueue(clock, random);
  const sweeper = memoryQueue(clock, random);
  const counted: [string, number, Record<string, string>][] = [];
  const metrics: Metrics = { count: (name, value = 1, dimensions = {}) => counted.push([name, value, dimensions]) };
  const row = {
    endpoint: "https://x",
    authentication: { kind: "kubeconfig", file: "f", context: "c" },
    ring: 0,
    registeredAt: 0,
  } as const;
  await clusters.register({ ...row, id: "eu-1", sender: "AROA1" });
  await clusters.register({ ...row, id: "eu-2", sender: "AROA2" });
  const queues = new Map([
    ["terminating-reaper", reaper],
    ["orphan-sweeper", sweeper],
  ]);
  const unknowns = memoryUnknownStore();
  const catalogue = storedCatalogue(memoryCatalogueStore(), releasedSignatures, clock);
  const parts = { clusters, lifecycles, leaks, queues, quarantine, catalogue, unknowns, routes };
  const dispatch = dispatcher({ ...parts, log: silentLog, metrics });
  return { dispatch, clusters, lifecycles, quarantine, reaper, sweeper, unknowns, counted };
}

let nextId = 0;
function record(body: unknown, more: Partial<IncomingRecord> = {}): IncomingRecord {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { messageId: `m${++nextId}`, body: text, sentAt: noon, senderId: "AROA1:pod-7", ...more };
}

const deltas = (sequence: number, list: readonly Delta[], more: object = {}) => ({
  v: 1,
  cluster: "eu-1",
  epoch: 100,
  sequence,
  kind: "deltas",
  deltas: list,
  ...more,
});
const report = (sequence: number, more: object = {}, envelope: object = {}) => ({
  v: 1,
  cluster: "eu-1",
  epoch: 100,
  sequence,
  kind: "report",
  report: {
    serverVersion: "v1.36.3",
    forwarderVersion: "0.1.0",
    incarnation: "i",
    zones: [{ zone: "a", ready: 10, notReady: 0, unknown: 0 }],
    pools: [],
    coalesced: 0,
    suspects: 0,
    ...more,
  },
  ...envelope,
});
const bodies = (queue: { messages(): readonly { body: string }[] }) =>
  queue.messages().map((each) => JSON.parse(each.body));

describe("a suspect", () => {
  it("becomes one sighting for each concerned healer, grouped by cluster, without its state", async () => {
    const { dispatch, reaper, sweeper } = await stage();
    const pod = anOverduePod();
    const delta = aDelta({ object: pod.ref, signals: ["PodOverdue", "PodFailed"], state: pod });
    expect(await dispatch([record(deltas(1, [delta]))])).toEqual([]);
    const sighting = aSighting({ object: pod.ref, signals: ["PodOverdue", "PodFailed"], sightedAt: noon });
    expect(bodies(reaper)).toEqual([sighting]);
    expect(bodies(sweeper)).toEqual([{ ...sighting, healer: "orphan-sweeper" }]);
    expect(reaper.messages()[0]?.group).toBe("eu-1");
  });

  it("that is told twice in a batch is sighted once", async () => {
    const { dispatch, reaper } = await stage();
    await dispatch([
      record(deltas(1, [aDelta({ traceId: "old" })])),
      record(deltas(2, [aDelta({ traceId: "new" })]), { sentAt: noon + 5 }),
    ]);
    expect(bodies(reaper)).toEqual([aSighting({ traceId: "new", sightedAt: noon + 5 })]);
  });

  it("that is gone is told to every healer of pods", async () => {
    const { dispatch, reaper, sweeper } = await stage();
    await dispatch([record(deltas(1, [aDelta({ kind: "gone", signals: [], finalStateUnknown: true })]))]);
    const gone = aSighting({ delta: "gone", signals: [], finalStateUnknown: true });
    expect(bodies(reaper)).toEqual([gone]);
    expect(bodies(sweeper)).toEqual([{ ...gone, healer: "orphan-sweeper" }]);
  });

  it("leaves a row of its life; a milestone leaves nothing else", async () => {
    const { dispatch, lifecycles, reaper, sweeper } = await stage();
    const pod = anOverduePod();
    await dispatch([record(deltas(1, [aDelta({ kind: "milestone", object: pod.ref, signals: [], state: pod })]))]);
    expect(await lifecycles.read("eu-1", pod.ref.uid)).toMatchObject({
      goneAt: noon,
      deletionAt: pod.deletionTimestamp,
    });
    expect([...reaper.messages(), ...sweeper.messages()]).toEqual([]);
  });
});

describe("a sender is believed by what the queue says of it", () => {
  it("the session name after the colon plays no part", async () => {
    const { dispatch, quarantine } = await stage();
    await dispatch([
      record(deltas(1, [aDelta()]), { senderId: "AROA1:AROA2" }),
      record(deltas(2, [aDelta()]), { senderId: "AROA1" }),
    ]);
    expect(quarantine.messages()).toEqual([]);
  });

  it.each([
    ["unknown", "AROA9:x", "UnknownSender", "sender AROA9 speaks for no cluster"],
    ["none", "", "UnknownSender", "sender  speaks for no cluster"],
    ["another cluster's", "AROA2:x", "ForgedCluster", "the sender of eu-2 speaks for eu-1"],
  ])("%s: set aside, acknowledged, the body kept", async (_, senderId, code, detail) => {
    const { dispatch, quarantine, reaper, counted } = await stage();
    const bad = record(deltas(1, [aDelta()]), { senderId });
    expect(await dispatch([bad])).toEqual([]);
    expect(quarantine.messages()).toMatchObject([
      { body: bad.body, attributes: { code, detail, messageId: bad.messageId } },
    ]);
    expect(reaper.messages()).toEqual([]);
    expect(counted).toContainEqual(["Quarantined", 1, { code }]);
  });
});

describe("a malformed message", () => {
  it("is set aside with its code and does not touch its neighbours", async () => {
    const { dispatch, quarantine, reaper } = await stage();
    expect(await dispatch([record("{nonsense"), record(deltas(1, [aDelta()])), record({ v: 9 })])).toEqual([]);
    expect(quarantine.messages().map(({ body, attributes }) => [body, attributes["code"]])).toEqual([
      ["{nonsense", "NotJson"],
      ['{"v":9}', "UnknownVersion"],
    ]);
    expect(reaper.messages()).toHaveLength(1);
  });

  it("with one bad delta is set aside as well, and its other deltas go on", async () => {
    const { dispatch, quarantine, reaper } = await stage();
    await dispatch([record(deltas(1, [aDelta({ object: aRef({ name: "Bad/Name" }) }), aDelta()]))]);
    expect(quarantine.messages()).toMatchObject([
      { attributes: { code: "SchemaViolation", detail: "1 refused; deltas.0.object.name: Invalid input" } },
    ]);
    expect(bodies(reaper)).toEqual([aSighting()]);
  });

  it("that is longer than a queue takes with attributes is kept cut", async () => {
    const { dispatch, quarantine } = await stage();
    expect(await dispatch([record("x".repeat(1_048_576))])).toEqual([]);
    expect(quarantine.messages()).toMatchObject([{ attributes: { code: "Oversized", cutFrom: "1048576" } }]);
    expect(quarantine.messages()[0]?.body).toHaveLength(262_144);
  });

  it("comes again when the quarantine does not take it", async () => {
    const { dispatch, quarantine } = await stage();
    quarantine.breakWith(queueDown());
    const bad = record("{");
    const good = record(deltas(1, [aDelta()]));
    expect(await dispatch([bad, good])).toEqual([bad.messageId]);
  });
});

describe("a failure makes its own messages come again and no others", () => {
  const other = () => aDelta({ object: aRef({ name: "web-2" }), signals: ["PodFailed"] });

  it("when one healer's queue is down", async () => {
    const { dispatch, reaper, sweeper, clusters } = await stage();
    reaper.breakWith(queueDown());
    const [first, second] = [record(deltas(1, [aDelta()])), record(deltas(2, [other()]))];
    expect(await dispatch([first, second])).toEqual([first.messageId]);
    expect(sweeper.messages()).toHaveLength(1);
    expect(await clusters.missing("eu-1", 100, 1, 2)).toEqual([1]);
  });

  it("together with those whose repeat was collapsed into it", async () => {
    const { dispatch, reaper } = await stage();
    reaper.breakWith(queueDown());
    const records = [record(deltas(1, [aDelta()])), record(deltas(2, [other()])), record(deltas(3, [aDelta()]))];
    expect(await dispatch(records)).toEqual([records[0]?.messageId, records[2]?.messageId]);
  });

  it("when the store does not answer", async () => {
    const { dispatch, clusters, reaper } = await stage();
    clusters.breakWith(new Error("no answer"));
    const records = [record(deltas(1, [aDelta()])), record(report(2))];
    expect(await dispatch(records)).toEqual(records.map(({ messageId }) => messageId));
    clusters.mend();
    expect(await dispatch(records)).toEqual([]);
    expect(reaper.messages()).toHaveLength(1);
  });

  it("when a life cannot be recorded; its sighting may then come twice, which is harmless", async () => {
    const { dispatch, lifecycles, reaper } = await stage();
    const pod = anOverduePod();
    const one = record(deltas(1, [aDelta({ object: pod.ref, state: pod })]));
    lifecycles.breakWith(new Error("no answer"));
    expect(await dispatch([one])).toEqual([one.messageId]);
    lifecycles.mend();
    expect(await dispatch([one])).toEqual([]);
    expect(reaper.messages()).toHaveLength(2);
    expect(await lifecycles.read("eu-1", pod.ref.uid)).toMatchObject({ nodeName: "n1" });
  });
});

describe("words that no signature knows", () => {
  const waiting = (message: string) =>
    aPod({ containers: [aContainer({ state: "waiting", reason: "CreateContainerError", message, ready: false })] });
  const suspect = (message: string) => aDelta({ object: aPod().ref, signals: ["PodWaiting"], state: waiting(message) });

  it("are counted once per object, however often it is told, and known ones are not", async () => {
    const { dispatch, unknowns } = await stage();
    const strange = "the flux capacitor of container 17 is out of plutonium";
    const known = 'failed to reserve container name "main_1": name "main_1" is reserved for "0f1e"';
    await dispatch([record(deltas(1, [suspect(strange)])), record(deltas(2, [suspect(strange)]))]);
    await dispatch([record(deltas(3, [suspect(strange), suspect(known)]), { sentAt: noon + seconds(30) })]);
    expect(await unknowns.list()).toMatchObject([
      {
        cluster: "eu-1",
        channel: "containerStatus",
        reason: "CreateContainerError",
        count: 1,
        firstSeenAt: noon,
        sample: strange,
      },
    ]);
  });

  it("are not our own, nor the scheduler's", async () => {
    const { dispatch, unknowns } = await stage();
    const event = (uid: string, reason: string, source: string) =>
      aDelta({
        object: aPod().ref,
        signals: ["WarningEvent"],
        state: {
          ref: { kind: "Event", namespace: "shop", name: `e-${uid}`, uid },
          resourceVersion: "1",
          finalizers: [],
          labels: {},
          annotations: {},
          type: "Warning",
          reason,
          message: "something that nobody has written before",
          regarding: aPod().ref,
          source,
          count: 1,
        },
      });
    const told = [
      event("e1", "OwnerGone", "knitbone.io/orphan-sweeper"),
      event("e2", "FailedScheduling", "default-scheduler"),
      event("e3", "Odd", "kubelet"),
    ];
    await dispatch([record(deltas(1, told))]);
    expect((await unknowns.list()).map(({ reason }) => reason)).toEqual(["Odd"]);
  });

  it("hold nothing back when they cannot be counted", async () => {
    const { dispatch, unknowns, reaper } = await stage();
    unknowns.breakWith(new Error("no answer"));
    const overdue = aDelta({ object: aPod().ref, state: waiting("odd") });
    expect(await dispatch([record(deltas(1, [overdue]))])).toEqual([]);
    expect(reaper.messages()).toHaveLength(1);
  });
});

describe("a report", () => {
  const down = (notReady: number) => ({ zones: [{ zone: "a", ready: 10 - notReady, notReady, unknown: 0 }] });

  it("is stored with the queue's time, and the brake beside it", async () => {
    const { dispatch, clusters } = await stage();
    expect(await dispatch([record(report(1, down(3)))])).toEqual([]);
    expect(await clusters.state("eu-1")).toMatchObject({
      report: { epoch: 100, sequence: 1, sentAt: noon },
      brake: { state: "frozen", nodes: 10, notReady: 3, updatedAt: noon },
    });
  });

  it("of the past changes nothing, however late it was sent", async () => {
    const { dispatch, clusters, counted } = await stage();
    await dispatch([record(report(5, down(3)))]);
    await dispatch([record(report(4, down(0)), { sentAt: noon + seconds(30) })]);
    await dispatch([record(report(9, down(0), { epoch: 99 }), { sentAt: noon + seconds(60) })]);
    expect(await clusters.state("eu-1")).toMatchObject({
      report: { sequence: 5, sentAt: noon },
      brake: { state: "frozen", updatedAt: noon },
    });
    expect(counted.filter(([name]) => name === "ReportsStale")).toHaveLength(2);
  });

  it("and another one in a batch are taken in their order, not in that of arrival", async () => {
    const { dispatch, clusters } = await stage();
    await dispatch([record(report(2, down(0)), { sentAt: noon + seconds(30) }), record(report(1, down(3)))]);
    expect(await clusters.state("eu-1")).toMatchObject({
      report: { sequence: 2 },
      brake: { state: "frozen", betterSince: noon + seconds(30) },
    });
  });

  it("that another dispatcher takes in the middle of this one's is not skipped: its freeze holds", async () => {
    const { dispatch, clusters } = await stage();
    await dispatch([record(report(1, down(0)))]);
    const replaceBrake = clusters.replaceBrake;
    clusters.replaceBrake = async (...args) => {
      clusters.replaceBrake = replaceBrake;
      await dispatch([record(report(2, down(3)), { sentAt: noon + seconds(30) })]);
      return replaceBrake(...args);
    };
    expect(await dispatch([record(report(3, down(0)), { sentAt: noon + seconds(60) })])).toEqual([]);
    expect(await clusters.state("eu-1")).toMatchObject({
      report: { sequence: 3 },
      brake: { state: "frozen", betterSince: noon + seconds(60) },
    });
  });

  it("whose brake others move without end comes again", async () => {
    const { dispatch, clusters } = await stage();
    clusters.replaceBrake = async () => "conflict";
    const one = record(report(1, down(3)));
    expect(await dispatch([one])).toEqual([one.messageId]);
    expect((await clusters.state("eu-1")).report).toBeUndefined();
  });

  it("that was half accepted when the function died is accepted on its return", async () => {
    const { dispatch, clusters } = await stage();
    clusters.failNext("saveReport", new Error("died"));
    const one = record(report(1, down(3)));
    expect(await dispatch([one])).toEqual([one.messageId]);
    expect((await clusters.state("eu-1")).report).toBeUndefined();
    expect((await clusters.state("eu-1")).brake?.state).toBe("frozen");
    expect(await dispatch([one])).toEqual([]);
    expect(await clusters.state("eu-1")).toMatchObject({ report: { sequence: 1 }, brake: { state: "frozen" } });
  });

  it("tells of messages that were vouched for 60 s ago and never came, once each", async () => {
    const { dispatch, counted } = await stage();
    const lost = () =>
      counted.filter(([name]) => name === "DeltasLost").map(([, value, dimensions]) => [value, dimensions]);
    const at = (sequence: number, afterSeconds: number, to: number, from = 1) =>
      dispatch([record(report(sequence, { sent: { from, to } }), { sentAt: noon + seconds(afterSeconds) })]);
    // 1, 2, 4 arrive; 3 and 5 do not.
    await dispatch([1, 2, 4].map((each) => record(deltas(each, []))));
    await at(6, 0, 5);
    await at(7, 30, 6);
    expect(lost()).toEqual([]);
    await at(8, 60, 7);
    expect(lost()).toEqual([[2, { cluster: "eu-1" }]]);
    await at(9, 90, 8);
    await at(10, 120, 9);
    expect(lost()).toEqual([[2, { cluster: "eu-1" }]]);
  });

  it("of a new epoch starts the count of lost messages anew", async () => {
    const { dispatch, counted } = await stage();
    await dispatch([record(report(5, { sent: { from: 1, to: 4 } }))]);
    await dispatch([record(report(3, { sent: { from: 1, to: 2 } }, { epoch: 200 }), { sentAt: noon + seconds(90) })]);
    expect(counted.filter(([name]) => name === "DeltasLost")).toEqual([]);
  });
});

it("refuses to start when a route leads to a healer without a queue", () => {
  const clock = manualClock();
  const random = seededRandom(1);
  const make = () =>
    dispatcher({
      clusters: memoryClusterStore(),
      catalogue: storedCatalogue(memoryCatalogueStore(), [], manualClock()),
      unknowns: memoryUnknownStore(),
      leaks: memoryLeakStore(),
      lifecycles: memoryLifecycleStore(),
      queues: new Map(),
      quarantine: memoryQueue(clock, random),
      routes,
      log: silentLog,
      metrics: { count: () => {} },
    });
  expect(make).toThrow("routing to healers without a queue: terminating-reaper, orphan-sweeper");
});
