import { describe, expect, it } from "vitest";
import { notreadyHandler } from "../../../../functions/notready-handler/healer.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader } from "../../../build/cluster-reader.ts";
import { aClusterReport, aStoredReport } from "../../../build/cluster-state.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aLease } from "../../../build/lease.ts";
import { aSighting } from "../../../build/message.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aNodePolicy } from "../../../build/node-policy.ts";
import { aNodeMemory } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aCondition, anOverduePod, aPod } from "../../../build/pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

const policy = aNodePolicy();
const healer = notreadyHandler(policy);
const object = aNode().ref;

describe("what concerns notready-handler", () => {
  it.each([
    { what: "a node that is not Ready", sighting: aSighting({ object, signals: ["NodeNotReady"] }), expected: true },
    { what: "a stale Lease", sighting: aSighting({ object, signals: ["NodeLeaseStale"] }), expected: true },
    { what: "a condition", sighting: aSighting({ object, signals: ["NodeCondition"] }), expected: true },
    { what: "a mere Event", sighting: aSighting({ object, signals: ["WarningEvent"] }), expected: false },
    { what: "a node that recovered", sighting: aSighting({ object, delta: "recovered", signals: [] }), expected: true },
    { what: "a pod", sighting: aSighting({ signals: ["NodeNotReady"] }), expected: false },
  ])("$what: $expected", ({ sighting, expected }) => {
    expect(healer.concerns(sighting)).toBe(expected);
  });
});

describe("what notready-handler observes", () => {
  const made = atNoon(-minutes(9));
  const world = () => ({
    nodes: [aNode()],
    leases: [aLease()],
    pods: [
      anOverduePod({ name: "overdue", creationTimestamp: made, deletionTimestamp: atNoon(-minutes(3)) }),
      anOverduePod({ name: "held", creationTimestamp: made, finalizers: ["backup.example.com/upload"] }),
      anOverduePod({ name: "counted", creationTimestamp: made, finalizers: ["batch.kubernetes.io/job-tracking"] }),
      aPod({ name: "elsewhere", nodeName: "n2" }),
      aPod({ name: "static", annotations: { "kubernetes.io/config.mirror": "x" } }),
      aPod({
        name: "silent",
        phase: "Pending",
        startTime: undefined,
        containers: [],
        conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: atNoon(-minutes(2)) }],
      }),
    ],
  });

  it("reads the node, its Lease and its pods, each once, and keeps of a pod only what tells of its kubelet", async () => {
    const cluster = aClusterReader(world());
    const facts = await healer.observe(cluster, object, aKnowledge());
    expect(facts?.subject).toMatchObject({ kind: "node", node: aNode(), lease: aLease() });
    expect(cluster.reads.toSorted()).toEqual(["events Node n1", "lease n1", "node n1", "pods n1"]);
    const pods = facts?.subject.kind === "node" ? facts.subject.pods : [];
    const seen = pods.map(({ ref, endsBy, silentSince }) => [ref.name, endsBy, silentSince]);
    expect(seen).toEqual([
      ["overdue", atNoon(-minutes(3)), undefined],
      // A finalizer is nobody's kubelet's business; a Job's own follows from the pod's end.
      ["held", undefined, undefined],
      ["counted", expect.any(Number), undefined],
      ["silent", undefined, atNoon(-minutes(2))],
    ]);
  });

  it("takes a node of another uid for another node", async () => {
    expect(
      await healer.observe(aClusterReader({ nodes: [aNode({ uid: "another" })] }), object, aKnowledge()),
    ).toBeUndefined();
    expect(await healer.observe(aClusterReader({}), aRef({ kind: "Node", name: "n1" }), aKnowledge())).toBeUndefined();
  });

  it("decides by its policy and keeps what it saw as evidence", async () => {
    const since = atNoon(-minutes(6));
    const facts = await healer.observe(
      aClusterReader({ nodes: [aNodeWithReady("Unknown", since)] }),
      object,
      aKnowledge(),
    );
    if (facts === undefined) throw new Error("the node is there");
    const openCase = anOpenCase({ object, memory: aNodeMemory({ state: "silent", since }) });
    expect(healer.decide(facts, openCase, noon)).toMatchObject({ kind: "heal", reason: "NodeSilent" });
    const patient = notreadyHandler({ ...policy, notReadyForMs: minutes(7) });
    expect(patient.decide(facts, openCase, noon)).toMatchObject({ kind: "wait", reason: "SilentYet" });
    expect(JSON.parse(JSON.stringify(healer.evidence(facts)))).toEqual({
      ...facts.subject,
      said: [],
      fleet: { nodes: 1, siblings: [] },
    });
  });

  it("reads the other nodes where this one is not Ready, and what is said of it, by the catalogue (S0-72)", async () => {
    const sick = aNode({
      conditions: [
        aCondition({ type: "Ready", status: "False", reason: "KubeletNotReady", message: "container runtime is down" }),
      ],
    });
    const regarding = { kind: "Node", namespace: "", name: "n1", uid: "n1" };
    const events = [
      anEvent({ reason: "Rebooted", message: "Node n1 has been rebooted, boot id: b-2", regarding }),
      anEvent({
        reason: "NodeNotReady",
        message: "Node n1 status is now: NodeNotReady",
        regarding,
        source: "node-controller",
      }),
    ];
    const cluster = aClusterReader({ nodes: [sick, aNodeWithReady("Unknown", 0, { name: "n2" })], events });
    const counting = (notReady: number) =>
      aStoredReport({ report: aClusterReport({ zones: [{ zone: "zone-a", ready: 5, notReady, unknown: 0 }] }) });
    const facts = await healer.observe(cluster, object, aKnowledge({ report: counting(2) }));
    expect(cluster.reads.toSorted()).toEqual(["events Node n1", "lease n1", "node n1", "nodes", "pods n1"]);
    if (facts === undefined || !("said" in facts)) throw new Error("it is a node's");
    expect(facts.said?.map(({ by, name, known }) => `${by} ${name} ${known?.cause}`)).toEqual([
      "ready Ready RuntimeDown",
      "event Rebooted NodeRebooted",
    ]);
    expect(facts.fleet).toMatchObject({ nodes: 2, siblings: [{ reason: "NodeSilent" }] });
    // A report that counts this one alone spares the list.
    const alone = aClusterReader({ nodes: [sick] });
    await healer.observe(alone, object, aKnowledge({ report: counting(1) }));
    expect(alone.reads).not.toContain("nodes");
    // S2-01: what the evidence holds of versions.
    expect(healer.evidence(facts)).toMatchObject({ serverVersion: "v1.36.3", node: { kubeletVersion: "v1.36.3" } });
  });

  it("asks for Events of pods that do not end or are not Ready, where a kubelet may be restarted (S3-12)", async () => {
    const restarting = notreadyHandler({ ...policy, rungs: ["restart-kubelet"] });
    const stuck = anOverduePod({ name: "stuck" });
    const kill = (lastSeenAt: number) =>
      anEvent({ reason: "FailedKillPod", message: "error killing pod", regarding: stuck.ref, lastSeenAt });
    const hungPods = async (each: ReturnType<typeof anEvent>) => {
      const cluster = aClusterReader({ nodes: [aNode()], pods: [stuck, aPod({ name: "fine" })], events: [each] });
      const facts = await restarting.observe(cluster, object, aKnowledge());
      expect(cluster.reads.filter((read) => read.startsWith("events Pod"))).toEqual(["events Pod shop/stuck"]);
      return facts !== undefined && "hungPods" in facts ? facts.hungPods : undefined;
    };
    expect(await hungPods(kill(noon))).toEqual(["Pod shop/stuck"]);
    expect(await hungPods(kill(atNoon(-minutes(15) - 1)))).toBeUndefined();
  });

  it("reads a pod that is to be moved with what is above and below it, the room elsewhere and the other nodes (S1-13)", async () => {
    const pool = { pool: "", nodes: 5, free: {}, largestFree: { cpu: 1, memory: 2 ** 32, pods: 9 } };
    const taints = [aTaint({ timeAdded: atNoon(-minutes(9)) })];
    const world = {
      nodes: [aNodeWithReady("False", 0, { taints }), aNode({ name: "n2" })],
      pods: [aPod()],
      workloads: [aReplicaSet(), aDeployment()],
      namespaces: [aNamespace({ name: "shop" })],
    };
    const report = aStoredReport({ report: aClusterReport({ pools: [pool] }) });
    const facts = await healer.observe(aClusterReader(world), aPod().ref, aKnowledge({ report }));
    expect(facts).toMatchObject({
      subject: { kind: "pod", owners: { kind: "known" } },
      budgets: 0,
      pools: [pool],
      fleet: { nodes: 2 },
    });
    if (facts === undefined) throw new Error("the pod is there");
    expect(healer.decide(facts, anOpenCase(), noon)).toMatchObject({ kind: "heal", heal: { kind: "DrainPod" } });
    const closed = aClusterReader({ ...world, closedNodes: ["n2"] });
    expect(await healer.observe(closed, aPod().ref, aKnowledge({ report }))).toMatchObject({ pools: [] });
    expect(await healer.observe(aClusterReader({}), aPod().ref, aKnowledge())).toBeUndefined();
  });
});
