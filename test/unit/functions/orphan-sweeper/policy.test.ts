import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../../../functions/orphan-sweeper/policy.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";

const everyClass = (ms: number) => ({
  Evicted: ms,
  OutOfResource: ms,
  UnexpectedAdmissionError: ms,
  NodeMismatch: ms,
  NodeShutdown: ms,
  Preempting: ms,
  NodeGone: ms,
});

describe("the policy of orphan-sweeper", () => {
  it.each([undefined, null, {}, { timeToLive: {} }])("has defaults for what is not given: %j", (values) => {
    expect(parsePolicy(values, 1)).toEqual({
      kind: "policy",
      policy: { keepNewest: 5, timeToLiveMs: everyClass(hours(1)), loopTimeToLiveMs: seconds(60) },
    });
  });

  it("divides times to live in the lab, and never the number that is kept", () => {
    expect(parsePolicy({}, 20)).toEqual({
      kind: "policy",
      policy: { keepNewest: 5, timeToLiveMs: everyClass(minutes(3)), loopTimeToLiveMs: seconds(3) },
    });
    expect(parsePolicy({ loopTimeToLive: "3s", timeToLive: { Evicted: "30s" } }, 20)).toMatchObject({
      policy: { loopTimeToLiveMs: seconds(3), timeToLiveMs: { Evicted: seconds(30), NodeGone: minutes(3) } },
    });
    expect(parsePolicy({ loopTimeToLive: "2s", timeToLive: { Evicted: "29s" } }, 20)).toEqual({
      kind: "problems",
      problems: ["timeToLive.Evicted: 29s is below the floor of 30s", "loopTimeToLive: 2s is below the floor of 3s"],
    });
  });

  it("takes what is given", () => {
    expect(
      parsePolicy({ keepNewest: 1, timeToLive: { Evicted: "6h", NodeGone: "10m" }, loopTimeToLive: "5m" }, 1),
    ).toEqual({
      kind: "policy",
      policy: {
        keepNewest: 1,
        timeToLiveMs: { ...everyClass(hours(1)), Evicted: hours(6), NodeGone: minutes(10) },
        loopTimeToLiveMs: minutes(5),
      },
    });
  });

  it("lists every problem at once", () => {
    const parsed = parsePolicy(
      { keepNewest: 0, timeToLive: { Evicted: "9m", Pending: "1h" }, loopTimeToLive: 60, keepOldest: 1 },
      1,
    );
    expect(parsed.kind === "problems" && parsed.problems.toSorted()).toEqual(
      [
        'loopTimeToLive: expected a duration such as "2h"',
        "keepNewest: expected a whole number from 1 to 1000",
        "timeToLive.Evicted: 9m is below the floor of 10m",
        "timeToLive: unknown knob: Pending",
        "unknown knob: keepOldest",
      ].toSorted(),
    );
  });

  it.each([1.5, 1_001, "5"])("refuses to keep %j", (keepNewest) => {
    expect(parsePolicy({ keepNewest }, 1)).toMatchObject({ kind: "problems" });
  });

  it("cannot be changed afterwards", () => {
    const parsed = parsePolicy({}, 1);
    if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
    expect([Object.isFrozen(parsed.policy), Object.isFrozen(parsed.policy.timeToLiveMs)]).toEqual([true, true]);
  });
});
