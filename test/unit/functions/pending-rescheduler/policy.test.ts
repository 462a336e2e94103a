import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../../../functions/pending-rescheduler/policy.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";

const defaults = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};

describe("the policy of pending-rescheduler", () => {
  it.each([undefined, null, {}])("has defaults for what is not given: %j", (values) => {
    expect(parsePolicy(values, 1)).toEqual({ kind: "policy", policy: defaults });
  });

  it("divides defaults and floors in the lab", () => {
    expect(parsePolicy({}, 20)).toEqual({
      kind: "policy",
      policy: { pendingForMs: seconds(15), silentForMs: 4_500, tellAfterMs: seconds(45), rejudgeAfterMs: seconds(3) },
    });
    expect(parsePolicy({ pendingFor: "14s" }, 20)).toEqual({
      kind: "problems",
      problems: ["pendingFor: 14s is below the floor of 15s"],
    });
  });

  it("can be raised, never lowered below the floors, and says so of all of them at once", () => {
    expect(parsePolicy({ pendingFor: "10m", silentFor: "3m", tellAfter: "1h", rejudgeAfter: "5m" }, 1)).toMatchObject({
      policy: {
        pendingForMs: minutes(10),
        silentForMs: minutes(3),
        tellAfterMs: minutes(60),
        rejudgeAfterMs: minutes(5),
      },
    });
    expect(
      parsePolicy({ pendingFor: "299s", silentFor: "1m", tellAfter: "soon", rejudgeAfter: "59s", move: true }, 1),
    ).toEqual({
      kind: "problems",
      problems: [
        "pendingFor: 299s is below the floor of 5m",
        "silentFor: 1m is below the floor of 1m30s",
        'tellAfter: "soon" is not a duration such as "20m"',
        "rejudgeAfter: 59s is below the floor of 1m",
        "unknown knob: move",
      ],
    });
  });

  it("cannot be changed afterwards", () => {
    const parsed = parsePolicy({}, 1);
    expect(parsed.kind === "policy" && Object.isFrozen(parsed.policy)).toBe(true);
  });
});
