import { describe, expect, it } from "vitest";
import { decide, stalledCollector } from "../../../../functions/orphan-sweeper/decide.ts";
import { type Policy, parsePolicy } from "../../../../functions/orphan-sweeper/policy.ts";
import type { Case } from "../../../../shared/case/case.ts";
import type { OwnerState, PodSubject } from "../../../../shared/heal/subject.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import type { Residue } from "../../../../shared/kubernetes/residue.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { anEvictedPod, anOwnerRef, aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aDaemonSet, aDeployment, aJob, aReplicaSet, aStatefulSet } from "../../../build/workload.ts";

const parsed = parsePolicy({}, 1);
if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
const defaults: Policy = parsed.policy;
const openCase = anOpenCase({ healer: "orphan-sweeper" });

function judge(
  subject: PodSubject,
  siblings: readonly Residue[],
  options: { readonly now?: number; readonly policy?: Policy } = {},
) {
  return decide({ subject, siblings }, openCase, options.policy ?? defaults, options.now ?? noon);
}

/** A pod that n1's kubelet rejected; it never had a container. */
function aRejectedPod(at: number, overrides: Parameters<typeof anEvictedPod>[0] = {}): PodFacts {
  return anEvictedPod({
    reason: "OutOfcpu",
    message: "Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000",
    creationTimestamp: at,
    startTime: at,
    conditions: [],
    containers: [],
    ...overrides,
  });
}

const evicted = (uid: string, endedAt: number): Residue => ({
  uid,
  residueClass: "Evicted",
  rejected: false,
  nodeName: "n1",
  endedAt,
});
const rejected = (uid: string, endedAt: number, nodeName = "n1"): Residue => ({
  uid,
  residueClass: "OutOfResource",
  rejected: true,
  nodeName,
  endedAt,
});
/** Five that ended after anything before noon: whoever is judged beside them is not among the newest. */
const fiveNewer = ["a", "b", "c", "d", "e"].map((uid) => evicted(uid, noon));

describe("what is not ours", () => {
  const known = (...chain: Extract<OwnerState, { kind: "known" }>["chain"]): OwnerState => ({ kind: "known", chain });

  it.each(["Succeeded", "Running", "Pending"])("leaves a %s pod", (phase) => {
    expect(judge(aSubject({ pod: anEvictedPod({ phase }) }), fiveNewer)).toEqual({
      kind: "leave",
      reason: "NotFailed",
      message: `Pod shop/web-1 is ${phase}.`,
    });
  });

  it("leaves a pod that is being deleted to terminating-reaper", () => {
    const pod = anEvictedPod({ deletionTimestamp: noon });
    expect(judge(aSubject({ pod }), fiveNewer)).toEqual({
      kind: "leave",
      reason: "AlreadyTerminating",
      message: "Pod shop/web-1 is already being deleted.",
    });
  });

  it.each([
    { reason: undefined, why: "its containers' own exit" },
    { reason: "DeadlineExceeded", why: "reason DeadlineExceeded" },
  ])("leaves an application's own failure: $why", ({ reason, why }) => {
    expect(judge(aSubject({ pod: anEvictedPod({ reason }) }), fiveNewer)).toEqual({
      kind: "leave",
      reason: "NotResidue",
      message: `Pod shop/web-1 failed by ${why}: that is for its owner to see.`,
    });
  });

  it.each([
    { what: "an unfinished Job's", owners: known(aJob()), reason: "JobUnfinished" },
    { what: "a finished Job's", owners: known(aJob({ jobFinished: true })), reason: "JobFinished" },
    {
      what: "an unfinished Job's under a kind we do not know",
      owners: { kind: "unknownKind", owner: anOwnerRef({ kind: "JobSet" }), chain: [aJob()] },
      reason: "JobUnfinished",
    },
    { what: "a DaemonSet's", owners: known(aDaemonSet()), reason: "OwnControllerDeletes" },
    { what: "a StatefulSet's", owners: known(aStatefulSet()), reason: "OwnControllerDeletes" },
    {
      what: "a CloneSet's",
      owners: { kind: "unknownKind", owner: anOwnerRef({ kind: "CloneSet" }), chain: [] },
      reason: "UnknownOwner",
    },
    { what: "a Deployment's own", owners: known(aDeployment()), reason: "UnknownOwner" },
  ] as const)("leaves a pod that is $what", ({ owners, reason }) => {
    expect(judge(aSubject({ pod: anEvictedPod(), owners }), fiveNewer)).toMatchObject({ kind: "leave", reason });
  });
});

describe("an owner that is not there (S0-10)", () => {
  const gone = anOwnerRef({ kind: "ReplicaSet", name: "web-5d9c" });
  const ownGone: OwnerState = { kind: "missing", owner: gone, chain: [] };
  const seen = (times: number, reason = "OwnerMissing", kind: "wait" | "escalate" = "wait") =>
    anOpenCase({ healer: "orphan-sweeper", verdict: { kind, reason, message: "", at: noon, mode: "act", times } });
  const optedIn = aNamespace({ labels: { "knitbone.io/orphans": "delete" } });
  const look = (
    overrides: Parameters<typeof aSubject>[0],
    { before = seen(2), orphans = 1 }: { readonly before?: Case; readonly orphans?: number } = {},
  ) => decide({ subject: aSubject({ owners: ownGone, ...overrides }), siblings: [], orphans }, before, defaults, noon);

  it.each([
    { what: "the first look", before: openCase },
    { what: "the second look", before: seen(1) },
    { what: "a look after a blind time", before: seen(7, "ClusterSilent") },
  ])("waits 45 s after $what", ({ before }) => {
    expect(look({}, { before })).toEqual({
      kind: "wait",
      until: noon + seconds(45),
      reason: "OwnerMissing",
      message:
        "Pod shop/web-1 belongs to ReplicaSet web-5d9c, which does not exist: the garbage collector's, unless 3 looks find it here.",
    });
  });

  it("tells people of the pod at the third look, running or Failed, and deletes nothing that nobody asked for", () => {
    for (const pod of [aPod(), anEvictedPod()]) {
      expect(look({ pod })).toEqual({
        kind: "escalate",
        about: pod.ref,
        reason: "OwnerGone",
        message:
          "Pod shop/web-1 belongs to ReplicaSet web-5d9c, which does not exist, and the garbage collector left it here. Delete it if nobody wants it; knitbone.io/orphans=delete on the namespace has that done.",
      });
    }
  });

  it("stays with what was told", () => {
    expect(look({}, { before: seen(1, "OwnerGone", "escalate") })).toMatchObject({
      kind: "escalate",
      reason: "OwnerGone",
    });
  });

  it.each(["ReplicaSet", "Job"])("evicts a stray of a %s where the namespace asks for it", (kind) => {
    const owners: OwnerState = { kind: "missing", owner: anOwnerRef({ kind }), chain: [] };
    const pod = aPod();
    expect(look({ pod, owners, namespace: optedIn })).toMatchObject({
      kind: "heal",
      heal: { kind: "EvictOrphan", pod: pod.ref, resourceVersion: pod.resourceVersion },
      reason: "OrphanUnwanted",
    });
  });

  it.each([
    { what: "another value", namespace: aNamespace({ labels: { "knitbone.io/orphans": "yes" } }), owners: ownGone },
    {
      what: "a StatefulSet's",
      namespace: optedIn,
      owners: { kind: "missing", owner: anOwnerRef({ kind: "StatefulSet" }), chain: [] } as OwnerState,
    },
  ])("only tells people: $what", ({ namespace, owners }) => {
    expect(look({ namespace, owners })).toMatchObject({ kind: "escalate", reason: "OwnerGone" });
  });

  it("names the ReplicaSet whose Deployment is gone, for it goes on making pods", () => {
    const above = aReplicaSet();
    const owners: OwnerState = {
      kind: "missing",
      owner: anOwnerRef({ kind: "Deployment", name: "web" }),
      chain: [above],
    };
    expect(look({ owners, namespace: optedIn })).toMatchObject({
      kind: "escalate",
      about: above.ref,
      reason: "OwnerGone",
      message: expect.stringContaining("it goes on making pods"),
    });
  });

  it("takes more than five in a namespace for no strays, whatever the namespace asks for", () => {
    expect(look({ namespace: optedIn }, { orphans: 5 })).toMatchObject({ kind: "heal" });
    expect(look({ namespace: optedIn }, { orphans: 6 })).toMatchObject({
      kind: "escalate",
      about: optedIn.ref,
      reason: "ManyOrphans",
      message: expect.stringMatching(/^6 pods of shop belong to controllers that do not exist: no strays/),
    });
  });

  it("leaves what goes with its namespace, and what is being deleted", () => {
    expect(look({ namespace: aNamespace({ terminating: true }) })).toMatchObject({
      kind: "leave",
      reason: "NamespaceTerminating",
    });
    expect(look({ pod: aPod({ deletionTimestamp: noon }) })).toMatchObject({
      kind: "leave",
      reason: "AlreadyTerminating",
    });
  });
});

describe("a garbage collector that stands still (S0-11)", () => {
  const about = aNamespace({ name: "kube-system" }).ref;

  it("is an alert that names five of what waits for it", () => {
    const stalled = [1, 2, 3, 4, 5, 6, 7].map((n) => aReplicaSet({ name: `web-${n}` }));
    expect(stalledCollector(about, stalled)).toEqual([
      {
        about,
        reason: "GarbageCollectorStalled",
        message:
          "The garbage collector does not carry on foreground deletions: ReplicaSet shop/web-1, ReplicaSet shop/web-2, ReplicaSet shop/web-3, ReplicaSet shop/web-4, ReplicaSet shop/web-5 and 2 more. Look at kube-controller-manager.",
      },
    ]);
    expect(stalledCollector(about, [])).toEqual([]);
  });
});

describe("a node that was silent", () => {
  it.each(["False", "Unknown"] as const)("is waited for while Ready=%s", (ready) => {
    const node = aNodeWithReady(ready, atNoon(-hours(3)));
    expect(judge(aSubject({ pod: anEvictedPod(), node }), fiveNewer)).toEqual({
      kind: "wait",
      until: noon + minutes(5),
      reason: "NodeWasSilent",
      message: `Node n1 is Ready=${ready} and not yet 5m Ready: its kubelet may still bring Pod shop/web-1 back.`,
    });
  });

  it("is waited for until it has been Ready for five minutes", () => {
    const subject = aSubject({ pod: anEvictedPod(), node: aNodeWithReady("True", noon) });
    for (const now of [noon, noon + minutes(5) - 1]) {
      expect(judge(subject, fiveNewer, { now })).toMatchObject({
        kind: "wait",
        until: noon + minutes(5),
        reason: "NodeWasSilent",
      });
    }
    expect(judge(subject, fiveNewer, { now: noon + minutes(5) })).toMatchObject({ kind: "heal" });
    expect(judge(subject, fiveNewer, { now: noon + minutes(5) + 1 })).toMatchObject({ kind: "heal" });
  });

  it("is waited for when it does not say since when it is Ready, or not even that", () => {
    const undated = aNode({ conditions: [{ type: "Ready", status: "True" }] });
    const speechless = aNode({ conditions: [] });
    for (const node of [undated, speechless]) {
      expect(judge(aSubject({ pod: anEvictedPod(), node }), fiveNewer)).toMatchObject({
        until: noon + minutes(5),
        reason: "NodeWasSilent",
      });
    }
  });

  describe("in its first life, which goes on", () => {
    const made = atNoon(-minutes(4));
    const lab = parsePolicy({}, 20);
    if (lab.kind !== "policy") throw new Error("the lab's defaults are a policy");
    const { policy } = lab;
    const young = (readyAfterMs: number, status = "True") =>
      aNode({
        creationTimestamp: made,
        conditions: [{ type: "Ready", status, lastTransitionTime: made + readyAfterMs }],
      });
    const born = (at: number) => anEvictedPod({ creationTimestamp: at });

    it("is not waited for: nothing older can come back", () => {
      const subject = aSubject({ pod: born(made), node: young(seconds(30)) });
      expect(judge(subject, fiveNewer, { policy })).toMatchObject({ kind: "heal" });
    });

    it.each([
      ["became Ready later than a start takes", born(made), young(seconds(30) + 1)],
      ["is not Ready", born(made), young(seconds(10), "False")],
      ["is younger than the pod", born(made - 1), young(seconds(10))],
    ])("is waited for when it %s", (_, pod, node) => {
      const verdict = judge(aSubject({ pod, node }), fiveNewer, { policy });
      expect(verdict).toMatchObject({ kind: "wait", reason: "NodeWasSilent" });
    });
  });

  it.each(["none", "notFound"] as const)("is not waited for where there is none (%s)", (node) => {
    expect(judge(aSubject({ pod: anEvictedPod(), node }), fiveNewer)).toMatchObject({ kind: "heal" });
  });

  it("is no kubelet's matter for the lab: five minutes stay five minutes", () => {
    const lab = parsePolicy({}, 20);
    if (lab.kind !== "policy") throw new Error("the lab's defaults are a policy");
    const subject = aSubject({ pod: anEvictedPod(), node: aNodeWithReady("True", atNoon(-minutes(5) + 1)) });
    expect(judge(subject, fiveNewer, { policy: lab.policy })).toMatchObject({ kind: "wait", until: noon + 1 });
  });
});

describe("how many are kept (S0-50)", () => {
  it("keeps the newest five of an owner and class, however old", () => {
    const subject = aSubject({ pod: anEvictedPod() });
    expect(judge(subject, fiveNewer.slice(1), { now: noon + hours(1_000) })).toEqual({
      kind: "leave",
      reason: "KeptAsEvidence",
      message: "Pod shop/web-1 (Evicted) is one of the newest 5 of its owner: kept as evidence.",
    });
    expect(judge(subject, fiveNewer)).toMatchObject({ kind: "heal" });
  });

  it("counts only newer ones, of its own class", () => {
    const older = fiveNewer.map(({ uid }) => evicted(uid, atNoon(-hours(3))));
    const ofAnotherClass = fiveNewer.map((each): Residue => ({ ...each, residueClass: "Preempting" }));
    expect(judge(aSubject({ pod: anEvictedPod() }), [...older, ...ofAnotherClass])).toMatchObject({
      reason: "KeptAsEvidence",
    });
  });

  it("orders those of the same end by uid", () => {
    const endedAt = atNoon(-hours(2));
    const before = fiveNewer.map((_, index) => evicted(`a-${index}`, endedAt));
    const after = fiveNewer.map((_, index) => evicted(`z-${index}`, endedAt));
    const subject = aSubject({ pod: anEvictedPod({ uid: "m" }) });
    expect(judge(subject, before)).toMatchObject({ reason: "KeptAsEvidence" });
    expect(judge(subject, after)).toMatchObject({ kind: "heal" });
  });

  it("keeps as many as the policy says", () => {
    const subject = aSubject({ pod: anEvictedPod() });
    const [one] = fiveNewer;
    if (one === undefined) throw new Error("there are five");
    expect(judge(subject, [one], { policy: { ...defaults, keepNewest: 1 } })).toMatchObject({ kind: "heal" });
    expect(judge(subject, fiveNewer, { policy: { ...defaults, keepNewest: 6 } })).toMatchObject({ kind: "leave" });
  });
});

describe("how long the rest stay (S0-51)", () => {
  const endedAt = atNoon(-hours(2));
  const dueAt = endedAt + hours(1);
  const subject = aSubject({ pod: anEvictedPod({ resourceVersion: "4711" }) });

  it("waits until the time to live is over", () => {
    expect(judge(subject, fiveNewer, { now: dueAt - 1 })).toEqual({
      kind: "wait",
      until: dueAt,
      reason: "TimeToLiveRunning",
      message: "Pod shop/web-1 (Evicted) ended 59m59s ago; its time to live of 1h is running.",
    });
  });

  it.each([0, 1])("evicts it %i ms after", (ms) => {
    expect(judge(subject, fiveNewer, { now: dueAt + ms })).toEqual({
      kind: "heal",
      heal: { kind: "EvictTerminalPod", pod: subject.pod.ref, resourceVersion: "4711" },
      reason: "TimeToLiveOver",
      message:
        "Pod shop/web-1 (Evicted) ended 1h ago, past its time to live of 1h; 5 newer ones of its owner are there.",
    });
  });

  it("takes each class's own time to live", () => {
    const policy: Policy = { ...defaults, timeToLiveMs: { ...defaults.timeToLiveMs, Evicted: hours(6) } };
    expect(judge(subject, fiveNewer, { policy })).toMatchObject({ kind: "wait", until: endedAt + hours(6) });
  });

  it("sweeps bare pods, too: a Failed one runs no more", () => {
    const bare = aSubject({ pod: anEvictedPod({ owner: undefined }) });
    expect(judge(bare, fiveNewer)).toMatchObject({ kind: "heal", reason: "TimeToLiveOver" });
  });
});

describe("rejection loops (S0-23, 52, X-09)", () => {
  const endedAt = atNoon(-seconds(30));
  const subject = aSubject({ pod: aRejectedPod(endedAt) });
  const four = (at: number, nodeName?: string) => ["a", "b", "c", "d"].map((uid) => rejected(uid, at, nodeName));
  /** Not among the newest five. */
  const many = (at: number) => ["a", "b", "c", "d", "e", "f"].map((uid) => rejected(uid, at));

  it("hands the node over when five of one owner were rejected there within five minutes", () => {
    expect(judge(subject, four(noon))).toEqual({
      kind: "handOver",
      node: aNode().ref,
      reason: "RejectionLoop",
      message:
        "5 pods of Deployment shop/web were rejected by node n1 within 5m (OutOfcpu): " +
        "the scheduler goes on placing them there until the node is tainted or cordoned.",
    });
  });

  it.each([
    { what: "four are no loop", siblings: four(noon).slice(1) },
    { what: "pods of another node do not count", siblings: four(noon, "n2") },
    { what: "pods that ran do not count", siblings: four(noon).map((each) => ({ ...each, rejected: false })) },
    { what: "pods that came more than five minutes apart do not count", siblings: four(endedAt - minutes(5) - 1) },
  ])("$what", ({ siblings }) => {
    expect(judge(subject, siblings)).toMatchObject({ kind: "leave", reason: "KeptAsEvidence" });
  });

  it("takes five minutes to the millisecond, without the lab", () => {
    expect(judge(subject, four(endedAt - minutes(5)), { now: endedAt })).toMatchObject({ reason: "RejectionLoop" });
    expect(judge(subject, four(endedAt - minutes(5)), { now: endedAt + 1 })).toMatchObject({
      reason: "KeptAsEvidence",
    });
  });

  it("needs an owner: nobody makes bare pods again", () => {
    const bare = aSubject({ pod: aRejectedPod(endedAt, { owner: undefined }) });
    expect(judge(bare, four(noon))).toMatchObject({ kind: "leave", reason: "KeptAsEvidence" });
  });

  it.each([
    { how: "in the ReplicaSet", chain: [aReplicaSet({ templateNamesNode: true }), aDeployment()] },
    { how: "in the Deployment", chain: [aReplicaSet(), aDeployment({ templateNamesNode: true })] },
  ])("tells of the workload where the template names the node, $how", ({ chain }) => {
    const pinned = aSubject({ pod: aRejectedPod(endedAt), owners: { kind: "known", chain } });
    expect(judge(pinned, four(noon))).toEqual({
      kind: "escalate",
      about: aDeployment().ref,
      reason: "PinnedRejectionLoop",
      message:
        "5 pods of Deployment shop/web were rejected by node n1 within 5m (OutOfcpu), and its template names that node: " +
        "no taint ends this; scale it down or take the node out of the template.",
    });
  });

  it.each([
    { what: "a cordon", node: aNode({ unschedulable: true }) },
    { what: "our taint", node: aNode({ taints: [aTaint()] }) },
  ])("is stopped already by $what", ({ node }) => {
    const stopped = aSubject({ pod: aRejectedPod(endedAt), node });
    expect(judge(stopped, four(noon))).toMatchObject({ kind: "leave", reason: "KeptAsEvidence" });
    expect(judge(stopped, many(noon), { now: endedAt + seconds(60) })).toMatchObject({ kind: "heal" });
  });

  it("is not stopped by a taint that its pods tolerate", () => {
    const toleration = { key: "knitbone.io/suspect", operator: "Exists", value: "", effect: "" };
    const pod = aRejectedPod(endedAt, { tolerations: [toleration] });
    expect(judge(aSubject({ pod, node: aNode({ taints: [aTaint()] }) }), four(noon))).toMatchObject({
      kind: "handOver",
    });
  });

  it("is spoken of by its pods of the last five minutes only", () => {
    const patient: Policy = { ...defaults, keepNewest: 9 };
    const at = (now: number) => judge(subject, many(noon), { now, policy: patient });
    expect(at(endedAt + minutes(5))).toMatchObject({ kind: "handOver", reason: "RejectionLoop" });
    expect(at(endedAt + minutes(5) + 1)).toMatchObject({ kind: "leave", reason: "KeptAsEvidence" });
  });

  const elsewhere = many(noon).map((each) => ({ ...each, nodeName: "n2" }));
  it.each([
    {
      what: "five spread over more than five minutes",
      siblings: many(0).map((each, n) => ({ ...each, endedAt: noon + n * minutes(2) })),
    },
    { what: "a loop that came later", siblings: many(noon + minutes(10)) },
    {
      what: "a loop that came before",
      siblings: [...many(atNoon(-minutes(10))).map((each) => ({ ...each, uid: `old-${each.uid}` })), ...elsewhere],
    },
  ])("did not make a pod beside $what", ({ siblings }) => {
    const now = noon + minutes(20);
    expect(judge(subject, siblings, { now })).toMatchObject({ kind: "wait", until: endedAt + hours(1) });
  });

  it("did not make a pod that ran, beside those that never did", () => {
    const ran = aSubject({ pod: anEvictedPod() });
    const turnedAway = many(atNoon(-hours(2))).map(
      (each): Residue => ({ ...each, uid: `z-${each.uid}`, residueClass: "Evicted" }),
    );
    expect(judge(ran, turnedAway, { now: atNoon(-hours(1) - 1) })).toMatchObject({
      kind: "wait",
      until: atNoon(-hours(1)),
    });
  });

  it("did not make a pod that was never on a node", () => {
    const unbound = aSubject({ pod: aRejectedPod(endedAt, { nodeName: undefined }) });
    const siblings = many(noon).map(({ nodeName: _, ...each }) => each);
    expect(judge(unbound, siblings, { now: endedAt + seconds(60) })).toMatchObject({ kind: "wait" });
  });

  it("has nothing to stop on a node that is gone", () => {
    expect(judge(aSubject({ pod: aRejectedPod(endedAt), node: "notFound" }), four(noon))).toMatchObject({
      reason: "KeptAsEvidence",
    });
  });

  it("makes what is not among the newest due after 60 s", () => {
    expect(judge(subject, many(noon), { now: endedAt + seconds(60) - 1 })).toMatchObject({ kind: "handOver" });
    for (const ms of [0, 1]) {
      expect(judge(subject, many(noon), { now: endedAt + seconds(60) + ms })).toEqual({
        kind: "heal",
        heal: { kind: "EvictTerminalPod", pod: subject.pod.ref, resourceVersion: "1000" },
        reason: "LoopTimeToLiveOver",
        message:
          "Pod shop/web-1 (OutOfResource) ended 1m ago, past its time to live of 1m; 6 newer ones of its owner are there.",
      });
    }
  });

  it("leaves its pods due when it has ended, and keeps the newest without a word", () => {
    const now = noon + minutes(20);
    expect(judge(subject, many(noon), { now })).toMatchObject({ kind: "heal", reason: "LoopTimeToLiveOver" });
    expect(judge(subject, four(noon), { now })).toMatchObject({ kind: "leave", reason: "KeptAsEvidence" });
  });

  it("may still show later: a rejected pod is looked at again when that would make it due", () => {
    // Six newer ones, but of another node: no loop around this pod yet.
    const elsewhere = many(noon).map((each) => ({ ...each, nodeName: "n2" }));
    const looks = [
      { now: endedAt, until: endedAt + seconds(60) },
      { now: endedAt + seconds(60) - 1, until: endedAt + seconds(60) },
      { now: endedAt + seconds(60), until: endedAt + minutes(5) },
      { now: endedAt + minutes(5), until: endedAt + hours(1) },
    ];
    for (const { now, until } of looks) {
      expect(judge(subject, elsewhere, { now })).toMatchObject({ kind: "wait", until, reason: "TimeToLiveRunning" });
    }
    expect(judge(subject, elsewhere, { now: endedAt + hours(1) })).toMatchObject({ reason: "TimeToLiveOver" });
  });
});
