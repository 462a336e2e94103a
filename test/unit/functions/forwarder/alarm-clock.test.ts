import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AlarmClock, alarmClock } from "../../../../functions/forwarder/alarm-clock.ts";
import { minHeap } from "../../../../functions/forwarder/min-heap.ts";
import { type ManualClock, manualClock } from "../../../fakes/manual-clock.ts";

describe("an alarm clock", () => {
  let clock: ManualClock;
  let alarms: AlarmClock;
  let rung: string[];
  let fails: Set<string>;
  let failed: string[];
  let stop: AbortController;
  let ended: Promise<void>;

  beforeEach(() => {
    clock = manualClock();
    rung = [];
    failed = [];
    fails = new Set();
    stop = new AbortController();
    alarms = alarmClock(
      clock,
      (key) => {
        rung.push(`${key} ${clock.monotonic()}`);
        if (fails.has(key)) throw new Error("no");
      },
      (key) => failed.push(key),
    );
    ended = alarms.run(stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    await ended;
  });

  it("rings each key once, in order of time", async () => {
    alarms.set("late", 300);
    alarms.set("early", 100);
    await clock.advance(99);
    expect(rung).toEqual([]);
    await clock.advance(1_000);
    expect(rung).toEqual(["early 100", "late 300"]);
  });

  it("rings at the newest instant of a key, earlier or later", async () => {
    alarms.set("a", 100);
    alarms.set("a", 200);
    alarms.set("b", 500);
    alarms.set("b", 50);
    await clock.advance(1_000);
    expect(rung).toEqual(["b 50", "a 200"]);
  });

  it("does not ring what was cancelled", async () => {
    alarms.set("a", 100);
    alarms.cancel("a");
    await clock.advance(1_000);
    expect(rung).toEqual([]);
  });

  it("wakes for an alarm that is set before the one it sleeps for", async () => {
    alarms.set("far", 100_000);
    await clock.advance(10);
    alarms.set("near", 20);
    await clock.advance(10);
    expect(rung).toEqual(["near 20"]);
  });

  it("repeats an alarm whose handler failed a minute later, and rings the others", async () => {
    fails.add("bad");
    alarms.set("bad", 100);
    alarms.set("good", 100);
    await clock.advance(1_000);
    expect(rung).toEqual(["bad 100", "good 100"]);
    expect(failed).toEqual(["bad"]);
    fails.clear();
    await clock.advance(60_000);
    expect(rung).toEqual(["bad 100", "good 100", "bad 60100"]);
  });

  it("rings right after its old entries were cleared out", async () => {
    for (let at = 0; at < 5_000; at += 1) alarms.set("busy", 10_000 + at);
    await clock.advance(20_000);
    expect(rung).toEqual(["busy 14999"]);
  });
});

describe("a heap", () => {
  it("gives everything back in order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = minHeap<number>((a, b) => a - b);
        for (const each of numbers) heap.push(each);
        expect(heap.size()).toBe(numbers.length);
        expect(numbers.map(() => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b));
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });
});
