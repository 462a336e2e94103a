import { describe, expect, it } from "vitest";
import { sharedSurroundings } from "../../../../shared/cluster/shared-surroundings.ts";
import { aNode } from "../../../build/node.ts";
import { anOwnerRef, aPod } from "../../../build/pod.ts";
import { fakeCluster } from "../../../fakes/fake-cluster.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

function aShared() {
  const clock = manualClock();
  const api = fakeCluster("eu-1", clock);
  api.putNode(aNode());
  api.putPod(aPod());
  return { clock, api, cluster: sharedSurroundings(api, clock) };
}

describe("sharedSurroundings", () => {
  it("reads node, namespace and owner once for many who ask within a second", async () => {
    const { api, cluster } = aShared();
    for (let ask = 0; ask < 20; ask++) {
      await Promise.all([cluster.node("n1"), cluster.namespace("shop"), cluster.workload("shop", anOwnerRef())]);
    }
    expect(api.reads()).toBe(3);
  });

  it("never shares a pod", async () => {
    const { api, cluster } = aShared();
    await cluster.pod("shop", "web-1");
    await cluster.pod("shop", "web-1");
    expect(api.reads()).toBe(2);
  });

  it("reads again once the second is over, and sees what has changed", async () => {
    const { api, clock, cluster } = aShared();
    await cluster.node("n1");
    api.putNode(aNode({ unschedulable: true }));
    await clock.advance(999);
    expect(await cluster.node("n1")).toMatchObject({ object: { unschedulable: false } });
    await clock.advance(1);
    expect(await cluster.node("n1")).toMatchObject({ object: { unschedulable: true } });
  });

  it("does not hand a failure on", async () => {
    const { api, cluster } = aShared();
    api.breakDown();
    await expect(cluster.node("n1")).rejects.toThrow("connection refused");
    api.mend();
    expect(await cluster.node("n1")).toMatchObject({ kind: "found" });
  });
});
