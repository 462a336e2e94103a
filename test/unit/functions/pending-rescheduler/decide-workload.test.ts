import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideWorkload } from "../../../../functions/pending-rescheduler/decide-workload.ts";
import type { WorkloadFacts } from "../../../../functions/pending-rescheduler/observe-workload.ts";
import { metaFromRaw } from "../../../../shared/kubernetes/meta.ts";
import { spillKey } from "../../../../shared/kubernetes/spill.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { aPooledDeployment, aSpill, poolLabel } from "../../../build/deployment.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aTaint } from "../../../build/node.ts";
import { anOwnerRef } from "../../../build/pod.ts";
import { aNodeOf, anUnschedulablePod, aPoolReport, fullPool, spillFacts } from "../../../build/spilling.ts";

const policy = { pendingForMs: minutes(5), rejudgeAfterMs: seconds(60) };
const decided = (facts: WorkloadFacts) => decideWorkload(facts, policy, noon);
const reasonOf = (facts: WorkloadFacts) => {
  const verdict = decided(facts);
  return `${verdict.kind} ${verdict.reason}`;
};
const hpa = metaFromRaw("HorizontalPodAutoscaler", { metadata: { name: "web", namespace: "shop", uid: "h" } });
const template = (members: Partial<ReturnType<typeof aPooledDeployment>["template"]>) =>
  aPooledDeployment({ template: { ...aPooledDeployment().template, ...members } });

describe("a workload that finds no room in its own pool (S0-12)", () => {
  it("is spilled to the pool that has it, by as many replicas as lack room, with the room they take", () => {
    expect(decided(spillFacts())).toEqual({
      kind: "heal",
      heal: {
        kind: "CreateSpill",
        workload: aPooledDeployment().ref,
        resourceVersion: "800",
        name: "web-spill",
        replicas: 2,
        pool: { label: poolLabel, value: "b" },
        room: { pool: "b", amounts: { cpu: 1, memory: 512 * 2 ** 20, pods: 2 } },
      },
      reason: "OtherPoolHasRoom",
      message: "2 pods of Deployment shop/web lack room in pool a; pool b has it.",
    });
  });

  it("counts the pods that have lacked room for long enough, and waits for the first of them", () => {
    const since = (ms: number) => atNoon(-ms);
    const young = anUnschedulablePod({ name: "web-3", since: since(minutes(5) - 1) });
    const old = anUnschedulablePod({ since: since(minutes(5)) });
    expect(decided(spillFacts({ of: { pending: [young] } }))).toMatchObject({
      kind: "wait",
      reason: "UnschedulableYet",
      until: noon + 1,
    });
    expect(decided(spillFacts({ of: { pending: [young, old] } }))).toMatchObject({ heal: { replicas: 1 } });
  });

  it("is never spilled by more than it has", () => {
    const workload = aPooledDeployment({ replicas: 1 });
    expect(decided(spillFacts({ of: { workload } }))).toMatchObject({ heal: { replicas: 1 } });
  });

  it("takes the roomiest of several pools, and never one without a name", () => {
    const pools = [
      aPoolReport("", { free: { cpu: 99, memory: 2 ** 40, pods: 900 } }),
      aPoolReport("b"),
      aPoolReport("c", { free: { cpu: 6, memory: 8 * 2 ** 30, pods: 200 } }),
    ];
    const nodes = [aNodeOf("b"), aNodeOf("c")];
    expect(decided(spillFacts({ pools, nodes }))).toMatchObject({ heal: { pool: { value: "c" } } });
  });

  it.each([
    [
      "the scheduler's message names another cause",
      "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
    ],
    ["only the selector does not fit", "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."],
    [
      "a cause stands beside the resource",
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had volume node affinity conflict.",
    ],
    ["the message is none of the scheduler's", "Insufficient cpu"],
  ])("is well as far as this is concerned where %s (S0-13)", (_, message) => {
    const pending = [anUnschedulablePod({ message })];
    expect(decided(spillFacts({ of: { pending } }))).toMatchObject({ kind: "leave", reason: "RoomForAll", ends: true });
  });

  it.each([
    ["is bound", { nodeName: "a1" }],
    ["is gated", { schedulingGates: ["example.com/wait"] }],
    ["is being deleted", { deletionTimestamp: noon }],
  ])("does not count a pod that %s", (_, members) => {
    expect(reasonOf(spillFacts({ of: { pending: [anUnschedulablePod(members)] } }))).toBe("leave RoomForAll");
  });
});

describe("asking for it", () => {
  const plain = { annotations: {} };
  it.each([
    ["nobody asked", plain, {}, "leave SpillNotAsked"],
    ["the namespace asked", plain, { [spillKey]: "other-pool" }, "heal OtherPoolHasRoom"],
    [
      "the workload's own word counts first",
      { annotations: { [spillKey]: "off" } },
      { [spillKey]: "other-pool" },
      "leave SpillNotAsked",
    ],
    ["another word is no yes", { annotations: { [spillKey]: "true" } }, {}, "leave SpillNotAsked"],
  ])("%s", (_, members, annotations, expected) => {
    const of = { workload: aPooledDeployment(members), namespace: aNamespace({ name: "shop", annotations }) };
    expect(reasonOf(spillFacts({ of }))).toBe(expected);
  });
});

describe("what is refused by name", () => {
  it.each<[string, WorkloadFacts]>([
    ["ScaledByAutoscaler", spillFacts({ autoscalers: [hpa] })],
    ["OwnedByOther", spillFacts({ of: { workload: aPooledDeployment({ owner: anOwnerRef({ kind: "Rollout" }) }) } })],
    ["RecreateStrategy", spillFacts({ of: { workload: aPooledDeployment({ strategy: "Recreate" }) } })],
    ["SelectsNoPool", spillFacts({ of: { workload: template({ nodeSelector: {} }) } })],
    ["PinnedToNode", spillFacts({ of: { workload: aPooledDeployment({ templateNamesNode: true }) } })],
    ["BoundByTemplate", spillFacts({ of: { workload: template({ bindings: ["affinity"] }) } })],
    ["GangScheduled", spillFacts({ of: { workload: template({ bindings: ["gang"] }) } })],
    ["MountsClaim", spillFacts({ of: { pending: [anUnschedulablePod({ volumeClaims: ["data"] })] } })],
    ["HoldsResourceClaim", spillFacts({ of: { pending: [anUnschedulablePod({ hasResourceClaims: true })] } })],
    ["HoldsHostPort", spillFacts({ of: { pending: [anUnschedulablePod({ hasHostPort: true })] } })],
    ["SpillNameTaken", spillFacts({ of: { spill: aSpill({ spill: undefined }) } })],
  ])("%s", (reason, facts) => {
    expect(reasonOf(facts)).toBe(`escalate ${reason}`);
  });

  it("a spill is not spilled itself, nor what is on its way out", () => {
    expect(reasonOf(spillFacts({ of: { workload: aSpill() } }))).toBe("leave IsSpill");
    expect(reasonOf(spillFacts({ of: { workload: aPooledDeployment({ deletionTimestamp: noon }) } }))).toBe(
      "leave WorkloadGoing",
    );
  });

  it("a spill of another original under the name is not ours to touch", () => {
    const spill = aSpill({ spill: { of: "somebody", pool: "b", template: "x", generation: 1 } });
    expect(reasonOf(spillFacts({ of: { spill } }))).toBe("escalate SpillNameTaken");
  });

  it("a rollout comes to its end first", () => {
    const at = { until: noon + seconds(60) };
    expect(decided(spillFacts({ of: { workload: aPooledDeployment({ paused: true }) } }))).toMatchObject({
      ...at,
      reason: "RolloutPaused",
    });
    expect(decided(spillFacts({ of: { workload: aPooledDeployment({ rollingOut: true }) } }))).toMatchObject({
      ...at,
      reason: "RollingOut",
    });
  });
});

describe("the capacity proof", () => {
  const nowhere = "escalate NoRoomElsewhere";
  it.each<[string, WorkloadFacts]>([
    [
      "all pods need more than is free",
      spillFacts({ pools: [aPoolReport("b", { free: { cpu: 0.9, memory: 2 ** 34, pods: 9 } })] }),
    ],
    [
      "no node has what one pod needs",
      spillFacts({ pools: [aPoolReport("b", { largestFree: { cpu: 0.4, memory: 2 ** 34, pods: 9 } })] }),
    ],
    [
      "a resource is not there at all",
      spillFacts({ of: { pending: [anUnschedulablePod({ requests: { "nvidia.com/gpu": 1 } })] } }),
    ],
    ["pods may not be more", spillFacts({ pools: [aPoolReport("b", { free: { cpu: 9, memory: 2 ** 34, pods: 1 } })] })],
    ["only its own pool has room", spillFacts({ pools: [aPoolReport("a")] })],
    ["the pool has no node", spillFacts({ nodes: [aNodeOf("a")] })],
    ["no node of the pool is Ready", spillFacts({ nodes: [aNodeOf("b", { conditions: [] })] })],
    [
      "a node of the pool has a taint that the pod does not tolerate",
      spillFacts({ nodes: [aNodeOf("b"), aNodeOf("b", { name: "b2", taints: [aTaint()] })] }),
    ],
    [
      "a node of the pool lacks another label that the template selects",
      spillFacts({ of: { workload: template({ nodeSelector: { [poolLabel]: "a", "kubernetes.io/arch": "arm64" } }) } }),
    ],
  ])("fails where %s (S0-13)", (_, facts) => {
    expect(reasonOf(facts)).toBe(nowhere);
    expect(decided(facts)).toMatchObject({ until: noon + seconds(60) });
  });

  it("does not mind a node that the report does not count", () => {
    const cordoned = aNodeOf("b", { name: "b2", unschedulable: true, taints: [aTaint()] });
    expect(reasonOf(spillFacts({ nodes: [aNodeOf("b"), cordoned] }))).toBe("heal OtherPoolHasRoom");
  });

  it("waits for a report where there is none", () => {
    expect(reasonOf(spillFacts({ pools: undefined }))).toBe("wait PoolsUnknown");
  });

  it("never reserves more than the report has, whatever is asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0.01, max: 4, noNaN: true }),
        fc.double({ min: 0, max: 40, noNaN: true }),
        (count, cpu, free) => {
          const pending = Array.from({ length: count }, (_, at) =>
            anUnschedulablePod({ name: `web-${at}`, requests: { cpu } }),
          );
          const pools = [aPoolReport("b", { free: { cpu: free, pods: 200 }, largestFree: { cpu: free, pods: 100 } })];
          const verdict = decided(
            spillFacts({ pools, of: { pending, workload: aPooledDeployment({ replicas: 40 }) } }),
          );
          if (verdict.kind !== "heal" || verdict.heal.kind !== "CreateSpill")
            return verdict.reason === "NoRoomElsewhere";
          return verdict.heal.replicas === count && (verdict.heal.room.amounts["cpu"] ?? 0) <= free + 1e-4;
        },
      ),
    );
  });
});

describe("a spill that stands (X-16)", () => {
  const standing = (of: Parameters<typeof spillFacts>[0] = {}) =>
    spillFacts({ ...of, of: { spill: aSpill(), ...of.of } });
  const ready = (readyReplicas: number, more = {}) => aPooledDeployment({ readyReplicas, ...more });
  const one = [anUnschedulablePod()];
  const three = [...one, anUnschedulablePod({ name: "web-3" }), anUnschedulablePod({ name: "web-4" })];

  it("stays as long as as many lack room, and is judged again after a minute", () => {
    expect(decided(standing())).toMatchObject({ kind: "wait", reason: "Spilled", until: noon + seconds(60) });
  });

  it("grows with them where its pool has room for those that are added", () => {
    const facts = standing({ of: { pending: three, workload: ready(0) } });
    expect(decided(facts)).toMatchObject({
      kind: "heal",
      reason: "MoreUnschedulable",
      heal: {
        kind: "ScaleSpill",
        spill: aSpill().ref,
        resourceVersion: "810",
        generation: 1,
        replicas: 3,
        room: { pool: "b", amounts: { cpu: 0.5, pods: 1 } },
      },
    });
    expect(reasonOf({ ...facts, pools: [aPoolReport("b", fullPool)] })).toBe("wait SpillCannotGrow");
  });

  it("gives way only to pods of the original that are ready", () => {
    expect(reasonOf(standing({ of: { pending: [], workload: ready(1) } }))).toBe("wait OriginalStarting");
    const verdict = decided(standing({ of: { pending: [], workload: ready(2) } }));
    expect(verdict).toMatchObject({ reason: "FewerUnschedulable", heal: { kind: "ScaleSpill", replicas: 1 } });
    expect(verdict.kind === "heal" && verdict.heal).not.toHaveProperty("room");
  });

  it("goes when all of the original's pods are ready", () => {
    expect(decided(standing({ of: { pending: [], workload: ready(3) } }))).toMatchObject({
      reason: "RoomIsBack",
      heal: { kind: "RemoveSpill", workload: aPooledDeployment().ref, spill: aSpill().ref, resourceVersion: "810" },
    });
  });

  it("shrinks and goes with the original's replicas", () => {
    expect(decided(standing({ of: { pending: one, workload: ready(1, { replicas: 2 }) } }))).toMatchObject({
      heal: { kind: "ScaleSpill", replicas: 1 },
    });
    expect(reasonOf(standing({ of: { pending: [], workload: ready(0, { replicas: 0 }) } }))).toBe("heal RoomIsBack");
  });

  it.each<[string, WorkloadFacts]>([
    ["OptInWithdrawn", standing({ of: { workload: aPooledDeployment({ annotations: {} }) } })],
    ["TemplateChanged", standing({ of: { workload: template({ digest: "another" }) } })],
    ["ScaledByAutoscaler", standing({ autoscalers: [hpa] })],
  ])("goes because of %s", (reason, facts) => {
    expect(decided(facts)).toMatchObject({ kind: "heal", reason, heal: { kind: "RemoveSpill" } });
  });

  it("is left once somebody else has changed it, whatever else is to be said", () => {
    const spill = aSpill({ generation: 2 });
    expect(reasonOf(standing({ of: { spill } }))).toBe("leave SpillTouched");
    expect(reasonOf(standing({ of: { spill, workload: aPooledDeployment({ annotations: {} }) } }))).toBe(
      "leave SpillTouched",
    );
  });

  it("is waited for while it is being deleted", () => {
    expect(reasonOf(standing({ of: { spill: aSpill({ deletionTimestamp: noon }) } }))).toBe("wait SpillGoing");
  });
});
