import { describe, expect, it } from "vitest";
import type { SpillHeal } from "../../shared/heal/heal.ts";
import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aPooledDeployment, aSpill, poolLabel } from "../build/deployment.ts";
import { aNamespace } from "../build/namespace.ts";
import { anOverduePod, anOwnerRef } from "../build/pod.ts";
import { aNodeOf, anUnschedulablePod } from "../build/spilling.ts";
import { scriptedHealer } from "../fakes/scripted-healer.ts";
import { spillingHealer } from "../fakes/spilling-healer.ts";
import { aSpillingStage, roomFor } from "./spilling-stage.ts";
import { aStage } from "./stage.ts";

const web = aPooledDeployment();
type SpillingStage = Awaited<ReturnType<typeof aSpillingStage>>;

async function expectNothing(stage: SpillingStage, verdict: string, uid = web.ref.uid): Promise<void> {
  expect(stage.api.spillWrites).toEqual([]);
  expect(await stage.verdictOf(uid)).toBe(verdict);
}

describe("whatever the verdict", () => {
  it.each<[string, Partial<DeploymentFacts>]>([
    ["the workload", { labels: { "knitbone.io/heal": "off" } }],
    ["the workload, as an annotation", { annotations: { ...web.annotations, "knitbone.io/heal": "off" } }],
  ])("an opt-out on %s holds it back, words as well", async (_, members) => {
    const stage = await aSpillingStage();
    stage.put(aPooledDeployment(members), 2);
    await stage.sight(stage.web);
    await expectNothing(stage, "leave OptedOut");
    expect(stage.api.events).toEqual([]);
  });

  it("an opt-out on a pod of it, or on its namespace, holds it back", async () => {
    const stage = await aSpillingStage();
    const owner = anOwnerRef({ name: "web-5d9c" });
    stage.api.putPod(anUnschedulablePod({ name: "web-9", owner, labels: { "knitbone.io/heal": "off" } }));
    await stage.sight(stage.web);
    await expectNothing(stage, "leave OptedOut");
    const other = await aSpillingStage();
    other.api.putNamespace(aNamespace({ name: "shop", labels: { "knitbone.io/heal": "off" } }));
    await other.sight(other.web);
    await expectNothing(other, "leave OptedOut");
  });

  it("what is of the cluster itself is left", async () => {
    const stage = await aSpillingStage();
    const owner = anOwnerRef({ name: "web-5d9c" });
    stage.api.putPod(anUnschedulablePod({ name: "web-9", owner, priorityClassName: "system-node-critical" }));
    await stage.sight(stage.web);
    await expectNothing(stage, "leave SystemPriority");
    const other = await aSpillingStage();
    other.put(aPooledDeployment({ labels: { "app.kubernetes.io/name": "knitbone-forwarder" } }), 2);
    await other.sight(other.web);
    await expectNothing(other, "leave OwnForwarder");
  });

  it("a storm holds it back", async () => {
    const stage = await aSpillingStage();
    await stage.brake({ state: "frozen", reason: "ManyNotReady", notReady: 3 });
    await stage.sight(stage.web);
    await expectNothing(stage, "wait StormBrake");
  });

  it("an incident that explains its pods holds it back", async () => {
    const stage = await aSpillingStage();
    await stage.deps.incidents.open({
      id: "i-1",
      cluster: "eu-1",
      kind: "controlPlane",
      key: "",
      reason: "ControlPlaneFails",
      message: "The API server fails.",
      openedAt: stage.clock.now(),
    });
    await stage.sight(stage.web);
    await expectNothing(stage, "wait IncidentOpen");
  });
});

describe("ownership, whatever the healer says", () => {
  const create: SpillHeal = {
    kind: "CreateSpill",
    workload: web.ref,
    resourceVersion: web.resourceVersion,
    name: "web-spill",
    replicas: 2,
    pool: { label: poolLabel, value: "b" },
    room: { pool: "b", amounts: { cpu: 1 } },
  };
  const spill = aSpill();
  const remove: SpillHeal = {
    kind: "RemoveSpill",
    workload: web.ref,
    spill: spill.ref,
    resourceVersion: spill.resourceVersion,
  };
  const grow: SpillHeal = {
    ...remove,
    kind: "ScaleSpill",
    generation: spill.generation,
    replicas: 3,
    room: { pool: "b", amounts: { cpu: 0.5 } },
  };

  async function insisting(
    heal: SpillHeal,
    on: { readonly workload?: Partial<DeploymentFacts>; readonly spill?: DeploymentFacts; readonly pod?: object },
  ): Promise<SpillingStage> {
    const healer = spillingHealer(() => ({ kind: "heal", heal, reason: "Insists", message: "It says so." }));
    const stage = await aSpillingStage({ healer });
    stage.put(aPooledDeployment(on.workload), 2);
    if (on.spill !== undefined) stage.api.putDeployment(on.spill);
    if (on.pod !== undefined) {
      stage.api.putPod(anUnschedulablePod({ name: "web-9", owner: anOwnerRef({ name: "web-5d9c" }), ...on.pod }));
    }
    await stage.sight(stage.web);
    return stage;
  }

  it("nobody asked for it", async () => {
    await expectNothing(await insisting(create, { workload: { annotations: {} } }), "leave SpillNotOptedIn");
    await expectNothing(await insisting(grow, { workload: { annotations: {} }, spill }), "leave SpillNotOptedIn");
  });

  it.each<[string, SpillHeal, Parameters<typeof insisting>[1]]>([
    ["something stands under the name", create, { spill: aSpill({ spill: undefined }) }],
    ["it belongs to another controller", create, { workload: { owner: anOwnerRef({ kind: "Rollout", name: "r" }) } }],
    ["it uses Recreate", create, { workload: { strategy: "Recreate" } }],
    ["it is a spill itself", create, { workload: { labels: { "knitbone.io/spill": "somebody" } } }],
    ["its pods mount a claim", create, { pod: { volumeClaims: ["data"] } }],
    ["its pods hold a resource claim", create, { pod: { hasResourceClaims: true } }],
    ["its pods need a port of their node", create, { pod: { hasHostPort: true } }],
    ["the spill would be larger than the original", create, { workload: { replicas: 1 } }],
    ["another workload was judged", { ...create, workload: { ...web.ref, uid: "somebody" } }, {}],
    [
      "the spill is somebody else's",
      remove,
      { spill: aSpill({ spill: { of: "x", pool: "b", template: "", generation: 1 } }) },
    ],
    ["somebody else has changed the spill", remove, { spill: aSpill({ generation: 2 }) }],
    ["another object is to be removed", { ...remove, spill: web.ref }, { spill }],
    ["there is no spill", remove, {}],
  ])("%s: nothing is written", async (_, heal, on) => {
    await expectNothing(await insisting(heal, on), "leave OwnershipUnproven");
  });

  it("a spill of a pod, and a pod's remedy for a workload, are none", async () => {
    const ofPod = await aStage(
      scriptedHealer(() => ({ kind: "heal", heal: create, reason: "Insists", message: "It says so." })),
    );
    const pod = anOverduePod();
    ofPod.api.putPod(pod);
    await ofPod.sight(pod);
    expect((await ofPod.caseOf(pod.ref.uid))?.verdict?.reason).toBe("OwnershipUnproven");
    expect(ofPod.api.spillWrites).toEqual([]);
    const healer = spillingHealer(() => ({
      kind: "heal",
      heal: { kind: "EvictTerminalPod", pod: web.ref, resourceVersion: web.resourceVersion },
      reason: "Insists",
      message: "It says so.",
    }));
    const stage = await aSpillingStage({ healer });
    await stage.sight(stage.web);
    expect(stage.api.writes).toEqual([]);
    await expectNothing(stage, "leave OwnershipUnproven");
  });
});

describe("room and budgets", () => {
  it("at the last look the room is proven anew", async () => {
    let replicas = 4;
    const stage = await aSpillingStage({ pools: () => roomFor(replicas) });
    const { plan } = stage.deps.ledger;
    stage.deps.ledger.plan = async (action) => {
      replicas = 1;
      await stage.report();
      return plan(action);
    };
    await stage.sight(stage.web);
    stage.deps.ledger.plan = plan;
    expect(stage.api.spillWrites).toEqual([]);
    expect(await stage.actions()).toEqual([["CreateSpill", "Withdrawn", false]]);
  });

  it("another number of pods at the last look is another heal: room was reserved for the first", async () => {
    const stage = await aSpillingStage();
    const { plan } = stage.deps.ledger;
    stage.deps.ledger.plan = async (action) => {
      stage.put(aPooledDeployment(), 3);
      return plan(action);
    };
    await stage.sight(stage.web);
    stage.deps.ledger.plan = plan;
    expect(stage.api.spillWrites).toEqual([]);
    await stage.pass(seconds(15));
    expect(await stage.spill()).toMatchObject({ replicas: 3 });
  });

  it("nodes are looked at anew as well: one that was tainted a moment ago is no room", async () => {
    const stage = await aSpillingStage();
    const taints = [{ key: "knitbone.io/suspect", value: "", effect: "NoSchedule" }];
    const { plan } = stage.deps.ledger;
    stage.deps.ledger.plan = async (action) => {
      stage.api.putNode(aNodeOf("b", { taints }));
      return plan(action);
    };
    await stage.sight(stage.web);
    stage.deps.ledger.plan = plan;
    expect(stage.api.spillWrites).toEqual([]);
  });

  it("an owner is spilled three times an hour at most; giving back is not held up by it", async () => {
    const stage = await aSpillingStage();
    for (let times = 0; times < 5; times++) {
      stage.put(aPooledDeployment({ readyReplicas: 1 }), 2);
      await stage.sight(stage.web);
      await stage.pass(minutes(2));
      stage.put(aPooledDeployment({ readyReplicas: 3 }), 0);
      await stage.pass(minutes(3));
      expect(await stage.spill()).toBeUndefined();
    }
    const made = (verb: string) => stage.api.spillWrites.filter((each) => each.verb === verb).length;
    expect([made("create"), made("remove")]).toEqual([3, 3]);
  });

  it("of many workloads of one namespace ten are spilled in ten minutes", async () => {
    const stage = await aSpillingStage({ pools: () => roomFor(200) });
    for (let at = 0; at < 14; at++) {
      await stage.sight(stage.put(aPooledDeployment({ name: `w${at}`, replicas: 2 }), 1));
    }
    expect(stage.api.spillWrites).toHaveLength(10);
    await stage.pass(seconds(30));
    expect(stage.api.spillWrites).toHaveLength(10);
  });
});
