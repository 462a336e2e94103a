import { describe, expect, it } from "vitest";
import { orphanSweeper } from "../../../../functions/orphan-sweeper/healer.ts";
import { parsePolicy } from "../../../../functions/orphan-sweeper/policy.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader, type World } from "../../../build/cluster-reader.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aSighting } from "../../../build/message.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode } from "../../../build/node.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aContainer, anEvictedPod, anOwnerRef, aPod } from "../../../build/pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

function aHealer() {
  const parsed = parsePolicy({}, 1);
  if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
  return orphanSweeper(parsed.policy);
}

const aWorld = (overrides: World = {}): World => ({
  pods: [1, 2, 3].map((n) => anEvictedPod({ name: `web-${n}` })),
  nodes: [aNode()],
  namespaces: [aNamespace()],
  workloads: [aReplicaSet(), aDeployment()],
  ...overrides,
});

const lists = (reads: readonly string[]) => reads.filter((each) => each.startsWith("pods "));
const residue = (name: string) => ({
  uid: `uid-of-pod-${name}`,
  residueClass: "Evicted",
  rejected: false,
  nodeName: "n1",
  endedAt: atNoon(-hours(2)),
});

describe("what concerns orphan-sweeper", () => {
  it.each([
    { what: "a Failed pod", sighting: aSighting({ signals: ["PodFailed"] }), expected: true },
    { what: "an overdue pod", sighting: aSighting(), expected: false },
    { what: "a pod that is gone", sighting: aSighting({ delta: "gone", signals: [] }), expected: true },
    {
      what: "a node",
      sighting: aSighting({ object: aRef({ kind: "Node" }), signals: ["PodFailed"] }),
      expected: false,
    },
  ])("$what: $expected", ({ sighting, expected }) => {
    expect(aHealer().concerns(sighting)).toBe(expected);
  });
});

describe("what orphan-sweeper observes", () => {
  it("reads the pod live and finds its owner's other residue beside it", async () => {
    const running = aPod({ name: "web-7" });
    const ownFailure = anEvictedPod({ name: "web-8", reason: "Error" });
    const terminating = anEvictedPod({ name: "web-9", deletionTimestamp: noon });
    const ofAnother = anEvictedPod({ name: "api-1", owner: anOwnerRef({ name: "api-7f" }) });
    const ofNobody = anEvictedPod({ name: "lonely", owner: undefined });
    const world = aWorld();
    world.pods = [...(world.pods ?? []), running, ownFailure, terminating, ofAnother, ofNobody];
    const cluster = aClusterReader(world);
    const facts = await aHealer().observe(cluster, aRef(), aKnowledge());
    expect(facts?.subject.pod).toEqual(anEvictedPod());
    expect(facts?.siblings).toEqual([residue("web-2"), residue("web-3")]);
    expect(lists(cluster.reads)).toEqual(["pods shop Failed"]);
  });

  it("counts ownerless pods of a namespace as one owner's", async () => {
    const pods = [1, 2].map((n) => anEvictedPod({ name: `lonely-${n}`, owner: undefined }));
    const facts = await aHealer().observe(aClusterReader(aWorld({ pods })), aRef({ name: "lonely-1" }), aKnowledge());
    expect(facts?.siblings).toEqual([residue("lonely-2")]);
  });

  it("lists nothing for a pod that is no residue", async () => {
    const cluster = aClusterReader(aWorld({ pods: [anEvictedPod({ reason: "Error" })] }));
    expect((await aHealer().observe(cluster, aRef(), aKnowledge()))?.siblings).toEqual([]);
    expect(lists(cluster.reads)).toEqual([]);
  });

  it("says of a pod that is gone that it is gone", async () => {
    const cluster = aClusterReader(aWorld({ pods: [anEvictedPod({ uid: "another" })] }));
    expect(await aHealer().observe(cluster, aRef(), aKnowledge())).toBeUndefined();
    expect(lists(cluster.reads)).toEqual([]);
  });
});

describe("the list that a batch shares", () => {
  it("is asked for once by messages that come together", async () => {
    const cluster = aClusterReader(aWorld());
    const healer = aHealer();
    const seen = await Promise.all(
      ["web-1", "web-2", "web-3"].map((name) => healer.observe(cluster, aRef({ name }), aKnowledge())),
    );
    expect(seen.map((each) => each?.siblings.map(({ uid }) => uid))).toEqual([
      ["uid-of-pod-web-2", "uid-of-pod-web-3"],
      ["uid-of-pod-web-1", "uid-of-pod-web-3"],
      ["uid-of-pod-web-1", "uid-of-pod-web-2"],
    ]);
    expect(lists(cluster.reads)).toEqual(["pods shop Failed"]);
  });

  it("is used for three seconds of the cluster's clock, which may be two behind, and the pod is read each time", async () => {
    const world = aWorld({ now: noon });
    const cluster = aClusterReader(world);
    const healer = aHealer();
    await healer.observe(cluster, aRef(), aKnowledge());
    world.pods = [anEvictedPod({ resourceVersion: "2000" })];
    world.now = noon + seconds(3);
    const second = await healer.observe(cluster, aRef(), aKnowledge());
    expect(second?.subject.pod.resourceVersion).toBe("2000");
    expect(second?.siblings).toHaveLength(2);
    expect(lists(cluster.reads)).toHaveLength(1);
    world.now = noon + seconds(3) + 1;
    const third = await healer.observe(cluster, aRef(), aKnowledge());
    expect(third?.siblings).toHaveLength(0);
    expect(lists(cluster.reads)).toHaveLength(2);
  });

  it("may know nothing yet of an owner whose first pod failed after it", async () => {
    const world = aWorld();
    const cluster = aClusterReader(world);
    const healer = aHealer();
    await healer.observe(cluster, aRef(), aKnowledge());
    const first = anEvictedPod({ name: "api-1", owner: anOwnerRef({ name: "api-7f" }) });
    world.pods = [...(world.pods ?? []), first];
    expect((await healer.observe(cluster, first.ref, aKnowledge()))?.siblings).toEqual([]);
    expect(lists(cluster.reads)).toHaveLength(1);
  });

  it("is not shared between namespaces or clusters", async () => {
    const there = anEvictedPod({ namespace: "till" });
    const healer = aHealer();
    const cluster = aClusterReader(
      aWorld({
        pods: [anEvictedPod(), there],
        workloads: ["shop", "till"].flatMap((namespace) => [aReplicaSet({ namespace }), aDeployment({ namespace })]),
      }),
    );
    const other = aClusterReader(aWorld({ id: "us-1" }));
    await healer.observe(cluster, aRef(), aKnowledge());
    await healer.observe(cluster, there.ref, aKnowledge());
    await healer.observe(other, aRef(), aKnowledge());
    expect([lists(cluster.reads), lists(other.reads)]).toEqual([
      ["pods shop Failed", "pods till Failed"],
      ["pods shop Failed"],
    ]);
  });

  it("is not taken from a clock that was set back, nor kept without a clock", async () => {
    const world = aWorld({ now: noon });
    const cluster = aClusterReader(world);
    const healer = aHealer();
    for (const now of [noon, atNoon(-1), undefined, undefined]) {
      world.now = now;
      await healer.observe(cluster, aRef(), aKnowledge());
    }
    expect(lists(cluster.reads)).toHaveLength(4);
  });

  it("that failed is thrown, and asked for again", async () => {
    const world = aWorld({ failNextList: new Error("listing pods: 500") });
    const cluster = aClusterReader(world);
    const healer = aHealer();
    await expect(healer.observe(cluster, aRef(), aKnowledge())).rejects.toThrow("listing pods: 500");
    expect((await healer.observe(cluster, aRef(), aKnowledge()))?.siblings).toHaveLength(2);
    expect(lists(cluster.reads)).toHaveLength(2);
  });
});

describe("what orphan-sweeper finds on its rounds", () => {
  const kubeSystem = aNamespace({ name: "kube-system" });
  const roundIn = (overrides: World) => {
    const cluster = aClusterReader(aWorld({ namespaces: [aNamespace(), kubeSystem], ...overrides }));
    const findings = aHealer().goRound?.(cluster);
    if (findings === undefined) throw new Error("orphan-sweeper goes rounds");
    return { findings, reads: cluster.reads };
  };

  it("reads metadata only: pods first, then what owns before what owns that", async () => {
    const { findings, reads } = roundIn({ pods: [aPod()] });
    expect(await findings).toEqual({ suspects: [], words: [], settled: [kubeSystem.ref] });
    expect(reads).toEqual([
      "metadata Pod",
      "metadata ReplicaSet",
      "metadata Job",
      "metadata StatefulSet",
      "metadata DaemonSet",
      "metadata Deployment",
      "metadata CronJob",
      "namespace kube-system",
    ]);
  });

  it("is pods without their controller, and one pod of each controller without its own", async () => {
    const pods = [
      aPod({ name: "stray", owner: anOwnerRef({ name: "gone" }) }),
      aPod({ name: "web-1", deletionTimestamp: noon }),
      aPod({ name: "web-2" }),
      aPod({ name: "web-3" }),
    ];
    const { findings } = roundIn({ pods, workloads: [aReplicaSet()] });
    expect((await findings).suspects.map(({ name }) => name)).toEqual(["stray", "web-2"]);
  });

  it("is at most twenty pods at once", async () => {
    const pods = Array.from({ length: 30 }, (_, n) =>
      aPod({ name: `stray-${n}`, owner: anOwnerRef({ name: "gone" }) }),
    );
    expect((await roundIn({ pods }).findings).suspects).toHaveLength(20);
  });

  it("says nothing of the garbage collector where it may not see, or has no clock", async () => {
    const waiting = aDeployment({ finalizers: ["foregroundDeletion"], deletionTimestamp: atNoon(-hours(1)) });
    const silent = { words: [], settled: [] };
    expect(await roundIn({ pods: [], workloads: [waiting], namespaces: [] }).findings).toMatchObject(silent);
    expect(await roundIn({ pods: [], workloads: [waiting], now: undefined }).findings).toMatchObject(silent);
    expect((await roundIn({ pods: [], workloads: [waiting] }).findings).words).toHaveLength(1);
  });

  it("counts the orphans of a namespace only for a pod that is one", async () => {
    const stray = aPod({ name: "stray", owner: anOwnerRef({ name: "gone" }) });
    const cluster = aClusterReader(
      aWorld({ pods: [stray, aPod({ name: "web-1" }), { ...stray, ref: aRef({ name: "other" }) }] }),
    );
    expect(await aHealer().observe(cluster, stray.ref, aKnowledge())).toMatchObject({ orphans: 2, siblings: [] });
    expect(await aHealer().observe(cluster, aRef({ name: "web-1" }), aKnowledge())).not.toHaveProperty("orphans");
  });
});

describe("what orphan-sweeper keeps as evidence", () => {
  it("is the pod with the newest of its kind, and how many there are", async () => {
    const endedAt = (n: number) => atNoon(minutes(n) - hours(3));
    const pods = Array.from({ length: 9 }, (_, n) =>
      anEvictedPod({
        name: `web-${n}`,
        uid: `u${n}`,
        containers: [aContainer({ state: "terminated", exitCode: 137, finishedAt: endedAt(n) })],
      }),
    );
    const healer = aHealer();
    const facts = await healer.observe(aClusterReader(aWorld({ pods })), aRef({ uid: "u1" }), aKnowledge());
    if (facts === undefined) throw new Error("the pod is there");
    expect(healer.decide(facts, anOpenCase(), noon)).toMatchObject({ kind: "heal", reason: "TimeToLiveOver" });
    expect(healer.evidence(facts)).toMatchObject({
      subject: facts.subject,
      siblings: 8,
      newest: [{ uid: "u8" }, { uid: "u7" }, { uid: "u6" }, { uid: "u5" }, { uid: "u4" }],
    });
  });
});
