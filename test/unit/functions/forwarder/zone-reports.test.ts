import { expect, it } from "vitest";
import { zoneReports } from "../../../../functions/forwarder/zone-reports.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";

const zone = (name: string) => ({ labels: { "topology.kubernetes.io/zone": name } });

it("counts nodes per zone by what they say of themselves; one that says nothing is silent", () => {
  const nodes = [
    aNode({ name: "n1", ...zone("b") }),
    aNodeWithReady("False", 0, { name: "n2", ...zone("b") }),
    aNodeWithReady("Unknown", 0, { name: "n3", ...zone("a") }),
    aNode({ name: "n4", ...zone("a"), conditions: [] }),
    aNode({ name: "n5", labels: {} }),
  ];
  expect(zoneReports(nodes)).toEqual([
    { zone: "", ready: 1, notReady: 0, unknown: 0 },
    { zone: "a", ready: 0, notReady: 0, unknown: 2 },
    { zone: "b", ready: 1, notReady: 1, unknown: 0 },
  ]);
});

it("has nothing to say of a cluster without nodes", () => {
  expect(zoneReports([])).toEqual([]);
});
