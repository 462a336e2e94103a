import { describe, expect, it } from "vitest";
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { noSandboxes, overdue, runtimeDown, untouchable } from "./failures.ts";
import { calm } from "./knobs.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

/** What the oracle says, each kind once and without names. */
const kinds = (wrongs: readonly string[]) => [...new Set(wrongs.map((each) => each.split(":")[0]))].sort();

/** A client that leaves the preconditions out. */
const withoutPreconditions = (connection: ApiConnection): ApiConnection => ({
  ...connection,
  request: ({ body, ...request }) => {
    if (body === undefined) return connection.request(request);
    const text = JSON.stringify(body).replace(/,?"preconditions":\{[^}]*\}/, "");
    return connection.request({ ...request, body: JSON.parse(text) });
  },
});

describe("the oracle, where a part of the product is taken away", () => {
  it("finds nothing where nothing is", async () => {
    const run = await simulate(1, { knobs: calm, mode: "act", failures: [overdue("n1"), untouchable("n2")] });
    expect(run.wrongs).toEqual([]);
    expect(run.changes).toBe(2);
  });

  it.each([
    ["a node makes no sandboxes", noSandboxes("n6"), ["patch nodes", "create pods", "patch nodes"]],
    ["a runtime is down", runtimeDown("n4"), ["patch nodes", "create pods", "delete pods", "patch nodes"]],
  ] as const)("sees that %s, and by which writes it is healed", async (_, failure, writes) => {
    const run = await simulate(1, { knobs: calm, mode: "act", failures: [failure] });
    expect(run.wrongs).toEqual([]);
    const written = run.trace.filter((line) => / audit .* 20\d$/.test(line) && !line.includes("events"));
    expect(written.map((line) => line.replace(/^.*?(\w+ \w+) \S+ \d+$/, "$1"))).toEqual(writes);
  });

  it("sees writes that name no uid", async () => {
    const run = await simulate(1, {
      knobs: calm,
      mode: "act",
      failures: [overdue("n1")],
      sabotage: { connection: withoutPreconditions },
    });
    expect(kinds(run.wrongs)).toEqual(["names no uid"]);
  });

  it("sees a healer that does not ask for the flag", async () => {
    const run = await simulate(1, {
      knobs: calm,
      mode: "observe",
      failures: [overdue("n1")],
      sabotage: {
        deps: (deps) => ({ ...deps, flags: { mode: async () => ({ kind: "mode", mode: "act", row: aFlagRow() }) } }),
      },
    });
    expect(kinds(run.wrongs)).toEqual(["while the flag said observe"]);
  });

  it("sees budgets that are never exhausted", async () => {
    const failures = [{ ...overdue("n1", 8), healed: () => true }];
    const setting = { knobs: calm, mode: "act", failures } as const;
    const bounded = await simulate(1, setting);
    // An owner's hour has room for three: what hangs there still keeps the mark.
    expect(kinds(bounded.wrongs)).toEqual(["a node is still marked or not Ready"]);
    const run = await simulate(1, {
      ...setting,
      sabotage: {
        deps: (deps) => ({ ...deps, budgets: { ...deps.budgets, spend: async () => ({ kind: "spent" }) } }),
      },
    });
    expect(kinds(run.wrongs)).toContain("over budget");
  });

  it("sees that a pod was touched whose owner opted out", async () => {
    const run = await simulate(1, {
      knobs: calm,
      mode: "act",
      failures: [untouchable("n2")],
      sabotage: {
        cluster: (cluster) => ({
          ...cluster,
          async workload(namespace, owner) {
            const found = await cluster.workload(namespace, owner);
            return found.kind === "found" ? { ...found, object: { ...found.object, annotations: {} } } : found;
          },
        }),
      },
    });
    expect(kinds(run.wrongs)).toEqual(["a pod that opted out"]);
  });

  it("sees that nothing is healed", async () => {
    const run = await simulate(1, {
      knobs: calm,
      mode: "act",
      failures: [overdue("n1")],
      sabotage: { cluster: (cluster) => ({ ...cluster, forceDeletePod: async () => ({ kind: "Done" }) }) },
    });
    expect(kinds(run.wrongs)).toEqual(["not healed"]);
  });
});

describe("a run that fails", () => {
  it("is shrunk to the faults that it needs (S2-11)", async () => {
    const knobs = { ...calm, duplicates: 0.1, crashes: 0.01, outages: 1, staleReads: 0.2 };
    const needed = await shrink(knobs, async ({ duplicates, staleReads }) => duplicates > 0 && staleReads > 0);
    expect(needed).toEqual({ ...calm, duplicates: 0.1, staleReads: 0.2 });
  });
});
