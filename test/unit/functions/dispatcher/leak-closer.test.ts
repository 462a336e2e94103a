import { describe, expect, it } from "vitest";
import type { Collapsed } from "../../../../functions/dispatcher/collapse.ts";
import { leakCloser } from "../../../../functions/dispatcher/leak-closer.ts";
import type { NodeFacts } from "../../../../shared/kubernetes/node.ts";
import { aLeak } from "../../../build/action.ts";
import { noon } from "../../../build/instant.ts";
import { aDelta } from "../../../build/message.ts";
import { aNode } from "../../../build/node.ts";
import { memoryLeakStore } from "../../../fakes/memory-leak-store.ts";

const about = (node: NodeFacts): Collapsed => ({
  cluster: "eu-1",
  delta: aDelta({ kind: "milestone", object: node.ref, signals: [], state: node }),
  sentAt: noon,
  messageIds: ["m1"],
});

describe("leakCloser (S0-46)", () => {
  it("closes what a force-delete left on a node that has booted anew", async () => {
    const leaks = memoryLeakStore();
    await leaks.open(aLeak());
    expect(await leakCloser(leaks)(about(aNode({ bootId: "second-boot" })))).toBe(1);
    expect(await leaks.list()).toMatchObject([
      { state: "closed", closedBecause: "The node booted anew (second-boot)." },
    ]);
  });

  it("leaves open what belongs to the boot that still runs, and what lies on other nodes", async () => {
    const leaks = memoryLeakStore();
    await leaks.open(aLeak());
    const close = leakCloser(leaks);
    expect(await close(about(aNode()))).toBe(0);
    expect(await close(about(aNode({ name: "n2", bootId: "other" })))).toBe(0);
    expect(await leaks.list()).toMatchObject([{ state: "open" }]);
  });

  it("asks the table once for a boot, however often the node is told", async () => {
    const leaks = memoryLeakStore();
    const close = leakCloser(leaks);
    for (let told = 0; told < 5; told++) await close(about(aNode()));
    await close(about(aNode({ bootId: "second-boot" })));
    expect(leaks.calls("openOn")).toBe(2);
  });

  it("asks again when the table did not answer", async () => {
    const leaks = memoryLeakStore();
    await leaks.open(aLeak());
    leaks.failNext("openOn", new Error("timed out"));
    const close = leakCloser(leaks);
    await expect(close(about(aNode({ bootId: "second-boot" })))).rejects.toThrow("timed out");
    expect(await close(about(aNode({ bootId: "second-boot" })))).toBe(1);
  });

  it("has nothing to do with pods", async () => {
    const leaks = memoryLeakStore();
    await leakCloser(leaks)({ ...about(aNode()), delta: aDelta() });
    expect(leaks.calls("openOn")).toBe(0);
  });
});
