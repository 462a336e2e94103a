import { describe, expect, it } from "vitest";
import type { UnreadyAround } from "../../../../functions/pending-rescheduler/facts.ts";
import { pendingRescheduler } from "../../../../functions/pending-rescheduler/healer.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader } from "../../../build/cluster-reader.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { aCondition, anOwnerRef, aPod } from "../../../build/pod.ts";
import { anUnreadyPod, aProbeEvent } from "../../../build/unready-pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

const policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const ours = anUnreadyPod();
const ofWorkload = (name: string, members: Parameters<typeof anUnreadyPod>[0] = {}) =>
  anUnreadyPod({ name: `${name}-1`, owner: anOwnerRef({ name: `${name}-5d9c` }), ...members });
const well = aPod({ name: "well", nodeName: "n2" });

async function seen(pods: readonly PodFacts[], events = pods.map((pod) => aProbeEvent(pod))) {
  const cluster = aClusterReader({
    nodes: [aNode(), aNode({ name: "n2" }), aNodeWithReady("False", noon, { name: "n3" })],
    namespaces: [aNamespace()],
    workloads: [aReplicaSet(), aDeployment()],
    pods: [...pods, well],
    events,
  });
  const healer = pendingRescheduler(policy);
  const facts = await healer.observe(cluster, ours.ref, aKnowledge());
  if (facts === undefined || !("around" in facts)) throw new Error("the pod is there");
  const { kind, reason } = healer.decide(facts, anOpenCase(), noon);
  return { around: facts.around as UnreadyAround, verdict: `${kind} ${reason}`, reads: cluster.reads };
}

describe("what is looked at around a pod that runs unready (S0-97)", () => {
  it("is its Events, and no more where its application says no", async () => {
    const { verdict, reads } = await seen([ours], [aProbeEvent(ours, "Readiness probe failed: cache is cold")]);
    expect(verdict).toBe("leave AppUnhealthy");
    expect(reads.filter((each) => /^(nodes|pods)/.test(each))).toEqual([]);
  });

  it("is its node's other pods where a command does not come back; no other node for one workload's sake", async () => {
    const { around, verdict, reads } = await seen([ours, ofWorkload("api")]);
    expect(around.alike).toEqual({
      here: ["ReplicaSet shop/api", "ReplicaSet shop/web"],
      elsewhere: [],
      wellElsewhere: false,
    });
    expect(verdict).toBe("escalate ExecProbeTimeout");
    expect(reads).not.toContain("nodes");
  });

  it("is other nodes too once several workloads show it (S0-92)", async () => {
    const { around, verdict, reads } = await seen([ours, ofWorkload("api"), ofWorkload("log")]);
    expect(around.alike).toMatchObject({ elsewhere: [], wellElsewhere: true });
    expect(verdict).toBe("handOver ExecProbesHang");
    expect(reads).not.toContain("pods n3");
    const both = await seen([ours, ofWorkload("api"), ofWorkload("log"), ofWorkload("db", { nodeName: "n2" })]);
    expect(both.around.alike).toMatchObject({ elsewhere: ["n2"] });
    expect(both.verdict).toBe("escalate ExecProbeTimeout");
  });

  it.each([
    ["two revisions of a Deployment", ofWorkload("web", { owner: anOwnerRef({ name: "web-77aa" }) })],
    ["one that is ready by now", ofWorkload("log", { conditions: [aCondition()] })],
    ["one that is being deleted", ofWorkload("log", { deletionTimestamp: atNoon(30_000) })],
    ["one on another node that is not Ready", ofWorkload("log", { nodeName: "n3" })],
  ])("does not count %s", async (_, third) => {
    expect((await seen([ours, ofWorkload("api"), third])).verdict).toBe("escalate ExecProbeTimeout");
  });

  it("does not count pods whose probes say something else, or of whom somebody else says it (K12)", async () => {
    const [api, log] = [ofWorkload("api"), ofWorkload("log")];
    const others = [aProbeEvent(ours), aProbeEvent(api), aProbeEvent(log, "Readiness probe failed: cache is cold")];
    expect((await seen([ours, api, log], others)).verdict).toBe("escalate ExecProbeTimeout");
    const mallory = [aProbeEvent(ours), aProbeEvent(api), aProbeEvent(log, undefined, { source: "mallory" })];
    expect((await seen([ours, api, log], mallory)).verdict).toBe("escalate ExecProbeTimeout");
  });

  it("is what its Events say of a node that cannot enter namespaces, unless another cannot either (S0-86)", async () => {
    const words =
      "Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: error executing setns process: exit status 1";
    expect((await seen([ours], [aProbeEvent(ours, words)])).verdict).toBe("handOver ExecSetns");
    const there = ofWorkload("api", { nodeName: "n2" });
    const both = await seen([ours, there], [aProbeEvent(ours, words), aProbeEvent(there, words)]);
    expect(both.verdict).toBe("escalate FailsOnManyNodes");
  });

  it("begins when it has been unready for as long as a pod may; before, it has started", async () => {
    const young = anUnreadyPod({ age: seconds(300) - 1 });
    expect((await seen([young], [])).verdict).toBe("leave PodStarted");
    expect((await seen([anUnreadyPod({ age: seconds(300) })], [])).verdict).toBe("leave UnreadyUnexplained");
  });
});
