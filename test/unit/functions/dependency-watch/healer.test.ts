import { describe, expect, it } from "vitest";
import { dependencyWatch } from "../../../../functions/dependency-watch/healer.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader, type World } from "../../../build/cluster-reader.ts";
import { anEvent } from "../../../build/event.ts";
import { noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aSighting } from "../../../build/message.ts";
import { aNode } from "../../../build/node.ts";
import { anOverduePod, aPod } from "../../../build/pod.ts";
import { aVolumeClaim } from "../../../build/volume-claim.ts";
import { aPodWithoutImage, aWaitingPod } from "../../../build/waiting-pod.ts";

const policy = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };
const healer = dependencyWatch(policy);
const object = aPod().ref;
const node = aNode().ref;

describe("what concerns dependency-watch", () => {
  it.each([
    { what: "a pod that waits", sighting: aSighting({ signals: ["PodWaiting"] }), expected: true },
    { what: "a silent pod", sighting: aSighting({ signals: ["PodSilent"] }), expected: true },
    { what: "a pod without a node", sighting: aSighting({ signals: ["PodUnscheduled"] }), expected: true },
    { what: "a pod that does not start", sighting: aSighting({ signals: ["PodStarting"] }), expected: true },
    { what: "a mere warning about a pod", sighting: aSighting({ signals: ["WarningEvent"] }), expected: false },
    { what: "an overdue pod", sighting: aSighting({ signals: ["PodOverdue"] }), expected: false },
    { what: "a pod that is gone", sighting: aSighting({ delta: "gone", signals: [] }), expected: true },
    {
      what: "a node that is not Ready",
      sighting: aSighting({ object: node, signals: ["NodeNotReady"] }),
      expected: true,
    },
    {
      what: "a warning about a node",
      sighting: aSighting({ object: node, signals: ["WarningEvent"] }),
      expected: false,
    },
    {
      what: "anything else",
      sighting: aSighting({ object: { ...object, kind: "Job" }, signals: ["PodWaiting"] }),
      expected: false,
    },
  ])("$what: $expected", ({ sighting, expected }) => {
    expect(healer.concerns(sighting)).toBe(expected);
  });
});

describe("what dependency-watch observes", () => {
  const observed = async (world: World, of = object) => {
    const cluster = aClusterReader(world);
    return { facts: await healer.observe(cluster, of, aKnowledge()), reads: cluster.reads };
  };

  it("of a pod that waits: its node and its Events, and not its owners", async () => {
    const { facts, reads } = await observed({ pods: [aPodWithoutImage()], nodes: [aNode()] });
    expect(reads).toEqual(["pod shop/web-1", "node n1", "events Pod shop/web-1"]);
    expect(facts?.subject).toMatchObject({ node: aNode(), owners: { kind: "unknownKind" } });
    expect(facts?.sayings).toMatchObject([{ channel: "containerStatus", cause: "RegistryFailing", container: "app" }]);
  });

  it("of a pod that runs, or ends: no more", async () => {
    for (const pod of [aPod(), anOverduePod()]) {
      expect((await observed({ pods: [pod], nodes: [aNode()] })).reads).toEqual(["pod shop/web-1", "node n1"]);
    }
  });

  it("of one without its containers: its claims, a generic ephemeral one by pod and volume, and what is said of unbound ones", async () => {
    const pod = aWaitingPod({ reason: "ContainerCreating" }, { volumeClaims: ["data", "scratch", "nowhere"] });
    const scratch = aVolumeClaim({ name: "web-1-scratch", phase: "Pending", volumeName: undefined });
    const about = { regarding: scratch.ref, reason: "ProvisioningFailed" };
    const { facts, reads } = await observed({
      pods: [pod],
      nodes: [aNode()],
      volumeClaims: [aVolumeClaim(), scratch],
      events: [anEvent({ ...about, message: 'failed to provision volume with StorageClass "fast": it is full' })],
    });
    expect(facts?.claims).toEqual([aVolumeClaim(), scratch]);
    expect(facts?.sayings).toMatchObject([{ cause: "VolumeUnbound", remedy: "incident", at: noon }]);
    expect(reads).toContain("events PersistentVolumeClaim shop/web-1-scratch");
    expect(reads).not.toContain("events PersistentVolumeClaim shop/data");
  });

  it("of a pod without a node: what is said of its unbound claims alone", async () => {
    const pod = aPod({
      phase: "Pending",
      nodeName: undefined,
      containers: aWaitingPod({ reason: "" }).containers,
      volumeClaims: ["data"],
    });
    const { facts, reads } = await observed({ pods: [pod], volumeClaims: [aVolumeClaim({ phase: "Pending" })] });
    expect(reads).toEqual(["pod shop/web-1", "claim shop/data", "events PersistentVolumeClaim shop/data"]);
    expect(facts?.subject.node).toBe("none");
  });

  it("of a node: itself", async () => {
    const { facts, reads } = await observed({ nodes: [aNode()] }, node);
    expect(reads).toEqual(["node n1"]);
    expect(facts?.subject).toEqual({ kind: "node", node: aNode(), pods: [] });
  });

  it("takes an object of another uid for another one", async () => {
    expect((await observed({ pods: [aPod({ uid: "another" })] })).facts).toBeUndefined();
    expect((await observed({}, object)).facts).toBeUndefined();
    expect((await observed({ nodes: [aNode({ uid: "another" })] }, node)).facts).toBeUndefined();
    expect((await observed({ pods: [aPod()] })).facts?.subject).toMatchObject({ node: "notFound" });
  });

  it("decides by its policy, and keeps what it saw as evidence", async () => {
    const { facts } = await observed({ pods: [aPodWithoutImage()], nodes: [aNode()] });
    if (facts === undefined) throw new Error("the pod is there");
    expect(healer.decide(facts, anOpenCase(), noon)).toMatchObject({ kind: "wait", reason: "RegistrySuspected" });
    expect(healer.incidents?.quietMs).toBe(minutes(10));
    expect(healer.evidence(facts)).toEqual(facts);
  });
});
