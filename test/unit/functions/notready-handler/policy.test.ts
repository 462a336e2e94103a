import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../../../functions/notready-handler/policy.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";

const plain = { rungs: [], mode: "restore" };
const defaults = {
  notReadyForMs: seconds(300),
  wellForMs: minutes(10),
  newForMs: minutes(5),
  drainAfterMs: minutes(5),
  ...plain,
};

describe("the policy of notready-handler", () => {
  it.each([undefined, null, {}])("has defaults for what is not given: %j", (values) => {
    expect(parsePolicy(values, 1)).toEqual({ kind: "policy", policy: defaults });
  });

  it("divides defaults and floors in the lab", () => {
    expect(parsePolicy({}, 20)).toEqual({
      kind: "policy",
      policy: {
        notReadyForMs: seconds(15),
        wellForMs: seconds(30),
        newForMs: seconds(15),
        drainAfterMs: seconds(15),
        ...plain,
      },
    });
    expect(parsePolicy({ wellFor: "29s" }, 20)).toEqual({
      kind: "problems",
      problems: ["wellFor: 29s is below the floor of 30s"],
    });
  });

  it("can be raised, never lowered below the floors, and says so of all of them at once", () => {
    const raised = { notReadyFor: "10m", wellFor: "1h", newFor: "30m" };
    expect(parsePolicy(raised, 1)).toMatchObject({
      policy: { notReadyForMs: minutes(10), wellForMs: minutes(60), newForMs: minutes(30) },
    });
    expect(parsePolicy({ notReadyFor: "299s", wellFor: "9m", newFor: "soon", drain: true }, 1)).toEqual({
      kind: "problems",
      problems: [
        "notReadyFor: 299s is below the floor of 5m",
        "wellFor: 9m is below the floor of 10m",
        'newFor: "soon" is not a duration such as "10m"',
        "unknown knob: drain",
      ],
    });
  });

  it("cannot be changed afterwards", () => {
    const parsed = parsePolicy({}, 1);
    expect(parsed.kind === "policy" && Object.isFrozen(parsed.policy)).toBe(true);
  });
});
