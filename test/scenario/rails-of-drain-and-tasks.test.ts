import { describe, expect, it } from "vitest";
import type { Heal } from "../../shared/heal/heal.ts";
import type { PodSubject } from "../../shared/heal/subject.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import { suspectMark } from "../../shared/kubernetes/node-marks.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { seconds } from "../../shared/time/duration.ts";
import { aClusterReport, aStoredReport } from "../build/cluster-state.ts";
import { aNode, aNodeWithReady, aTaint } from "../build/node.ts";
import { anOwnerRef, aPod } from "../build/pod.ts";
import { aJob, aStatefulSet } from "../build/workload.ts";
import { scriptedHealer, scriptedNodeHealer } from "../fakes/scripted-healer.ts";
import { aStage, type Stage } from "./stage.ts";

const drainPod = ({ pod }: PodSubject): Heal => ({
  kind: "DrainPod",
  pod: pod.ref,
  resourceVersion: pod.resourceVersion,
});
const evictor = () =>
  scriptedHealer(({ subject }) => ({ kind: "heal", heal: drainPod(subject), reason: "Moved", message: "Away." }));

describe("whatever a healer says, a running pod", () => {
  const taints = [aTaint(suspectMark)];
  const sick = aNodeWithReady("False", 0, { taints });

  async function drained(pod: PodFacts, node: NodeFacts) {
    const stage = await aStage(evictor());
    stage.api.putNode(node);
    stage.api.putPod(pod);
    stage.api.putWorkload(aJob());
    stage.api.putWorkload(aStatefulSet());
    await stage.sight(pod);
    return { writes: stage.api.writes.length, verdict: (await stage.caseOf(pod.ref.uid))?.verdict };
  }

  it("is moved from a node that is False under our mark", async () => {
    expect(await drained(aPod(), sick)).toMatchObject({ writes: 1 });
    const owner = anOwnerRef({ kind: "StatefulSet", name: "db" });
    expect(await drained(aPod({ owner }), sick)).toMatchObject({ writes: 1 });
  });

  it.each<[string, NodeFacts]>([
    ["is silent", aNodeWithReady("Unknown", 0, { taints })],
    ["is Ready", aNode({ taints })],
    ["does not carry our mark", aNodeWithReady("False", 0)],
  ])("is not moved from a node that %s", async (_, node) => {
    expect(await drained(aPod(), node)).toMatchObject({
      writes: 0,
      verdict: { kind: "leave", reason: "DrainUnproven" },
    });
  });

  it.each<[string, PodFacts, string]>([
    ["of a Job (K8)", aPod({ owner: anOwnerRef({ kind: "Job", name: "import" }) }), "OwnershipUnproven"],
    ["of an owner that we do not know", aPod({ owner: anOwnerRef({ kind: "Rollout" }) }), "OwnershipUnproven"],
    ["without an owner", aPod({ owner: undefined }), "BarePod"],
    ["of kube-system", aPod({ namespace: "kube-system" }), "SystemNamespace"],
    ["of a DaemonSet", aPod({ owner: anOwnerRef({ kind: "DaemonSet", name: "agent" }) }), "DaemonSetPod"],
  ])("%s is not moved", async (_, pod, reason) => {
    expect(await drained(pod, sick)).toMatchObject({ writes: 0, verdict: { kind: "leave", reason } });
  });

  it("is not moved from a node that came back between the look and the write", async () => {
    const stage = await aStage(evictor());
    stage.api.putNode(sick);
    stage.api.putPod(aPod());
    stage.api.beforePodRead(2, () => stage.api.putNode(aNode({ taints })));
    await stage.sight(aPod());
    expect(stage.api.writes).toEqual([]);
    expect((await stage.deps.ledger.list())[0]?.outcome).toMatchObject({ kind: "Withdrawn" });
  });
});

describe("whatever a healer says, a task", () => {
  const asks = (node: NodeFacts) =>
    scriptedNodeHealer(() => ({
      kind: "heal",
      heal: {
        kind: "AskNodeTask",
        node: node.ref,
        resourceVersion: node.resourceVersion,
        rung: "reboot",
        id: "x-1",
        cause: "Sick",
      },
      reason: "Sick",
      message: "It is sick.",
    }));

  async function asked(node: NodeFacts, of: NodeFacts = node, prepare: (stage: Stage) => unknown = () => {}) {
    const stage = await aStage(asks(of));
    stage.api.putNode(node);
    await prepare(stage);
    await stage.sight(node);
    return {
      tasks: stage.api.tasks.map(({ task, outcome }) => `${task} ${outcome}`),
      verdict: (await stage.caseOf(node.ref.uid))?.verdict,
    };
  }

  const taints = [aTaint(suspectMark)];

  it.each<[string, NodeFacts]>([
    ["is False under our mark", aNodeWithReady("False", 0, { taints })],
    ["is Ready under our mark", aNode({ taints })],
  ])("is asked of a node that %s", async (_, node) => {
    expect(await asked(node)).toMatchObject({ tasks: ["reboot#x-1 Done"] });
  });

  it.each<[string, NodeFacts]>([
    ["does not carry our mark", aNodeWithReady("False", 0)],
    ["is silent", aNodeWithReady("Unknown", 0, { taints })],
  ])("is not asked of a node that %s", async (_, node) => {
    expect(await asked(node)).toMatchObject({ tasks: [], verdict: { kind: "leave", reason: "TaskUnproven" } });
  });

  it("is not asked of another node than the one that was judged", async () => {
    const other = aNodeWithReady("False", 0, { name: "n2", taints });
    const verdict = { kind: "leave", reason: "TaskUnproven" };
    expect(await asked(aNodeWithReady("False", 0, { taints }), other)).toMatchObject({ tasks: [], verdict });
  });

  it("is a node's action: one a minute, and held by the zone's brake", async () => {
    const node = aNodeWithReady("False", 0, { taints });
    const paced = await asked(node, node, (it) => {
      const budget = { key: "act#node-pace#eu-1", limit: 1, windowMs: seconds(60), title: "" };
      return it.deps.budgets.spend(budget, "another", it.clock.now());
    });
    expect(paced).toMatchObject({ tasks: [], verdict: { kind: "wait", reason: "BudgetExhausted" } });
    const zones = [{ zone: "zone-a", ready: 3, notReady: 2, unknown: 0 }];
    const braked = await asked(node, node, (it) =>
      it.clusters.saveReport(
        "eu-1",
        aStoredReport({ sequence: 9_000, sentAt: it.clock.now(), report: aClusterReport({ zones }) }),
      ),
    );
    expect(braked).toMatchObject({ tasks: [], verdict: { kind: "wait", reason: "NodeBrake" } });
  });
});
