import { describe, expect, it } from "vitest";
import { freshness, openBreaker } from "../../../../shared/rail/freshness.ts";
import { stormBrake } from "../../../../shared/rail/storm-brake.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { aBrake, aClusterState, aStoredReport } from "../../../build/cluster-state.ts";
import { noon } from "../../../build/instant.ts";

describe("freshness", () => {
  it.each([
    [seconds(120), "pass"],
    [seconds(120) + 1, "wait"],
    [-minutes(1), "pass"],
  ])("a report %d ms old: %s", (ageMs, kind) => {
    expect(freshness(aClusterState({ report: aStoredReport({ sentAt: noon - ageMs }) }), noon).kind).toBe(kind);
  });

  it("without any report waits", () => {
    const { report: _, ...silent } = aClusterState();
    expect(freshness(silent, noon)).toMatchObject({ kind: "wait", reason: "ClusterSilent", forMs: 60_000 });
  });
});

describe("openBreaker", () => {
  const open = (openUntil: number) =>
    aClusterState({ breaker: { consecutiveFailures: 3, openUntil, reason: "refused" } });

  it.each([
    [noon + 1, "wait"],
    [noon, "pass"],
  ])("open until %d at noon: %s", (openUntil, kind) => {
    expect(openBreaker(open(openUntil), noon).kind).toBe(kind);
  });
});

describe("stormBrake", () => {
  it.each([
    ["released", "pass"],
    ["halved", "pass"],
    ["frozen", "wait"],
  ] as const)("%s: %s", (state, kind) => {
    expect(stormBrake(aClusterState({ brake: aBrake({ state }) })).kind).toBe(kind);
  });

  it("counts as pulled where nobody has counted the nodes yet", () => {
    const { brake: _, ...uncounted } = aClusterState();
    expect(stormBrake(uncounted)).toMatchObject({ kind: "wait", reason: "BrakeUnknown" });
  });
});
