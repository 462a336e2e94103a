import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningForwarder } from "../../functions/forwarder/forwarder.ts";
import type { DeltasMessage } from "../../shared/delta/forwarder-message.ts";
import { parseForwarderMessage } from "../../shared/delta/parse-forwarder-message.ts";
import type { Queue, SendResult } from "../../shared/queue/queue.ts";
import { queueDown } from "../fakes/memory-queue.ts";
import { type ForwarderRig, forwarderRig, inShort, paths } from "../unit/functions/forwarder/forwarder-rig.ts";
import { failedPod, rawPod } from "../unit/functions/forwarder/raw-objects.ts";

let rig: ForwarderRig;
let forwarder: RunningForwarder;
const pods = () => rig.api.stream1(paths.pods);
const batches = () => rig.messages().filter((each): each is DeltasMessage => each.kind === "deltas");
const metric = async (line: string) =>
  (await forwarder.metricsText())
    .split("\n")
    .find((each) => each.startsWith(`knitbone_forwarder_${line}`))
    ?.split(" ")
    .at(-1);

beforeEach(() => {
  rig = forwarderRig();
});
afterEach(async () => {
  rig.queue.mend();
  await rig.stopAll();
});

describe("a queue that does not answer", () => {
  beforeEach(async () => {
    forwarder = rig.start({ resyncMs: 600_000 });
    await rig.advance(1_000);
    rig.queue.breakWith(queueDown(), "send");
  });

  it("costs memory by the number of objects, keeps the newest states and counts the others (S2-12)", async () => {
    for (let version = 101; version <= 600; version += 1) {
      const name = `web-${version % 5}`;
      pods().event("MODIFIED", failedPod({ name, version: String(version), status: { message: `${version}` } }));
    }
    await rig.advance(60_000);
    // One object's first state is in a message that was tried already.
    expect(forwarder.status()).toMatchObject({ unsent: 6, lastSend: "failed" });
    rig.queue.mend();
    await rig.advance(31_000);
    const newest = new Map(rig.deltas().map((each) => [each.object.name, each.resourceVersion]));
    expect(Object.fromEntries([...newest].sort())).toEqual({
      "web-0": "600",
      "web-1": "596",
      "web-2": "597",
      "web-3": "598",
      "web-4": "599",
    });
    expect(forwarder.status()).toMatchObject({ unsent: 0, lastSend: "ok" });
    expect(forwarder.status().coalesced).toBe(500 - rig.deltas().length);
  });

  it("goes on reading meanwhile: no watch is ended for being slow (S2-10)", async () => {
    for (let version = 101; version <= 5_100; version += 1)
      pods().event("MODIFIED", rawPod({ version: String(version) }));
    await rig.advance(5_000);
    expect(await metric('watch_events_total{resource="pods",kind="changed"')).toBe("5000");
    expect(rig.api.streams(paths.pods)).toHaveLength(1);
  });

  it("never loses that a suspect recovered or went", async () => {
    pods().event("ADDED", failedPod({ name: "a", version: "101" }));
    pods().event("ADDED", failedPod({ name: "b", version: "102" }));
    await rig.advance(5_000);
    pods().event("MODIFIED", rawPod({ name: "a", version: "103" }));
    pods().event("DELETED", failedPod({ name: "b", version: "104" }));
    await rig.advance(5_000);
    rig.queue.mend();
    await rig.advance(31_000);
    const last = new Map(rig.deltas().map((each) => [each.object.name, inShort(each)]));
    expect([...last.values()].sort()).toEqual(["gone b 104", "recovered a 103"]);
  });

  it("is asked again with pauses that grow to half a minute, not in a hot loop", async () => {
    pods().event("ADDED", failedPod({ version: "101" }));
    const before = rig.queue.calls("send");
    await rig.advance(300_000);
    const calls = rig.queue.calls("send") - before;
    expect(calls).toBeGreaterThan(10);
    expect(calls).toBeLessThan(60);
  });

  it("gets no report that is older than the next one would be", async () => {
    const reports = rig.reports().length;
    await rig.advance(35_000);
    // One report waits. No other follows it: the API server is gone as well.
    rig.api.on("/version", () => "unreachable");
    await rig.advance(40_000);
    rig.queue.mend();
    await rig.advance(31_000);
    expect(rig.reports()).toHaveLength(reports);
    expect(await metric('reports_total{outcome="outdated"')).toBe("1");
    rig.api.on("/version", {});
    await rig.advance(31_000);
    expect(rig.reports()).toHaveLength(reports + 1);
  });

  it("took a report in vain: no later one vouches for its number, and none is used twice", async () => {
    await rig.advance(35_000);
    rig.queue.mend();
    await rig.advance(100_000);
    const numbers = rig.messages().map((each) => each.sequence);
    expect(new Set(numbers).size).toBe(numbers.length);
    const vouched = rig
      .reports()
      .flatMap(({ report: { sent } }) =>
        sent === undefined ? [] : Array.from({ length: sent.to - sent.from + 1 }, (_, at) => sent.from + at),
      );
    expect(vouched.filter((each) => !numbers.includes(each))).toEqual([]);
    expect(vouched.length).toBeGreaterThan(0);
    expect(Math.max(...numbers)).toBeGreaterThan(numbers.length);
  });
});

describe("an answer of the queue that is lost", () => {
  it("makes the same message come twice under one number, and the next one follows", async () => {
    rig.api.serve(paths.pods, "100", [failedPod()]);
    rig.queue.loseAnswer("send", queueDown());
    forwarder = rig.start();
    await rig.advance(5_000);
    pods().event("ADDED", failedPod({ name: "two", version: "101" }));
    await rig.advance(1_000);
    expect(batches().map((each) => [each.sequence, ...each.deltas.map(inShort)])).toEqual([
      [1, "suspect web 100 PodFailed"],
      [1, "suspect web 100 PodFailed"],
      [batches()[2]?.sequence, "suspect two 101 PodFailed"],
    ]);
    expect(batches()[0]).toEqual(batches()[1]);
  });
});

describe("a forwarder that dies between a send and its acknowledgement", () => {
  it("is followed by one that tells everything anew, in a higher epoch that counts from 1", async () => {
    rig.api.serve(paths.pods, "100", [failedPod()]);
    rig.queue.loseAnswer("send", queueDown());
    const first = rig.start({ drainMs: 1_000 });
    await rig.settle();
    rig.queue.breakWith(queueDown(), "send");
    const dying = first.stop();
    await rig.advance(1_000);
    await dying;
    rig.queue.mend();
    rig.api.serve(paths.pods, "120", [failedPod({ version: "110" }), failedPod({ name: "two", version: "120" })]);
    forwarder = rig.start({}, { lastEpoch: first.status().epoch ?? 0 });
    await rig.advance(1_000);
    expect(rig.told()).toEqual(["suspect web 100 PodFailed", "suspect web 110 PodFailed", "suspect two 120 PodFailed"]);
    const [before, after] = batches();
    expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    expect([before?.sequence, after?.sequence]).toEqual([1, 1]);
  });
});

describe("messages", () => {
  it("carry everything of a large start, none above 64 KiB, ten at a time, and the dispatcher can read them all", async () => {
    const many = Array.from({ length: 2_000 }, (_, n) =>
      failedPod({ name: `web-${n}`, status: { message: "é".repeat(200) } }),
    );
    rig.api.serve(paths.pods, "100", many);
    forwarder = rig.start();
    await rig.advance(5_000);
    const bodies = rig.queue.messages().map((each) => each.body);
    expect(Math.max(...bodies.map((each) => each.length))).toBeLessThanOrEqual(65_536);
    expect(bodies.every((each) => /^[\x20-\x7e]*$/.test(each))).toBe(true);
    expect(bodies.map(parseForwarderMessage).map((each) => [each.kind, "refused" in each && each.refused])).toEqual(
      bodies.map(() => ["parsed", []]),
    );
    expect(new Set(rig.deltas().map((each) => each.object.name)).size).toBe(2_000);
    expect(
      batches()
        .map((each) => each.deltas.length)
        .slice(0, 3),
    ).toEqual(
      batches()
        .slice(0, 3)
        .map(() => batches()[0]?.deltas.length),
    );
    expect(rig.queue.messages().every((each) => each.group === "eu-1")).toBe(true);
  });

  it("go at once when the forwarder is idle, and together when it is busy", async () => {
    forwarder = rig.start();
    await rig.advance(1_000);
    pods().event("ADDED", failedPod({ name: "first", version: "101" }));
    await rig.settle();
    expect(rig.told()).toEqual(["suspect first 101 PodFailed"]);
    pods().event("ADDED", failedPod({ name: "second", version: "102" }));
    await rig.settle();
    pods().event("ADDED", failedPod({ name: "third", version: "103" }));
    await rig.settle();
    expect(batches()).toHaveLength(1);
    await rig.advance(100);
    expect(batches().map((each) => each.deltas.map(({ object }) => object.name))).toEqual([
      ["first"],
      ["second", "third"],
    ]);
  });

  it("rise by one from 1 without a gap, reports among them, and every report names what was sent", async () => {
    forwarder = rig.start({ resyncMs: 600_000 });
    for (let version = 101; version < 111; version += 1) {
      await rig.advance(10_000);
      pods().event("ADDED", failedPod({ name: `web-${version}`, version: String(version) }));
    }
    await rig.advance(1_000);
    const sequences = rig.messages().map((each) => each.sequence);
    expect(sequences).toEqual(sequences.map((_, at) => at + 1));
    expect(rig.reports().map(({ sequence, report }) => [sequence, report.sent])).toEqual([
      [1, undefined],
      [4, { from: 1, to: 3 }],
      [8, { from: 1, to: 7 }],
      [12, { from: 1, to: 11 }],
    ]);
  });
});

describe("a queue that refuses", () => {
  /** Answers entry by entry instead of the memory queue. */
  function answering(rule: (body: string) => SendResult | undefined): void {
    const send = rig.queue.send;
    const queue: Queue = rig.queue;
    queue.send = async (messages) => {
      const results: SendResult[] = [];
      for (const message of messages) {
        const own = rule(message.body);
        results.push(own ?? (await send([message]))[0] ?? { kind: "failed", code: "Test", permanent: true });
      }
      return results;
    };
  }

  it("one object for good: that one is dropped by name, all others arrive", async () => {
    answering((body) =>
      body.includes('"poison"') ? { kind: "failed", code: "InvalidMessageContents", permanent: true } : undefined,
    );
    const names = ["a", "b", "poison", "c", "d", "e", "f"];
    rig.api.serve(
      paths.pods,
      "100",
      names.map((name) => failedPod({ name })),
    );
    forwarder = rig.start({ resyncMs: 600_000 });
    await rig.advance(5_000);
    expect(
      rig
        .deltas()
        .map((each) => each.object.name)
        .sort(),
    ).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(rig.log.filter((each) => each.level === "error")).toMatchObject([
      {
        words: "the queue refuses a delta, dropped",
        object: "Pod shop/poison",
        uid: "uid-poison",
        code: "InvalidMessageContents",
      },
    ]);
    expect(await metric("deltas_dropped_total")).toBe("1");
    expect(forwarder.status()).toMatchObject({ unsent: 0 });
  });

  it("everything for good is no good send", async () => {
    answering(() => ({ kind: "failed", code: "InvalidParameterValue", permanent: true }));
    rig.api.serve(paths.pods, "100", [failedPod()]);
    forwarder = rig.start();
    await rig.advance(1_000);
    expect(forwarder.status()).toMatchObject({ lastSend: "failed", unsent: 0 });
    expect(forwarder.status().sentMsAgo).toBeUndefined();
  });

  it("one number for good: no report ever vouches for it", async () => {
    answering((body) =>
      body.includes('"poison"') ? { kind: "failed", code: "InvalidMessageContents", permanent: true } : undefined,
    );
    rig.api.serve(paths.pods, "100", [failedPod({ name: "poison" })]);
    forwarder = rig.start({ resyncMs: 600_000 });
    await rig.advance(31_000);
    const arrived = rig.messages().map((each) => each.sequence);
    for (const { report } of rig.reports()) {
      for (let sequence = report.sent?.from ?? 1; sequence <= (report.sent?.to ?? 0); sequence += 1) {
        expect(arrived).toContain(sequence);
      }
    }
    expect(rig.reports().at(-1)?.report.sent).toBeDefined();
  });

  it("one entry for a while: the others go, and it comes when it is let through", async () => {
    let patience = 3;
    answering((body) => {
      if (!body.includes('"slow"')) return undefined;
      patience -= 1;
      return patience >= 0 ? { kind: "failed", code: "ThrottlingException", permanent: false } : undefined;
    });
    rig.api.serve(paths.pods, "100", [failedPod({ name: "slow" })]);
    forwarder = rig.start({ resyncMs: 600_000 });
    await rig.settle();
    pods().event("ADDED", failedPod({ name: "quick", version: "101" }));
    await rig.advance(20_000);
    expect(rig.told()).toEqual(["suspect quick 101 PodFailed", "suspect slow 100 PodFailed"]);
    expect(await metric('send_failures_total{code="ThrottlingException"')).toBe("3");
  });
});

describe("whatever the queue and the watches do", () => {
  const change = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    sick: fc.boolean(),
    fault: fc.constantFrom("none", "none", "down", "lost", "cut", "expired", "mend"),
    waitMs: fc.constantFrom(0, 50, 1_000, 7_000),
  });
  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
  type State = Pick<Change, "sick"> & { readonly version: string };

  const objectOf = (name: string, { sick, version }: State) => (sick ? failedPod : rawPod)({ name, version });

  function provoke(its: ForwarderRig, fault: string): void {
    const stream = its.api.streams(paths.pods).at(-1);
    if (fault === "down") its.queue.breakWith(queueDown(), "send");
    if (fault === "lost") its.queue.loseAnswer("send", queueDown());
    if (fault === "mend") its.queue.mend();
    if (fault === "cut") stream?.cut();
    if (fault === "expired" && stream?.open) stream.event("ERROR", { code: 410 });
  }

  /** Changes one object in the API; a watch that is not open misses it, and the next one is told that its history is gone. */
  function apply(its: ForwarderRig, states: Map<string, State>, name: string, state: State): void {
    const type = states.has(name) ? "MODIFIED" : "ADDED";
    states.set(name, state);
    const objects = [...states].map(([each, its]) => objectOf(each, its));
    its.api.serve(paths.pods, state.version, objects);
    const stream = its.api.streams(paths.pods).at(-1);
    if (stream?.open) stream.event(type, objectOf(name, state));
    its.api.onWatch(paths.pods, ({ query }) =>
      Number(query?.["resourceVersion"]) < Number(state.version) ? { status: 410 } : {},
    );
  }

  function expectNewest(its: ForwarderRig, states: ReadonlyMap<string, State>): void {
    const last = new Map(its.deltas().map((each) => [each.object.name, each]));
    for (const [name, { sick, version }] of states) {
      const delivered = last.get(name);
      if (sick) expect([delivered?.kind, delivered?.resourceVersion]).toEqual(["suspect", version]);
      else expect(delivered?.kind ?? "recovered").toBe("recovered");
    }
  }

  it("every object ends with its newest state delivered, once all is quiet", { timeout: 25_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 25 }), async (story) => {
        const its = forwarderRig();
        const running = its.start({ resyncMs: 20_000, resyncMaxMs: 20_000 });
        await its.settle();
        const states = new Map<string, State>();
        for (const [at, { name, sick, fault, waitMs }] of story.entries()) {
          apply(its, states, name, { sick, version: String(101 + at) });
          provoke(its, fault);
          await its.advance(waitMs);
        }
        its.queue.mend();
        await its.advance(90_000);
        expectNewest(its, states);
        expect(running.status().unsent).toBe(0);
        await its.stopAll();
      }),
      { numRuns: 25, seed: 11 },
    );
  });
});
