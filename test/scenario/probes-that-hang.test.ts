import { describe, expect, it } from "vitest";
import { classifyPod } from "../../functions/forwarder/classify.ts";
import { forwarderSettings } from "../../functions/forwarder/settings.ts";
import { notreadyHandler } from "../../functions/notready-handler/healer.ts";
import { pendingRescheduler } from "../../functions/pending-rescheduler/healer.ts";
import { pipeline } from "../../shared/heal/pipeline.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aLease } from "../build/lease.ts";
import { aNode } from "../build/node.ts";
import { aNodePolicy } from "../build/node-policy.ts";
import { anOwnerRef, aPod } from "../build/pod.ts";
import { anUnreadyPod, aProbeEvent } from "../build/unready-pod.ts";
import { aDeployment, aReplicaSet } from "../build/workload.ts";
import { aStage } from "./stage.ts";

const policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};

/** pending-rescheduler and notready-handler over two nodes; pods are well on n2, and what is unready is sighted when the forwarder says so. */
async function twoNodes() {
  const stage = await aStage(pendingRescheduler(policy));
  const { api, clock, nodeQueue } = stage;
  const judgeNode = pipeline(notreadyHandler(aNodePolicy()), { ...stage.deps, queue: nodeQueue });
  api.putNode(aNode({ name: "n2" }));
  api.putPod(aPod({ name: "well", nodeName: "n2" }));
  const unready: PodFacts[] = [];
  const forwarderSays = async (pod: PodFacts) => {
    const { signals } = classifyPod(pod, clock.now(), forwarderSettings());
    for (const signal of signals) await stage.sight(pod, "suspect", { signal });
  };
  const nodeHealerHears = async () => {
    for (const message of await nodeQueue.receive({ limit: 10, waitMs: 0, visibilityMs: 180_000 })) {
      await judgeNode(message.body, { messageId: "m", sentAt: clock.now(), receiveCount: 1 });
      await nodeQueue.acknowledge([message.receipt]);
    }
  };
  return {
    ...stage,
    /** A pod of a workload of its own, unready from noon on, and what its kubelet says of it. */
    unreadyPod(app: string, words?: string): PodFacts {
      const owner = anOwnerRef({ name: `${app}-5d9c` });
      const above = anOwnerRef({ kind: "Deployment", name: app });
      api.putWorkload(aReplicaSet({ name: owner.name, uid: owner.uid, owner: above }));
      api.putWorkload(aDeployment({ name: above.name, uid: above.uid }));
      const pod = anUnreadyPod({ name: `${app}-1`, owner, age: 0 });
      api.putPod(pod);
      api.putEvent({ ...aProbeEvent(pod, words), lastSeenAt: clock.now() + minutes(60) });
      unready.push(pod);
      return pod;
    },
    /** Minute by minute; each suspect is told of again in every one of them, which is more often than the forwarder does. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += seconds(1)) {
        for (const nodeName of ["n1", "n2"]) api.putLease(aLease({ nodeName, renewedAt: clock.now() }));
        if (passed % minutes(1) === 0) for (const pod of unready) await forwarderSays(pod);
        await stage.pass(seconds(1));
        await nodeHealerHears();
      }
    },
    warnings: () =>
      api.events
        .filter(({ type }) => type === "Warning")
        .map(({ reason, regarding }) => `${reason} ${regarding.kind} ${regarding.name}`),
    marks: () => api.marks.map(({ verb, node, taint }) => `${verb} ${node.name} ${taint}`),
    looks: () => stage.counted.filter((each) => each.startsWith("Verdict")),
  };
}

describe("a pod that runs, and whose exec probe does not come back", () => {
  it("is told to its owner once, five minutes after it ceased to be ready, with what to use instead (S0-97)", async () => {
    const stage = await twoNodes();
    stage.unreadyPod("web");
    await stage.pass(minutes(5));
    expect(stage.looks()).toEqual([]);
    await stage.pass(minutes(40));
    expect(stage.warnings()).toEqual(["ExecProbeTimeout Deployment web"]);
    expect(stage.api.events[0]?.note).toContain("use httpGet or grpc");
    // One look in a quarter of an hour, of forty sightings.
    expect(stage.looks()).toHaveLength(3);
    expect([stage.marks(), stage.api.writes]).toEqual([[], []]);
  });

  it("is one of three workloads on one node, and of none on the other: the node's case, and nothing is evicted (S0-92, S0-97)", async () => {
    const stage = await twoNodes();
    for (const app of ["web", "api", "log"]) stage.unreadyPod(app);
    await stage.pass(minutes(7));
    expect(stage.marks()).toEqual(["taint n1 knitbone.io/suspect:NoSchedule"]);
    const { symptoms = [] } = (await stage.caseOf(aNode().ref.uid, "notready-handler")) ?? {};
    expect(symptoms.map(({ reason, pod }) => `${reason} ${pod.name}`)).toContain("ExecProbesHang web-1");
    expect(symptoms[0]?.message).toContain("ReplicaSet shop/api, ReplicaSet shop/log, ReplicaSet shop/web");
    await stage.pass(minutes(8));
    expect(stage.api.writes).toEqual([]);
    expect(stage.warnings().filter((each) => each.includes("Deployment"))).toEqual([]);
  });

  it("leaves a row behind no longer than it is unready", async () => {
    const stage = await twoNodes();
    const pod = stage.unreadyPod("web", "Readiness probe failed: cache is cold");
    await stage.pass(minutes(30));
    expect(stage.warnings()).toEqual([]);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "leave", reason: "AppUnhealthy" });
    expect(stage.looks()).toHaveLength(2);
    stage.api.putPod(aPod({ name: "web-1", owner: pod.owner }));
    await stage.sight(pod, "recovered");
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Recovered" });
  });
});
