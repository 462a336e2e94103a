import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../../../functions/terminating-reaper/policy.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";

describe("the policy of terminating-reaper", () => {
  it.each([undefined, null, {}])("has defaults for what is not given: %j", (values) => {
    expect(parsePolicy(values, 1)).toEqual({ kind: "policy", policy: { overdueMarginMs: minutes(2) } });
  });

  it("divides defaults and floors in the lab, and takes what is written as it is", () => {
    expect(parsePolicy({}, 20)).toEqual({ kind: "policy", policy: { overdueMarginMs: seconds(6) } });
    expect(parsePolicy({ overdueMargin: "6s" }, 20)).toEqual({
      kind: "policy",
      policy: { overdueMarginMs: seconds(6) },
    });
    expect(parsePolicy({ overdueMargin: "5s" }, 20)).toEqual({
      kind: "problems",
      problems: ["overdueMargin: 5s is below the floor of 6s"],
    });
  });

  it("can be raised, never lowered below the floor", () => {
    expect(parsePolicy({ overdueMargin: "10m" }, 1)).toEqual({
      kind: "policy",
      policy: { overdueMarginMs: minutes(10) },
    });
    expect(parsePolicy({ overdueMargin: "119s" }, 1)).toEqual({
      kind: "problems",
      problems: ["overdueMargin: 119s is below the floor of 2m"],
    });
  });

  it("lists every problem at once", () => {
    expect(parsePolicy({ overdueMargin: "soon", overdueMargim: "3m", margin: 1 }, 1)).toEqual({
      kind: "problems",
      problems: ['overdueMargin: "soon" is not a duration such as "2m"', "unknown knob: overdueMargim, margin"],
    });
    expect(parsePolicy({ overdueMargin: 120 }, 1)).toEqual({
      kind: "problems",
      problems: ['overdueMargin: expected a duration such as "2m"'],
    });
    expect(parsePolicy("2m", 1)).toMatchObject({ kind: "problems" });
  });

  it("cannot be changed afterwards", () => {
    const parsed = parsePolicy({}, 1);
    expect(parsed.kind === "policy" && Object.isFrozen(parsed.policy)).toBe(true);
  });
});
