import { describe, expect, it } from "vitest";
import { decide, type Facts } from "../../../../functions/terminating-reaper/decide.ts";
import type { Policy } from "../../../../functions/terminating-reaper/policy.ts";
import type { Case } from "../../../../shared/case/case.ts";
import type { OwnerState, PodSubject } from "../../../../shared/heal/subject.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { anOverduePod, anOwnerRef, aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aCronJob, aDaemonSet, aDeployment, aJob, aReplicaSet, aStatefulSet } from "../../../build/workload.ts";

const policy: Policy = { overdueMarginMs: minutes(2) };

function judge(subject: PodSubject, options: { readonly openCase?: Case; readonly now?: number } = {}) {
  return decide({ subject }, options.openCase ?? anOpenCase(), policy, options.now ?? noon);
}

function judgeOwners(owners: OwnerState) {
  return judge(aSubject({ pod: anOverduePod(), owners }));
}

describe("when a pod is overdue (S0-45, 102)", () => {
  it("leaves a pod that is not being deleted", () => {
    expect(judge(aSubject())).toEqual({
      kind: "leave",
      reason: "NotTerminating",
      message: "Pod shop/web-1 is not being deleted.",
    });
  });

  it.each([
    {
      moment: "long before the grace ends",
      offset: -minutes(10),
      reason: "GraceRunning",
      left: "10m left of its grace",
    },
    { moment: "1 ms before the grace ends", offset: -1, reason: "GraceRunning", left: "1ms left of its grace" },
    { moment: "as the grace ends", offset: 0, reason: "MarginRunning", left: "2m left of its margin after the grace" },
    {
      moment: "1 ms after the grace",
      offset: 1,
      reason: "MarginRunning",
      left: "1m59s left of its margin after the grace",
    },
    {
      moment: "1 ms before the margin ends",
      offset: minutes(2) - 1,
      reason: "MarginRunning",
      left: "1ms left of its margin after the grace",
    },
  ])("waits until margin and grace are over: $moment", ({ offset, reason, left }) => {
    const subject = aSubject({ pod: aPod({ deletionTimestamp: noon }) });
    expect(judge(subject, { now: noon + offset })).toEqual({
      kind: "wait",
      until: noon + minutes(2),
      reason,
      message: `Pod shop/web-1 has ${left}.`,
    });
  });

  it.each([
    { moment: "as the margin ends", offset: minutes(2) },
    { moment: "1 ms after the margin", offset: minutes(2) + 1 },
    { moment: "a day later", offset: hours(24) },
  ])("heals a stateless pod: $moment", ({ offset }) => {
    const subject = aSubject({ pod: aPod({ deletionTimestamp: noon }) });
    expect(judge(subject, { now: noon + offset })).toMatchObject({ kind: "heal", reason: "OverdueOnReadyNode" });
  });

  it("waits as long as the policy says", () => {
    const subject = aSubject({ pod: aPod({ deletionTimestamp: noon }) });
    const patient: Policy = { overdueMarginMs: minutes(9) };
    expect(decide({ subject }, anOpenCase(), patient, noon + minutes(9) - 1)).toMatchObject({
      kind: "wait",
      until: noon + minutes(9),
    });
    expect(decide({ subject }, anOpenCase(), patient, noon + minutes(9))).toMatchObject({ kind: "heal" });
  });
});

describe("finalizers (S0-45)", () => {
  it("names them and their likely keepers, and leaves them where they are", () => {
    const finalizers = ["foregroundDeletion", "orphan", "example.com/backup", "lonely"];
    expect(judge(aSubject({ pod: anOverduePod({ finalizers }) }))).toEqual({
      kind: "escalate",
      reason: "FinalizersHold",
      message:
        "Pod shop/web-1 is 10m past its grace, held by foregroundDeletion (the garbage collector, once its dependants are gone), " +
        "orphan (the garbage collector), example.com/backup (a controller of example.com), lonely (whoever set it): " +
        "it is for the finalizer's keeper to finish; Knitbone never takes one away.",
    });
  });

  it("comes before the node: a missing node does not lift them", () => {
    const pod = anOverduePod({ finalizers: ["example.com/backup"] });
    expect(judge(aSubject({ pod, node: "notFound" }))).toMatchObject({ kind: "escalate", reason: "FinalizersHold" });
  });

  it("takes job-tracking on a Job's pod as part of the Job", () => {
    const owner = anOwnerRef({ kind: "Job", name: "import" });
    const pod = anOverduePod({ owner, finalizers: ["batch.kubernetes.io/job-tracking"] });
    expect(judge(aSubject({ pod }))).toMatchObject({ kind: "escalate", reason: "JobPod" });
  });

  it("names what else a Job's pod carries", () => {
    const owner = anOwnerRef({ kind: "Job", name: "import" });
    const pod = anOverduePod({ owner, finalizers: ["batch.kubernetes.io/job-tracking", "example.com/backup"] });
    expect(judge(aSubject({ pod }))).toMatchObject({
      reason: "FinalizersHold",
      message: expect.stringContaining("held by example.com/backup (a controller of example.com):"),
    });
  });

  it.each([
    { whose: "no Job's", owner: anOwnerRef() },
    { whose: "another API's Job's", owner: anOwnerRef({ kind: "Job", apiVersion: "batch.volcano.sh/v1alpha1" }) },
  ])("names job-tracking on a pod that is $whose", ({ owner }) => {
    const pod = anOverduePod({ owner, finalizers: ["batch.kubernetes.io/job-tracking"] });
    expect(judge(aSubject({ pod }))).toMatchObject({
      reason: "FinalizersHold",
      message: expect.stringContaining("batch.kubernetes.io/job-tracking (the Job controller)"),
    });
  });
});

describe("what PodGC deletes by itself (S0-54)", () => {
  const outOfService = aTaint({ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" });
  const silentAndFenced = aNodeWithReady("Unknown", atNoon(-minutes(30)), { taints: [outOfService] });
  const readyButFenced = aNode({ taints: [outOfService] });
  const situations = [
    { situation: "a node that is gone", pod: {}, node: "notFound", waiting: "NodeGone", stalled: "PodGCStalled" },
    {
      situation: "no node",
      pod: { nodeName: undefined },
      node: "none",
      waiting: "NotBound",
      stalled: "NotBoundStalled",
    },
    { situation: "a fenced node", pod: {}, node: silentAndFenced, waiting: "OutOfService", stalled: "PodGCStalled" },
    {
      situation: "a Ready node, fenced",
      pod: {},
      node: readyButFenced,
      waiting: "OutOfService",
      stalled: "PodGCStalled",
    },
  ] as const;
  const seen = (reason: string, at: number) => ({ kind: "wait", reason, message: "", at, mode: "act" }) as const;

  it.each(situations)("waits from the first look that found $situation", ({ pod, node, waiting }) => {
    const subject = aSubject({ pod: anOverduePod(pod), node });
    expect(judge(subject)).toMatchObject({ kind: "wait", until: noon + minutes(5) + seconds(1), reason: waiting });
  });

  it.each(situations)("gives it five minutes for $situation", ({ pod, node, waiting, stalled }) => {
    const subject = aSubject({ pod: anOverduePod(pod), node });
    const openCase = anOpenCase({ verdict: seen(waiting, noon) });
    const before = judge(subject, { openCase, now: noon + minutes(5) - 1 });
    expect(before).toMatchObject({ kind: "wait", until: noon + minutes(5) + seconds(1), reason: waiting });
    expect(judge(subject, { openCase, now: noon + minutes(5) })).toMatchObject({ kind: "escalate", reason: stalled });
    expect(judge(subject, { openCase, now: noon + minutes(5) + 1 })).toMatchObject({
      kind: "escalate",
      reason: stalled,
    });
  });

  it("goes on saying so once it was said", () => {
    const openCase = anOpenCase({ verdict: { ...seen("PodGCStalled", noon), kind: "escalate" } });
    const subject = aSubject({ pod: anOverduePod(), node: "notFound" });
    expect(judge(subject, { openCase })).toMatchObject({ kind: "escalate", reason: "PodGCStalled" });
  });

  it("starts again after anything that came between", () => {
    const openCase = anOpenCase({ verdict: seen("ClusterStale", atNoon(-hours(1))) });
    const subject = aSubject({ pod: anOverduePod(), node: "notFound" });
    expect(judge(subject, { openCase })).toMatchObject({ kind: "wait", until: noon + minutes(5) + seconds(1) });
  });

  it("reads the case's stamp, which is by our clock, in the cluster's time", () => {
    const ours = noon + minutes(7);
    const openCase = anOpenCase({ verdict: seen("NodeGone", ours), clockOffsetMs: -minutes(7) });
    const subject = aSubject({ pod: anOverduePod(), node: "notFound" });
    expect(judge(subject, { openCase, now: noon + minutes(5) - 1 })).toMatchObject({ kind: "wait" });
    expect(judge(subject, { openCase, now: noon + minutes(5) })).toMatchObject({ kind: "escalate" });
  });

  it("says what to look at", () => {
    const subject = aSubject({ pod: anOverduePod(), node: "notFound" });
    const openCase = anOpenCase({ verdict: seen("NodeGone", atNoon(-minutes(5))) });
    expect(judge(subject, { openCase })).toEqual({
      kind: "escalate",
      reason: "PodGCStalled",
      message:
        "Pod shop/web-1 is 10m past its grace and its node n1 does not exist: " +
        "PodGC did not delete it within 5m; look at the kube-controller-manager.",
    });
  });

  it("says why PodGC does nothing on a Ready node", () => {
    const openCase = anOpenCase({ verdict: seen("OutOfService", atNoon(-minutes(5))) });
    expect(judge(aSubject({ pod: anOverduePod(), node: readyButFenced }), { openCase })).toMatchObject({
      message: expect.stringContaining("PodGC deletes only from nodes that do not: take the taint away."),
    });
  });

  it.each(["Job", "StatefulSet"])("leaves a %s's pod on a fenced node to it as well", (kind) => {
    const pod = anOverduePod({ owner: anOwnerRef({ kind, name: "owner" }) });
    expect(judge(aSubject({ pod, node: silentAndFenced }))).toMatchObject({ kind: "wait", reason: "OutOfService" });
  });
});

describe("pods that are never force-deleted (S0-44, 45, X-08)", () => {
  const known = (...chain: Extract<OwnerState, { kind: "known" }>["chain"]): OwnerState => ({ kind: "known", chain });

  it.each([
    { state: "exists", owners: known(aJob(), aCronJob()) },
    { state: "is gone", owners: { kind: "missing", owner: anOwnerRef({ kind: "Job", name: "import" }), chain: [] } },
    {
      state: "belongs to a kind we do not know",
      owners: { kind: "unknownKind", owner: anOwnerRef({ kind: "JobSet" }), chain: [aJob()] },
    },
  ] as const)("escalates a Job's pod when the Job $state", ({ owners }) => {
    const pod = anOverduePod({ owner: anOwnerRef({ kind: "Job", name: "import" }) });
    expect(judge(aSubject({ pod, owners }))).toMatchObject({ kind: "escalate", reason: "JobPod" });
  });

  it("leaves a DaemonSet's pod", () => {
    const pod = anOverduePod({ owner: anOwnerRef({ kind: "DaemonSet", name: "agent" }) });
    expect(judge(aSubject({ pod, owners: known(aDaemonSet()) }))).toEqual({
      kind: "leave",
      reason: "DaemonSetPod",
      message: "Pod shop/web-1 is a DaemonSet's: bound to its node for good.",
    });
  });

  it.each([
    { what: "a bare pod", owners: { kind: "bare" }, reason: "BarePod" },
    {
      what: "a pod of a kind we do not know",
      owners: { kind: "unknownKind", owner: anOwnerRef({ kind: "CloneSet" }), chain: [] },
      reason: "UnknownOwner",
    },
    {
      what: "a ReplicaSet's pod under a kind we do not know",
      owners: { kind: "unknownKind", owner: anOwnerRef({ kind: "Rollout" }), chain: [aReplicaSet()] },
      reason: "UnknownOwner",
    },
    {
      what: "a pod of a missing owner",
      owners: { kind: "missing", owner: anOwnerRef(), chain: [] },
      reason: "OwnerMissing",
    },
    {
      what: "a pod whose ReplicaSet lost its Deployment",
      owners: { kind: "missing", owner: anOwnerRef({ kind: "Deployment", name: "web" }), chain: [aReplicaSet()] },
      reason: "OwnerMissing",
    },
    { what: "a StatefulSet's pod", owners: known(aStatefulSet()), reason: "StatefulPod" },
    {
      what: "a pod of a Recreate Deployment",
      owners: known(aReplicaSet(), aDeployment({ strategy: "Recreate" })),
      reason: "RecreateStrategy",
    },
    { what: "a pod owned by a Deployment itself", owners: known(aDeployment()), reason: "UnknownOwner" },
    { what: "a ReplicaSet's pod under a CronJob", owners: known(aReplicaSet(), aCronJob()), reason: "UnknownOwner" },
    { what: "a pod of an empty chain", owners: known(), reason: "UnknownOwner" },
  ] as const)("escalates $what", ({ owners, reason }) => {
    expect(judgeOwners(owners)).toMatchObject({ kind: "escalate", reason });
  });

  it.each([
    { what: "a volume claim", holds: { volumeClaims: ["data", "cache"] }, reason: "HasVolumeClaim" },
    { what: "a ResourceClaim", holds: { hasResourceClaims: true }, reason: "HasResourceClaim" },
    { what: "a device", holds: { extendedResources: ["nvidia.com/gpu"] }, reason: "HasExtendedResource" },
    { what: "a host port", holds: { hasHostPort: true }, reason: "HasHostPort" },
  ])("escalates a pod that holds $what", ({ holds, reason }) => {
    expect(judge(aSubject({ pod: anOverduePod(holds) }))).toMatchObject({ kind: "escalate", reason });
  });

  it("says what to do about a node that is silent", () => {
    const node = aNodeWithReady("Unknown", atNoon(-minutes(20)));
    expect(judge(aSubject({ pod: anOverduePod({ volumeClaims: ["data", "cache"] }), node }))).toEqual({
      kind: "escalate",
      reason: "HasVolumeClaim",
      message:
        "Pod shop/web-1 is 10m past its grace on node n1 (Ready=Unknown). It mounts the volume claim data, cache. " +
        "Bring node n1 back; or make sure that it is off and taint it node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, " +
        "and Kubernetes deletes the pod.",
    });
  });

  it("says what to do about a node that calls itself Ready", () => {
    expect(judgeOwners(known(aStatefulSet()))).toEqual({
      kind: "escalate",
      reason: "StatefulPod",
      message:
        "Pod shop/web-1 is 10m past its grace on node n1 (Ready=True). It is a StatefulSet's: forced away, its identity could run twice. " +
        "Look at kubelet and container runtime of node n1, which calls itself Ready.",
    });
  });
});

describe("stateless pods (S0-44, 47, 48)", () => {
  it.each([
    { ready: "True", reason: "OverdueOnReadyNode" },
    { ready: "False", reason: "OverdueOnNotReadyNode" },
    { ready: "Unknown", reason: "OverdueOnSilentNode" },
  ] as const)("are force-deleted from a node with Ready=$ready", ({ ready, reason }) => {
    const pod = anOverduePod({ resourceVersion: "4711" });
    const node = aNodeWithReady(ready, atNoon(-minutes(20)));
    expect(judge(aSubject({ pod, node }))).toEqual({
      kind: "heal",
      heal: { kind: "ForceDeletePod", pod: pod.ref, resourceVersion: "4711", node: node.ref },
      reason,
      message: `Pod shop/web-1 is 10m past its grace on node n1 (Ready=${ready}); it is stateless, so that its replacement need not wait for the node.`,
    });
  });

  it.each([
    { whose: "a bare ReplicaSet", chain: [aReplicaSet({ owner: undefined })] },
    { whose: "a spilled Deployment", chain: [aReplicaSet(), aDeployment({ name: "web-spill" }), aDeployment()] },
  ])("are those of $whose, too", ({ chain }) => {
    expect(judgeOwners({ kind: "known", chain })).toMatchObject({ kind: "heal" });
  });
});

describe("a pod of which its kubelet says that it cannot end it (S0-47, S0-84)", () => {
  const cannotEnd = { cause: "MountBusy", words: "A mount is in use. FailedKillPod: busy" } as const;
  const judged = (owners: OwnerState, said: Facts["cannotEnd"] = cannotEnd) =>
    decide({ subject: aSubject({ pod: anOverduePod(), owners }), cannotEnd: said }, anOpenCase(), policy, noon);
  const ofReplicaSet: OwnerState = { kind: "known", chain: [aReplicaSet(), aDeployment()] };

  it.each([
    ["let go of", ofReplicaSet, "heal"],
    ["told of", { kind: "bare" }, "escalate"],
  ] as const)("is %s with the kubelet's words, and is a symptom of its node", (_, owners, kind) => {
    const verdict = judged(owners);
    expect(verdict).toMatchObject({ kind, symptom: "MountBusy" });
    expect(verdict.message).toMatch(/ Its kubelet cannot end it: A mount is in use\. FailedKillPod: busy$/);
  });

  it("in words that nobody knows is no symptom of anything", () => {
    const verdict = judged(ofReplicaSet, { words: "FailedKillPod: the dog ate it" });
    expect(verdict.message).toMatch(/ Its kubelet cannot end it: FailedKillPod: the dog ate it$/);
    expect(verdict).not.toHaveProperty("symptom");
  });
});
