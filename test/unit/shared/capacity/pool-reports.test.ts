import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { poolReports } from "../../../../shared/capacity/pool-reports.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";

const pool = (name: string) => ({ labels: { "karpenter.sh/nodepool": name } });
const on = (nodeName: string, requests: Record<string, number>) => ({ nodeName, requests });

describe("the room of a pool", () => {
  it("is allocatable minus requests over its nodes, and the most that one node has left", () => {
    const nodes = [
      aNode({ name: "n1", ...pool("general"), allocatable: { cpu: 4, memory: 100, pods: 10 } }),
      aNode({ name: "n2", ...pool("general"), allocatable: { cpu: 8, memory: 50, pods: 10 } }),
      aNode({ name: "n3", ...pool("batch"), allocatable: { cpu: 1 } }),
    ];
    const placements = [
      on("n1", { cpu: 1, memory: 30 }),
      on("n1", { cpu: 0.5 }),
      on("n2", { cpu: 7 }),
      on("n9", { cpu: 9 }),
    ];
    expect(poolReports(nodes, placements)).toEqual([
      { pool: "batch", nodes: 1, free: { cpu: 1 }, largestFree: { cpu: 1 } },
      {
        pool: "general",
        nodes: 2,
        free: { cpu: 3.5, memory: 120, pods: 17 },
        largestFree: { cpu: 2.5, memory: 70, pods: 9 },
      },
    ]);
  });

  it("counts on Ready, uncordoned nodes only; the others count as nodes", () => {
    const allocatable = { cpu: 4 };
    const nodes = [
      aNodeWithReady("False", 0, { name: "n1", allocatable }),
      aNodeWithReady("Unknown", 0, { name: "n2", allocatable }),
      aNode({ name: "n3", unschedulable: true, allocatable }),
    ];
    expect(poolReports(nodes, [])).toEqual([{ pool: "", nodes: 3, notReady: 2, free: {}, largestFree: {} }]);
  });

  it("is never taken from other nodes by one that is overcommitted", () => {
    const nodes = [aNode({ name: "n1", allocatable: { cpu: 4 } }), aNode({ name: "n2", allocatable: { cpu: 4 } })];
    expect(poolReports(nodes, [on("n1", { cpu: 9 })])[0]?.free).toEqual({ cpu: 4 });
  });

  it("is grouped by the cluster's own label where it has one", () => {
    const nodes = [aNode({ labels: { "example.com/pool": "own", "karpenter.sh/nodepool": "general" } })];
    expect(poolReports(nodes, [], "example.com/pool").map((each) => each.pool)).toEqual(["own"]);
  });

  it("has no dust of floating point, and never more than there is", () => {
    const nodes = [aNode({ name: "n1", allocatable: { cpu: 2 } })];
    const placements = Array.from({ length: 3 }, () => on("n1", { cpu: 0.1 }));
    expect(poolReports(nodes, placements)[0]?.free).toEqual({ cpu: 1.7 });
  });

  it("leaves out what no node has any of, and is not confused by odd names", () => {
    const allocatable = JSON.parse('{"cpu":2,"hugepages-1Gi":0,"constructor":3}');
    const nodes = [aNode({ name: "n1", allocatable })];
    expect(poolReports(nodes, [on("n1", { cpu: 1 })])[0]?.free).toEqual({ cpu: 1, constructor: 3 });
  });

  it("never says that one node has more than all, nor that there is less than nothing", () => {
    const amount = fc.integer({ min: 0, max: 64_000 }).map((millis) => millis / 1_000);
    const node = fc.record({ cpu: amount, pool: fc.constantFrom("a", "b") });
    const placement = fc.record({ node: fc.integer({ min: 0, max: 5 }), cpu: amount });
    fc.assert(
      fc.property(fc.array(node, { maxLength: 6 }), fc.array(placement), (given, placed) => {
        const nodes = given.map((each, at) =>
          aNode({ name: `n${at}`, ...pool(each.pool), allocatable: { cpu: each.cpu } }),
        );
        const reports = poolReports(
          nodes,
          placed.map((each) => on(`n${each.node}`, { cpu: each.cpu })),
        );
        expect(reports.reduce((sum, each) => sum + each.nodes, 0)).toBe(given.length);
        for (const { free, largestFree } of reports) {
          expect(largestFree["cpu"] ?? 0).toBeGreaterThanOrEqual(0);
          expect(free["cpu"] ?? 0).toBeGreaterThanOrEqual((largestFree["cpu"] ?? 0) - 1e-5);
        }
      }),
    );
  });
});
