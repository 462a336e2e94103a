import { describe, expect, it } from "vitest";
import { terminatingReaper } from "../../../../functions/terminating-reaper/healer.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader } from "../../../build/cluster-reader.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aSighting } from "../../../build/message.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode } from "../../../build/node.ts";
import { aRef } from "../../../build/object-ref.ts";
import { anOverduePod, aPod } from "../../../build/pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

const healer = terminatingReaper({ overdueMarginMs: minutes(2) });

describe("what concerns terminating-reaper", () => {
  it.each([
    { what: "an overdue pod", sighting: aSighting(), expected: true },
    {
      what: "an overdue pod with another signal",
      sighting: aSighting({ signals: ["PodWaiting", "PodOverdue"] }),
      expected: true,
    },
    { what: "another signal", sighting: aSighting({ signals: ["PodFailed"] }), expected: false },
    { what: "a pod that recovered", sighting: aSighting({ delta: "recovered", signals: [] }), expected: true },
    { what: "a pod that is gone", sighting: aSighting({ delta: "gone", signals: [] }), expected: true },
    { what: "a node", sighting: aSighting({ object: aRef({ kind: "Node", name: "n1" }) }), expected: false },
  ])("$what: $expected", ({ sighting, expected }) => {
    expect(healer.concerns(sighting)).toBe(expected);
  });
});

describe("what terminating-reaper observes", () => {
  const world = () => ({
    pods: [anOverduePod()],
    nodes: [aNode()],
    namespaces: [aNamespace()],
    workloads: [aReplicaSet(), aDeployment()],
  });

  it("reads the pod, what is above and what is below it, each once", async () => {
    const cluster = aClusterReader(world());
    const facts = await healer.observe(cluster, aRef(), aKnowledge());
    expect(facts).toEqual({
      subject: {
        kind: "pod",
        pod: anOverduePod(),
        owners: { kind: "known", chain: [aReplicaSet(), aDeployment()] },
        namespace: aNamespace(),
        node: aNode(),
      },
    });
    expect(cluster.reads.toSorted()).toEqual([
      "Deployment shop/web",
      "ReplicaSet shop/web-5d9c",
      "events Pod shop/web-1",
      "namespace shop",
      "node n1",
      "pod shop/web-1",
    ]);
  });

  it("reads why its kubelet cannot end it, once its grace is over, on a node that exists", async () => {
    const message = 'error killing pod: failed to "KillContainer" for "main" with KillContainerError: "broken"';
    const events = [anEvent({ reason: "FailedKillPod", message })];
    const observed = async (pod: PodFacts, nodes = [aNode()]) => {
      const cluster = aClusterReader({ ...world(), nodes, pods: [pod], events });
      const facts = await healer.observe(cluster, aRef(), aKnowledge());
      return [facts?.cannotEnd?.cause, cluster.reads.some((each) => each.startsWith("events"))];
    };
    expect(await observed(anOverduePod())).toEqual(["StopFailed", true]);
    expect(await observed(anOverduePod({ deletionTimestamp: atNoon(1) }))).toEqual([undefined, false]);
    expect(await observed(aPod())).toEqual([undefined, false]);
    expect(await observed(anOverduePod(), [])).toEqual([undefined, false]);
  });

  it("takes a pod of another uid for another pod", async () => {
    const cluster = aClusterReader({ ...world(), pods: [anOverduePod({ uid: "another" })] });
    expect(await healer.observe(cluster, aRef(), aKnowledge())).toBeUndefined();
  });

  it("decides by its policy and keeps what it saw as evidence", async () => {
    const facts = await healer.observe(aClusterReader(world()), aRef(), aKnowledge());
    if (facts === undefined) throw new Error("the pod is there");
    const patient = terminatingReaper({ overdueMarginMs: minutes(15) });
    expect(healer.decide(facts, anOpenCase(), noon)).toMatchObject({ kind: "heal" });
    expect(patient.decide(facts, anOpenCase(), noon)).toMatchObject({ kind: "wait", until: noon + minutes(5) });
    expect(JSON.parse(JSON.stringify(healer.evidence(facts)))).toEqual(facts);
  });
});
