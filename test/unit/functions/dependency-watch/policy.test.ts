import { describe, expect, it } from "vitest";
import { parsePolicy } from "../../../../functions/dependency-watch/policy.ts";
import { rulesOf } from "../../../../functions/dependency-watch/thresholds.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";

const defaults = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };

describe("the policy of dependency-watch", () => {
  it.each([undefined, null, {}])("has defaults for what is not given: %j", (values) => {
    expect(parsePolicy(values, 1)).toEqual({ kind: "policy", policy: defaults });
  });

  it.each([
    [20, seconds(30)],
    [60, seconds(15)],
  ])(
    "divides the quiet time in the lab, to 15 s at least, and not what outlasts Kubernetes' own grace: %i",
    (lab, quietForMs) => {
      expect(parsePolicy({}, lab)).toEqual({ kind: "policy", policy: { ...defaults, quietForMs } });
    },
  );

  it("can be raised, never lowered below the floors, and says so of all of them at once", () => {
    const raised = { objects: 10, nodes: 5, manyNodes: 7, quietFor: "1h", silentFor: "5m" };
    expect(parsePolicy(raised, 1)).toEqual({
      kind: "policy",
      policy: { objects: 10, nodes: 5, manyNodes: 7, quietForMs: minutes(60), silentForMs: minutes(5) },
    });
    const low = { objects: 2, nodes: 1, manyNodes: 2, quietFor: "9m", silentFor: "soon", heal: true };
    expect(parsePolicy(low, 1)).toEqual({
      kind: "problems",
      problems: [
        "objects: expected a whole number from 3 to 100",
        "nodes: expected a whole number from 2 to 100",
        "manyNodes: expected a whole number from 3 to 100",
        "quietFor: 9m is below the floor of 10m",
        'silentFor: "soon" is not a duration such as "2m"',
        "unknown knob: heal",
      ],
    });
  });

  it("cannot be changed afterwards", () => {
    const parsed = parsePolicy({}, 1);
    expect(parsed.kind === "policy" && Object.isFrozen(parsed.policy)).toBe(true);
  });

  it("never takes what fails on one node for an incident", () => {
    const places = Object.values(rulesOf(defaults).thresholds).flatMap((each) => each.map(({ places: of }) => of));
    expect(Math.min(...places)).toBe(2);
  });
});
