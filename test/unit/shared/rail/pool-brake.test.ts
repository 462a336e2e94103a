import { describe, expect, it } from "vitest";
import type { PoolReport } from "../../../../shared/delta/cluster-report.ts";
import type { Heal } from "../../../../shared/heal/heal.ts";
import { type NodeFacts, poolOf } from "../../../../shared/kubernetes/node.ts";
import { suspectMark } from "../../../../shared/kubernetes/node-marks.ts";
import { poolBrake } from "../../../../shared/rail/pool-brake.ts";
import { aClusterReport, aRegisteredCluster, aStoredReport } from "../../../build/cluster-state.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { aNodeSubject } from "../../../build/node-subject.ts";

const down = aNodeWithReady("False", 0);
const pool = (nodes: number, notReady: number, name = ""): PoolReport => ({
  pool: name,
  nodes,
  notReady,
  free: {},
  largestFree: {},
});

function held(node: NodeFacts, pools: readonly PoolReport[], kind: Heal["kind"] = "TaintNode", poolLabel?: string) {
  const about = { node: node.ref, resourceVersion: node.resourceVersion };
  const heal: Heal =
    kind === "AskNodeTask"
      ? { kind, ...about, rung: "reboot", id: "x-1", cause: "NotReadyPleg" }
      : { kind: kind === "UntaintNode" ? kind : "TaintNode", ...about, taint: suspectMark };
  const registered = aRegisteredCluster(poolLabel === undefined ? {} : { poolLabel });
  const cluster = { registered, report: aStoredReport({ report: aClusterReport({ pools }) }) };
  const answer = poolBrake({ subject: aNodeSubject({ node }), heal, cluster, incidents: [] });
  return answer.kind === "pass" ? "pass" : answer.reason;
}

describe("nodes of a pool that fail together (X-04)", () => {
  it.each<[number, number, string]>([
    [1, 1, "pass"],
    [3, 1, "pass"],
    [3, 2, "PoolBrake"],
    [5, 2, "PoolBrake"],
    [6, 2, "pass"],
    [6, 3, "PoolBrake"],
    [11, 3, "pass"],
    [11, 4, "PoolBrake"],
  ])("of %i, %i not ready, the one in question among them: %s", (nodes, notReady, expected) => {
    expect(held(down, [pool(nodes, notReady)])).toBe(expected);
    expect(held(down, [pool(nodes, notReady)], "AskNodeTask")).toBe(expected);
  });

  it("a node that calls itself Ready is none of those that are not", () => {
    expect(held(aNode(), [pool(5, 0)])).toBe("pass");
    expect(held(aNode(), [pool(5, 1)])).toBe("PoolBrake");
  });

  it("is given back whatever its pool is like", () => {
    expect(held(down, [pool(3, 3)], "UntaintNode")).toBe("pass");
  });

  it("pools are told apart by the cluster's own label, and nodes without one are one pool", () => {
    const gpu = aNodeWithReady("False", 0, { labels: { "example.com/pool": "gpu" } });
    const pools = [pool(9, 9), pool(9, 1, "gpu")];
    expect(poolOf(gpu)).toBe("");
    expect(held(gpu, pools)).toBe("PoolBrake");
    expect(held(gpu, pools, "TaintNode", "example.com/pool")).toBe("pass");
  });

  it("one that the report does not name, or of which it counts none, is held by zone and cluster alone", () => {
    expect(held(down, [])).toBe("pass");
    const { notReady: _, ...older } = pool(3, 3);
    expect(held(down, [older])).toBe("pass");
  });
});
