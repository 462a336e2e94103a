import { expect, it } from "vitest";
import { expiresAt } from "../../../../shared/store/expires-at.ts";
import { tableNames } from "../../../../shared/store/table-names.ts";

it("names every table after the installation", () => {
  expect(tableNames("knitbone")).toEqual({
    cases: "knitbone-cases",
    budgets: "knitbone-budgets",
    actions: "knitbone-actions",
    flags: "knitbone-flags",
    clusters: "knitbone-clusters",
    incidents: "knitbone-incidents",
    lifecycle: "knitbone-lifecycle",
    catalogue: "knitbone-catalogue",
    unknowns: "knitbone-unknowns",
  });
});

it("gives the TTL attribute in whole seconds, never too early", () => {
  expect(expiresAt(1_000, 2_000)).toEqual({ expiresAt: 3 });
  expect(expiresAt(1_000, 2_001)).toEqual({ expiresAt: 4 });
});
