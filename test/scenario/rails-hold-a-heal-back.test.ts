import { describe, expect, it } from "vitest";
import type { ZoneReport } from "../../shared/delta/cluster-report.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import { outOfServiceMark, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aClusterReport, aStoredReport } from "../build/cluster-state.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aNamespace } from "../build/namespace.ts";
import { aNode, aNodeWithReady } from "../build/node.ts";
import { anOverduePod, anOwnerRef, aPod } from "../build/pod.ts";
import { aDeployment, aReplicaSet } from "../build/workload.ts";
import { evictOrphan, evictTerminal, markNode, scriptedHealer, scriptedNodeHealer } from "../fakes/scripted-healer.ts";
import { aStage, type Stage } from "./stage.ts";

const pod = anOverduePod();

/** Every story here ends the same way: nothing was written, and the case says why. */
async function expectHeld(stage: Stage, held: PodFacts, kind: "wait" | "leave", reason: string): Promise<void> {
  expect(stage.api.writes).toEqual([]);
  expect(stage.api.events).toEqual([]);
  expect((await stage.caseOf(held.ref.uid))?.verdict).toMatchObject({ kind, reason });
}

async function sighted(prepare: (stage: Stage) => Promise<unknown> | unknown, held: PodFacts = pod): Promise<Stage> {
  const stage = await aStage(scriptedHealer());
  stage.api.putPod(held);
  await prepare(stage);
  await stage.sight(held);
  return stage;
}

describe("flags (S0-78)", () => {
  it.each([
    ["the healer", { scope: "*", healer: "terminating-reaper" }],
    ["the cluster", { scope: "eu-1", healer: "terminating-reaper" }],
    ["the namespace", { scope: "eu-1/shop", healer: "*" }],
    ["everything", { scope: "*", healer: "*" }],
  ])("off for %s: nothing is read, nothing is written, nothing is noted", async (_, row) => {
    const stage = await sighted((it) => it.flagRows.set(aFlagRow({ ...row, mode: "off" })));
    expect(stage.api.writes).toEqual([]);
    expect(stage.api.reads()).toBe(0);
    expect(await stage.caseOf(pod.ref.uid)).toBeUndefined();
  });

  it("without any row nothing is done", async () => {
    const stage = await sighted((it) => it.flagRows.set(aFlagRow({ until: it.clock.now() - 1 })));
    await expectHeld(stage, pod, "wait", "FlagAbsent");
  });

  it("that cannot be read: nothing is done, and it goes on by itself when they can", async () => {
    const stage = await sighted((it) =>
      it.flagRows.breakWith(new KnitboneError("StoreUnavailable", "reading table flags: timed out")),
    );
    await expectHeld(stage, pod, "wait", "FlagUnreadable");
    stage.flagRows.mend();
    await stage.pass(seconds(63));
    expect(stage.api.writes).toHaveLength(1);
  });

  it("thrown between the first look and the write stops the write", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    // The second pod read is the last look's: the flag is off by then.
    stage.api.beforePodRead(1, () => void stage.flagRows.set(aFlagRow({ mode: "off" })));
    await stage.sight(pod);
    expect(stage.api.writes).toEqual([]);
    const [action] = await stage.deps.ledger.list();
    expect(action?.outcome).toMatchObject({ kind: "Withdrawn" });
  });
});

describe("freshness and brake", () => {
  it("a cluster whose forwarder is silent for more than 120 s is not acted on (S1-22, X-15)", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.clock.advance(seconds(110));
    // The builder's report was sent ten seconds before it was stored.
    await stage.clusters.saveReport(
      "eu-1",
      aStoredReport({ sequence: 90, sentAt: stage.clock.now() - seconds(120) - 1 }),
    );
    await stage.sight(pod);
    await expectHeld(stage, pod, "wait", "ClusterSilent");
    expect(stage.api.reads()).toBe(0);
  });

  it("exactly 120 s is still fresh", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.clusters.saveReport("eu-1", aStoredReport({ sequence: 90, sentAt: stage.clock.now() - seconds(120) }));
    await stage.sight(pod);
    expect(stage.api.writes).toHaveLength(1);
  });

  it("a frozen brake stops everything before the cluster is read", async () => {
    const stage = await sighted((it) => it.brake({ state: "frozen", notReady: 3 }));
    await expectHeld(stage, pod, "wait", "StormBrake");
    expect(stage.api.reads()).toBe(0);
  });

  it("a brake pulled between the first look and the write stops the write", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.beforePodRead(1, () => void stage.brake({ state: "frozen" }));
    await stage.sight(pod);
    expect(stage.api.writes).toEqual([]);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "wait", reason: "StormBrake" });
  });

  it("an API server that does not answer three times opens the breaker, and then nothing is asked of it (X-15)", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.breakDown();
    const others = [1, 2, 3, 4].map((n) => anOverduePod({ name: `other-${n}` }));
    for (const each of others) await stage.sight(each);
    expect((await stage.clusters.state("eu-1")).breaker).toMatchObject({ consecutiveFailures: 3 });
    const readsBefore = stage.api.reads();
    await stage.sight(pod);
    expect(stage.api.reads()).toBe(readsBefore);
    await expectHeld(stage, pod, "wait", "ClusterUnreachable");
    stage.api.mend();
    await stage.pass(seconds(63));
    expect(stage.api.writes).toHaveLength(1);
    expect((await stage.clusters.state("eu-1")).breaker).toBeUndefined();
  });
});

describe("what is not ours to touch", () => {
  const optedOut = { annotations: { "knitbone.io/heal": "off" } };
  it.each<[string, (stage: Stage) => void, PodFacts]>([
    ["the pod, by annotation", () => {}, anOverduePod(optedOut)],
    ["the pod, by label", () => {}, anOverduePod({ labels: { "knitbone.io/heal": "off" } })],
    ["its Deployment", (stage) => stage.api.putWorkload(aDeployment(optedOut)), pod],
    ["its namespace", (stage) => stage.api.putNamespace(aNamespace({ name: "shop", ...optedOut })), pod],
    ["its node", (stage) => stage.api.putNode(aNode(optedOut)), pod],
    ["Karpenter's mark", () => {}, anOverduePod({ annotations: { "karpenter.sh/do-not-disrupt": "true" } })],
    [
      "the autoscaler's mark",
      () => {},
      anOverduePod({ annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" } }),
    ],
    ["Kruise's mark", () => {}, anOverduePod({ labels: { "policy.kruise.io/delete-protection": "Always" } })],
  ])("an opt-out on %s", async (_, prepare, held) => {
    await expectHeld(await sighted(prepare, held), held, "leave", "OptedOut");
  });

  it.each<[string, string, (stage: Stage) => void, PodFacts]>([
    [
      "a static pod's mirror",
      "MirrorPod",
      () => {},
      anOverduePod({ annotations: { "kubernetes.io/config.mirror": "x" } }),
    ],
    ["kube-system", "SystemNamespace", () => {}, anOverduePod({ namespace: "kube-system" })],
    ["a system priority", "SystemPriority", () => {}, anOverduePod({ priorityClassName: "system-node-critical" })],
    [
      "a DaemonSet's pod",
      "DaemonSetPod",
      () => {},
      anOverduePod({ owner: anOwnerRef({ kind: "DaemonSet", name: "agent" }) }),
    ],
    [
      "a control-plane node",
      "ControlPlaneNode",
      (stage) => stage.api.putNode(aNode({ labels: { "node-role.kubernetes.io/control-plane": "" } })),
      pod,
    ],
    [
      "our own forwarder",
      "OwnForwarder",
      () => {},
      anOverduePod({ labels: { "app.kubernetes.io/name": "knitbone-forwarder" } }),
    ],
    ["a bare pod", "BarePod", () => {}, bare(anOverduePod())],
    [
      "a virtual node",
      "VirtualNode",
      (stage) => stage.api.putNode(aNode({ labels: { type: "virtual-kubelet" } })),
      pod,
    ],
  ])("%s", async (_, reason, prepare, held) => {
    await expectHeld(await sighted(prepare, held), held, "leave", reason);
  });

  it.each([
    "karpenter.sh/disrupted",
    "ToBeDeletedByClusterAutoscaler",
    "aws-node-termination-handler/spot-itn",
    "node.cluster.x-k8s.io/outdated-revision",
    "medik8s.io/remediation",
  ])("a node that another remediator has in hand (%s)", async (key) => {
    const node = aNode({ taints: [{ key, value: "", effect: "NoSchedule" }] });
    await expectHeld(await sighted((stage) => stage.api.putNode(node)), pod, "leave", "ForeignRemediator");
  });

  it("is not even talked about", async () => {
    const stage = await aStage(scriptedHealer(() => ({ kind: "escalate", reason: "Stuck", message: "Stuck." })));
    const held = anOverduePod({ annotations: { "knitbone.io/heal": "off" } });
    stage.api.putPod(held);
    await stage.sight(held);
    await expectHeld(stage, held, "leave", "OptedOut");
    expect(await stage.deps.ledger.list()).toEqual([]);
  });
});

function bare(of: PodFacts): PodFacts {
  const { owner: _, ...rest } = of;
  return rest;
}

describe("incidents", () => {
  const incident = { id: "inc-1", cluster: "eu-1", reason: "ZoneDown", message: "zone-a fails.", openedAt: 0 } as const;
  it.each([
    ["of the pod's zone", { ...incident, kind: "zone", key: "zone-a" } as const],
    ["of the control plane", { ...incident, kind: "controlPlane", key: "" } as const],
    ["of every cluster", { ...incident, cluster: "*", kind: "controlPlane", key: "" } as const],
  ])("an open incident %s holds the heal", async (_, open) => {
    await expectHeld(await sighted((stage) => stage.deps.incidents.open(open)), pod, "wait", "IncidentOpen");
  });

  it("an incident of another zone does not", async () => {
    const stage = await sighted((it) => it.deps.incidents.open({ ...incident, kind: "zone", key: "zone-b" }));
    expect(stage.api.writes).toHaveLength(1);
  });

  it("a storage incident holds every pod that has a claim", async () => {
    const held = anOverduePod({ volumeClaims: ["data"] });
    const stage = await aStage(scriptedHealer(evictTerminal));
    stage.api.putPod(held);
    await stage.deps.incidents.open({ ...incident, kind: "storageClass", key: "fast" });
    await stage.sight(held);
    await expectHeld(stage, held, "wait", "IncidentOpen");
  });
});

describe("ownership", () => {
  it.each<[string, PodFacts]>([
    ["a StatefulSet", anOverduePod({ owner: anOwnerRef({ kind: "StatefulSet", name: "db" }) })],
    ["a volume claim", anOverduePod({ volumeClaims: ["data"] })],
    ["a resource claim", anOverduePod({ hasResourceClaims: true })],
    ["a device", anOverduePod({ extendedResources: ["nvidia.com/gpu"] })],
    ["a host port", anOverduePod({ hasHostPort: true })],
  ])("a force-delete of a pod with %s is refused whatever its healer says", async (_, held) => {
    await expectHeld(await sighted(() => {}, held), held, "leave", "OwnershipUnproven");
  });

  it("an owner of a kind that we do not know is not swept either", async () => {
    const held = anOverduePod({ owner: anOwnerRef({ kind: "CloneSet", name: "c" }) });
    const stage = await aStage(scriptedHealer(evictTerminal));
    stage.api.putPod(held);
    const workload = stage.api.workload;
    stage.api.workload = async (namespace, owner) =>
      owner.kind === "CloneSet" ? { kind: "unknownKind" } : workload(namespace, owner);
    await stage.sight(held);
    await expectHeld(stage, held, "leave", "UnknownOwner");
  });

  const orphan = aPod({ owner: anOwnerRef({ name: "gone" }) });
  const wish = (value: string) => (stage: Stage) =>
    stage.api.putNamespace(aNamespace({ name: "shop", labels: { "knitbone.io/orphans": value } }));
  const evicted = async (prepare: (stage: Stage) => void, held: PodFacts) => {
    const stage = await aStage(scriptedHealer(evictOrphan));
    prepare(stage);
    stage.api.putPod(held);
    await stage.sight(held);
    return stage;
  };

  it("lets an orphan go whose namespace asked for it", async () => {
    expect((await evicted(wish("delete"), orphan)).api.writes).toMatchObject([{ verb: "evict", outcome: "Done" }]);
  });

  it.each<[string, string, (stage: Stage) => void, PodFacts]>([
    ["whose owner is there", "OwnershipUnproven", wish("delete"), aPod()],
    [
      "whose owner's owner alone is gone",
      "OwnershipUnproven",
      (stage) => {
        wish("delete")(stage);
        stage.api.putWorkload(aReplicaSet({ owner: anOwnerRef({ kind: "Deployment", name: "gone" }) }));
      },
      aPod(),
    ],
    [
      "of a StatefulSet",
      "OwnershipUnproven",
      wish("delete"),
      aPod({ owner: anOwnerRef({ kind: "StatefulSet", name: "gone" }) }),
    ],
    ["whose namespace asked for nothing", "OrphansNotOptedIn", () => {}, orphan],
    ["whose namespace asked for something else", "OrphansNotOptedIn", wish("report"), orphan],
  ])("holds the eviction of a pod %s as an orphan", async (_, reason, prepare, held) => {
    await expectHeld(await evicted(prepare, held), held, "leave", reason);
  });

  it("holds an orphan's eviction by its own disruption budget", async () => {
    const stage = await evicted((it) => {
      wish("delete")(it);
      it.api.putDisruptionBudget(orphan, { ...aNamespace(), disruptionsAllowed: 0 });
    }, orphan);
    await expectHeld(stage, orphan, "wait", "DisruptionBudget");
  });
});

describe("the workload's own disruption budget", () => {
  const live = aPod();
  const budget = { ...aNamespace(), disruptionsAllowed: 0 };
  const evicting = () => aStage(scriptedHealer(evictTerminal));

  it("that allows nothing holds an eviction of a pod that serves", async () => {
    const stage = await evicting();
    stage.api.putPod(live);
    stage.api.putDisruptionBudget(live, budget);
    await stage.sight(live);
    await expectHeld(stage, live, "wait", "DisruptionBudget");
  });

  it("that stands twice leaves the pod alone", async () => {
    const stage = await evicting();
    stage.api.putPod(live);
    stage.api.putDisruptionBudget(live, { ...budget, disruptionsAllowed: 1 });
    stage.api.putDisruptionBudget(live, { ...budget, disruptionsAllowed: 1 });
    await stage.sight(live);
    await expectHeld(stage, live, "leave", "TwoDisruptionBudgets");
  });

  it("does not hold a terminating pod, which serves no more", async () => {
    const stage = await evicting();
    stage.api.putPod(pod);
    stage.api.putDisruptionBudget(pod, budget);
    await stage.sight(pod);
    expect(stage.api.writes).toHaveLength(1);
  });
});

describe("a node", () => {
  const held = aNode();
  const prepared = async (prepare: (stage: Stage) => unknown, healer = scriptedNodeHealer()) => {
    const stage = await aStage(healer);
    await prepare(stage);
    await stage.sight(held);
    return stage;
  };
  const expectUnmarked = async (stage: Stage, kind: "wait" | "leave", reason: string) => {
    expect(stage.api.marks).toEqual([]);
    expect(stage.api.events).toEqual([]);
    expect((await stage.caseOf(held.ref.uid))?.verdict).toMatchObject({ kind, reason });
  };
  const counted =
    (...zones: readonly ZoneReport[]) =>
    (stage: Stage) =>
      stage.clusters.saveReport("eu-1", aStoredReport({ sequence: 90, report: aClusterReport({ zones }) }));
  const zoneA = { zone: "zone-a", ready: 5, notReady: 0, unknown: 0 };

  it("for which everything says yes is marked, and stays marked", async () => {
    const stage = await prepared(() => {});
    expect(stage.api.marks).toMatchObject([
      { verb: "taint", taint: "knitbone.io/suspect:NoSchedule", outcome: "Done" },
    ]);
  });

  it.each<[string, string, Parameters<typeof aNode>[0]]>([
    ["that opted out", "OptedOut", { annotations: { "knitbone.io/heal": "off" } }],
    ["of the control plane", "ControlPlaneNode", { labels: { "node-role.kubernetes.io/control-plane": "" } }],
    ["that is being deleted", "NodeBeingDeleted", { deletionTimestamp: 1 }],
    ["that is virtual", "VirtualNode", { labels: { type: "virtual-kubelet" } }],
    [
      "in other hands",
      "ForeignRemediator",
      { taints: [{ key: "karpenter.sh/disrupted", value: "", effect: "NoSchedule" }] },
    ],
  ])("%s is left", async (_, reason, members) => {
    const stage = await prepared((it) => it.api.putNode(aNode(members)));
    await expectUnmarked(stage, "leave", reason);
  });

  it.each<[string, readonly ZoneReport[], NodeFacts]>([
    [
      "two of three of its zone are not ready",
      [
        { ...zoneA, ready: 1, notReady: 1, unknown: 1 },
        { ...zoneA, zone: "zone-b" },
      ],
      aNodeWithReady("False", 0),
    ],
    ["three of eleven of its zone are not ready", [{ ...zoneA, ready: 8, unknown: 4 }], aNodeWithReady("Unknown", 0)],
    [
      "it is the last Ready one of its zone",
      [
        { ...zoneA, ready: 1 },
        { ...zoneA, zone: "zone-b" },
      ],
      held,
    ],
    [
      "its zone has no Ready one",
      [
        { ...zoneA, ready: 0, unknown: 1 },
        { ...zoneA, zone: "zone-b" },
      ],
      aNodeWithReady("Unknown", 0),
    ],
    ["one Ready one would be left of the cluster", [{ ...zoneA, ready: 2 }], held],
    ["nobody counted its zone", [{ ...zoneA, zone: "zone-b" }], held],
  ])("is not marked while %s", async (_, zones, node) => {
    const stage = await prepared(async (it) => {
      it.api.putNode(node);
      await counted(...zones)(it);
    });
    await expectUnmarked(stage, "wait", "NodeBrake");
  });

  it.each<[string, readonly ZoneReport[], NodeFacts]>([
    ["one of two of its zone is not ready", [{ ...zoneA, ready: 2, unknown: 1 }], aNodeWithReady("Unknown", 0)],
    ["three of fifteen of its zone are not ready", [{ ...zoneA, ready: 12, unknown: 3 }], aNodeWithReady("Unknown", 0)],
    ["two Ready ones are left of the cluster", [{ ...zoneA, ready: 3 }], held],
  ])("is marked when %s", async (_, zones, node) => {
    const stage = await prepared(async (it) => {
      it.api.putNode(node);
      await counted(...zones)(it);
    });
    expect(stage.api.marks).toHaveLength(1);
  });

  it("that has just ceased to be Ready is not marked before a report has counted what failed with it", async () => {
    const stage = await prepared((it) => it.api.putNode(aNodeWithReady("Unknown", it.clock.now() - seconds(30) + 1)));
    // The stage's report is of this moment.
    await expectUnmarked(stage, "wait", "NodeBrake");
    await stage.pass(seconds(40));
    expect(stage.api.marks).toHaveLength(1);
    const counted = await prepared((it) => it.api.putNode(aNodeWithReady("Unknown", it.clock.now() - seconds(30))));
    expect(counted.api.marks).toHaveLength(1);
  });

  it("is given back whatever the zone is like", async () => {
    const node = aNode({ taints: [{ ...suspectMark }] });
    const giveBack = scriptedNodeHealer((subject) => markNode(subject.node, suspectMark, "UntaintNode"));
    const stage = await prepared(async (it) => {
      it.api.putNode(node);
      await counted({ ...zoneA, ready: 1, notReady: 2 })(it);
    }, giveBack);
    expect(stage.api.marks).toMatchObject([{ verb: "untaint", outcome: "Done" }]);
  });

  const outOfService = () => scriptedNodeHealer((subject) => markNode(subject.node, outOfServiceMark));
  const shutdown = { key: "node.cloudprovider.kubernetes.io/shutdown", value: "", effect: "NoSchedule" };

  it.each<[string, string, NodeFacts]>([
    ["nothing proves its death", "DeathUnproven", aNodeWithReady("Unknown", 0)],
    ["it is Ready, whatever its cloud says", "DeathUnproven", aNode({ taints: [shutdown] })],
  ])("is not put out of service while %s", async (_, reason, node) => {
    const stage = await prepared((it) => it.api.putNode(node), outOfService());
    await expectUnmarked(stage, "leave", reason);
  });

  it("whose proof of death goes between the first look and the write is not put out of service", async () => {
    const proven = aNodeWithReady("Unknown", 0, { taints: [shutdown] });
    const stage = await prepared((it) => {
      it.api.putNode(proven);
      it.api.beforeNodeRead(2, () => it.api.putNode(aNodeWithReady("Unknown", 0)));
    }, outOfService());
    expect(stage.api.marks).toEqual([]);
    expect((await stage.deps.ledger.list())[0]?.outcome).toMatchObject({ kind: "Withdrawn" });
  });

  it("gets no mark that is not ours, and loses none (X-07)", async () => {
    const theirs = { key: "node.kubernetes.io/unschedulable", value: "", effect: "NoSchedule" };
    for (const kind of ["TaintNode", "UntaintNode"] as const) {
      const stage = await prepared(
        (it) => it.api.putNode(aNode({ taints: [theirs] })),
        scriptedNodeHealer((subject) => markNode(subject.node, theirs, kind)),
      );
      await expectUnmarked(stage, "leave", "MarkUnproven");
    }
  });

  it("of a zone whose incident is open waits", async () => {
    const stage = await prepared((it) =>
      it.deps.incidents.open({
        id: "inc",
        cluster: "eu-1",
        kind: "zone",
        key: "zone-a",
        reason: "Down",
        message: "It fails.",
        openedAt: 0,
      }),
    );
    await expectUnmarked(stage, "wait", "IncidentOpen");
  });

  it("is no pod: no remedy of pods is used on it", async () => {
    const stage = await prepared(
      () => {},
      scriptedNodeHealer((subject) => ({
        kind: "heal",
        heal: { kind: "EvictTerminalPod", pod: subject.node.ref, resourceVersion: "900" },
        reason: "Wrong",
        message: "Wrong.",
      })),
    );
    expect(stage.api.writes).toEqual([]);
    await expectUnmarked(stage, "leave", "OwnershipUnproven");
  });
});

describe("claims", () => {
  const claim = { cluster: "eu-1", holder: "other", healer: "orphan-sweeper", actionId: "a", attempt: 1 } as const;

  it("of another healer on the same pod holds until its lease ends (S0-64)", async () => {
    const stage = await sighted((it) =>
      it.deps.claims.take({ ...claim, uid: pod.ref.uid, expiresAt: it.clock.now() + seconds(50) }, it.clock.now()),
    );
    await expectHeld(stage, pod, "wait", "ClaimHeld");
    await stage.pass(seconds(54));
    expect(stage.api.writes).toHaveLength(1);
  });

  it("on the pod's node holds as well", async () => {
    const stage = await sighted((it) =>
      it.deps.claims.take({ ...claim, uid: aNode().ref.uid, expiresAt: it.clock.now() + minutes(5) }, it.clock.now()),
    );
    await expectHeld(stage, pod, "wait", "ClaimHeld");
    expect(await stage.deps.claims.read("eu-1", pod.ref.uid)).toBeUndefined();
  });
});

describe("the last look", () => {
  it("withdraws when the pod was recreated under its name in between", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.beforePodRead(2, () => stage.api.putPod(anOverduePod({ uid: "successor" })));
    await stage.sight(pod);
    expect(stage.api.writes).toEqual([]);
    expect((await stage.deps.ledger.list())[0]?.outcome).toMatchObject({ kind: "Withdrawn" });
  });

  it("withdraws when the healer would now decide otherwise, and gives back what it spent (X-14)", async () => {
    const decide = ({ subject }: { readonly subject: PodSubject }) =>
      subject.pod.resourceVersion === "1000"
        ? ({
            kind: "heal",
            heal: { kind: "EvictTerminalPod", pod: subject.pod.ref, resourceVersion: "1000" },
            reason: "Residue",
            message: "Old.",
          } as const)
        : ({ kind: "leave", reason: "Running", message: "It came back." } as const);
    const stage = await aStage(scriptedHealer(decide));
    stage.api.putPod(pod);
    stage.api.beforePodRead(2, () => stage.api.putPod(anOverduePod({ resourceVersion: "1001" })));
    await stage.sight(pod);
    expect(stage.api.writes).toEqual([]);
    const [action] = await stage.deps.ledger.list();
    expect(action?.outcome?.kind).toBe("Withdrawn");
    for (const key of action?.budgets ?? []) {
      expect(
        await stage.deps.budgets.used({ key, limit: 300, windowMs: minutes(10), title: "" }, stage.clock.now()),
      ).toBe(0);
    }
  });

  it("sees an incident that was opened in between", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    const openFor = stage.deps.incidents.openFor;
    let looks = 0;
    stage.deps.incidents.openFor = async (cluster) => {
      looks++;
      const open = { id: "inc", cluster, kind: "controlPlane", key: "", reason: "Down", message: "It fails." } as const;
      return looks === 1 ? openFor(cluster) : [{ ...open, openedAt: 0 }];
    };
    await stage.sight(pod);
    await expectHeld(stage, pod, "wait", "IncidentOpen");
  });

  it("withdraws when the taint is gone under which the node's larger budget was spent", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putNode(aNode({ taints: [{ key: "example.com/sick", value: "", effect: "NoSchedule" }] }));
    stage.api.putPod(pod);
    stage.api.beforePodRead(2, () => stage.api.putNode(aNode()));
    await stage.sight(pod);
    await expectHeld(stage, pod, "wait", "NodeUntainted");
  });

  it("sends the version that it saw, not the one of the first look", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.beforePodRead(2, () => stage.api.putPod(anOverduePod({ resourceVersion: "1001" })));
    await stage.sight(pod);
    expect(stage.api.writes).toMatchObject([{ resourceVersion: "1001", outcome: "Done" }]);
  });

  it("that took longer than 5 s is no last look", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    let late = 0;
    stage.api.beforePodRead(2, () => {
      late = 5_001;
    });
    const monotonic = stage.clock.monotonic;
    stage.clock.monotonic = () => monotonic() + late;
    await stage.sight(pod);
    await expectHeld(stage, pod, "wait", "LastLookTooOld");
  });
});
