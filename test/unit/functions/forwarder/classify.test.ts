import { describe, expect, it } from "vitest";
import { classifyEvent, classifyLease, classifyNode, classifyPod } from "../../../../functions/forwarder/classify.ts";
import { forwarderSettings } from "../../../../functions/forwarder/settings.ts";
import { eventFromRaw } from "../../../../shared/kubernetes/event.ts";
import { leaseFromRaw } from "../../../../shared/kubernetes/lease.ts";
import { nodeFromRaw } from "../../../../shared/kubernetes/node.ts";
import { podFromRaw } from "../../../../shared/kubernetes/pod.ts";
import { seconds } from "../../../../shared/time/duration.ts";
import { at, failedPod, noon, rawEvent, rawLease, rawNode, rawPod, waitingPod } from "./raw-objects.ts";

const settings = forwarderSettings();
const judgePod = (raw: Record<string, unknown>, now = noon) => classifyPod(podFromRaw(raw), now, settings);

describe("a pod's deletionTimestamp", () => {
  const terminating = rawPod({ metadata: { deletionTimestamp: at(0) } });

  it.each([
    ["one second before", -1_000, { signals: [], lookAgainAt: noon + 1 }],
    ["at it", 0, { signals: [], lookAgainAt: noon + 1 }],
    ["one millisecond past", 1, { signals: ["PodOverdue"] }],
    ["an hour past", 3_600_000, { signals: ["PodOverdue"] }],
  ])("%s", (_, offset, expected) => {
    expect(judgePod(terminating, noon + offset)).toEqual(expected);
  });
});

describe("an unscheduled pod", () => {
  const unscheduled = (over = {}) =>
    rawPod({
      metadata: { creationTimestamp: at(0), ...over },
      spec: { nodeName: undefined },
      status: { phase: "Pending", startTime: undefined, conditions: [], containerStatuses: [] },
    });

  it.each([
    ["new", 0, { signals: [], lookAgainAt: noon + 90_000 }],
    ["one millisecond before the settle time", 89_999, { signals: [], lookAgainAt: noon + 90_000 }],
    ["at the settle time", 90_000, { signals: ["PodUnscheduled"] }],
    ["one millisecond after it", 90_001, { signals: ["PodUnscheduled"] }],
  ])("%s", (_, offset, expected) => {
    expect(judgePod(unscheduled(), noon + offset)).toEqual(expected);
  });

  it("settles twenty times sooner in the lab", () => {
    const lab = forwarderSettings({}, 20);
    expect(classifyPod(podFromRaw(unscheduled()), noon + 4_500, lab).signals).toEqual(["PodUnscheduled"]);
  });

  it("is quiet while somebody gates its scheduling", () => {
    const gated = rawPod({
      metadata: { creationTimestamp: at(-600_000) },
      spec: { nodeName: undefined, schedulingGates: [{ name: "example.com/wait" }] },
      status: { phase: "Pending", startTime: undefined, containerStatuses: [] },
    });
    expect(judgePod(gated)).toEqual({ signals: [] });
  });

  it("is no question of scheduling any more once it is being deleted", () => {
    expect(judgePod(unscheduled({ deletionTimestamp: at(30_000) }), noon)).toEqual({
      signals: [],
      lookAgainAt: noon + 30_001,
    });
  });
});

describe("a bound pod without a word from its kubelet", () => {
  const silent = (status = {}) =>
    rawPod({
      metadata: { creationTimestamp: at(-600_000) },
      status: {
        phase: "Pending",
        startTime: undefined,
        conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: at(0) }],
        containerStatuses: [],
        ...status,
      },
    });

  it.each([
    ["one millisecond before the settle time after binding", 89_999, { signals: [], lookAgainAt: noon + 90_000 }],
    ["at the settle time", 90_000, { signals: ["PodSilent"] }],
  ])("%s", (_, offset, expected) => {
    expect(judgePod(silent(), noon + offset)).toEqual(expected);
  });

  it("is quiet once the kubelet wrote a start time, until it has taken too long to start (S0-26, S0-34)", () => {
    const spoken = silent({ startTime: at(1_000) });
    expect(judgePod(spoken, noon + 299_999)).toEqual({ signals: [], lookAgainAt: noon + 300_000 });
    expect(judgePod(spoken, noon + 300_000)).toEqual({ signals: ["PodStarting"] });
  });
});

describe("a pod that takes its time to start", () => {
  const starting = (status = {}) =>
    rawPod({
      spec: { initContainers: [{ name: "init" }] },
      status: {
        phase: "Pending",
        startTime: at(1_000),
        conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: at(0) }],
        ...status,
      },
    });
  const initRuns = { initContainerStatuses: [{ name: "init", state: { running: { startedAt: at(2_000) } } }] };

  it("becomes one with an init container that still runs (S0-26)", () => {
    expect(judgePod(starting(initRuns), noon + 299_999).signals).toEqual([]);
    expect(judgePod(starting(initRuns), noon + 300_000).signals).toEqual(["PodStarting"]);
  });

  it("is none once it runs, is being deleted, or waits for a reason of its own", () => {
    expect(judgePod(starting({ phase: "Running" }), noon + 600_000).signals).toEqual([]);
    const waits = { containerStatuses: [{ name: "app", state: { waiting: { reason: "ErrImagePull" } } }] };
    expect(judgePod(starting(waits), noon + 600_000).signals).toEqual(["PodWaiting"]);
  });
});

describe("a pod that runs and fails its probes (S0-97)", () => {
  const settled = seconds(300);
  const unready = (
    over: {
      container?: object;
      containers?: readonly object[];
      ready?: object;
      status?: object;
      metadata?: object;
    } = {},
  ) =>
    rawPod({
      metadata: { ...over.metadata },
      status: {
        conditions: [
          { type: "Ready", status: "False", reason: "ContainersNotReady", lastTransitionTime: at(0), ...over.ready },
        ],
        containerStatuses: over.containers ?? [
          { name: "app", ready: false, started: true, state: { running: {} }, ...over.container },
        ],
        ...over.status,
      },
    });

  it("becomes one once it has been unready for the settle time", () => {
    expect(judgePod(unready(), noon + settled - 1)).toEqual({ signals: [], lookAgainAt: noon + settled });
    expect(judgePod(unready(), noon + settled)).toEqual({ signals: ["PodUnready"] });
    const lab = forwarderSettings({}, 20);
    expect(classifyPod(podFromRaw(unready()), noon + settled / 20, lab).signals).toEqual(["PodUnready"]);
  });

  it("counts from the first start of a container that took long to come, and not from its restarts", () => {
    const startedAt = at(seconds(200));
    const first = unready({ container: { restartCount: 0, state: { running: { startedAt } } } });
    expect(judgePod(first, noon + settled)).toEqual({ signals: [], lookAgainAt: noon + seconds(500) });
    const again = unready({ container: { restartCount: 3, state: { running: { startedAt } } } });
    expect(judgePod(again, noon + settled).signals).toEqual(["PodUnready"]);
  });

  it.each([
    ["ready", { ready: { status: "True", reason: undefined } }],
    ["not ready for its node's sake", { ready: { reason: undefined } }],
    ["not ready for a readiness gate's sake", { ready: { reason: "ReadinessGatesNotReady" } }],
    ["whose running containers are all ready", { container: { ready: true } }],
    ["that has failed", { status: { phase: "Failed" } }],
    ["that has succeeded", { status: { phase: "Succeeded" } }],
  ])("one that is %s is none", (_, over) => {
    expect(judgePod(unready(over), noon + settled).signals).not.toContain("PodUnready");
  });

  it("one whose container waits between two crashes waits, and no more", () => {
    const crashing = [
      { name: "app", ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } },
      { name: "beside", ready: false, state: { running: {} } },
    ];
    const pod = unready({ containers: crashing });
    expect(judgePod(pod, noon + settled)).toEqual({ signals: ["PodWaiting"] });
  });

  it("one that is being deleted is overdue in its time, and no more", () => {
    const going = unready({ metadata: { deletionTimestamp: at(0) } });
    expect(judgePod(going, noon + settled)).toEqual({ signals: ["PodOverdue"] });
  });
});

describe("a pod's containers and phase", () => {
  const waiting = (reason: string | undefined) =>
    waitingPod({ status: { containerStatuses: [{ name: "app", state: { waiting: { reason } } }] } });

  it.each([
    ["ContainerCreating", ["PodStarting"]],
    ["PodInitializing", ["PodStarting"]],
    [undefined, ["PodStarting"]],
    ["ImagePullBackOff", ["PodWaiting"]],
    ["CrashLoopBackOff", ["PodWaiting"]],
    ["CreateContainerError", ["PodWaiting"]],
  ])("waiting for %s, long after it was bound", (reason, signals) => {
    expect(judgePod(waiting(reason)).signals).toEqual(signals);
  });

  it("counts an init container that waits", () => {
    const pod = rawPod({
      spec: { initContainers: [{ name: "init" }] },
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "init", state: { waiting: { reason: "ErrImagePull" } } }],
      },
    });
    expect(judgePod(pod).signals).toEqual(["PodWaiting"]);
  });

  it("a Failed pod is suspect, whatever its containers' last states say", () => {
    const failed = failedPod({
      status: { containerStatuses: [{ name: "app", state: { waiting: { reason: "ImagePullBackOff" } } }] },
    });
    expect(judgePod(failed).signals).toEqual(["PodFailed"]);
  });

  it("a Failed pod that is past its deletionTimestamp carries both signals", () => {
    expect(judgePod(failedPod({ metadata: { deletionTimestamp: at(-60_000) } })).signals).toEqual([
      "PodOverdue",
      "PodFailed",
    ]);
  });

  it.each(["Running", "Succeeded"])("%s is quiet", (phase) => {
    expect(judgePod(rawPod({ status: { phase } }))).toEqual({ signals: [] });
  });
});

describe("a node", () => {
  const node = (conditions: readonly object[]) =>
    nodeFromRaw({ ...rawNode(), status: { conditions: [...conditions] } });
  const ready = { type: "Ready", status: "True" };

  it.each([
    ["Ready", [ready], []],
    ["Ready=False", [{ type: "Ready", status: "False" }], ["NodeNotReady"]],
    ["Ready=Unknown", [{ type: "Ready", status: "Unknown" }], ["NodeNotReady"]],
    ["without a Ready condition", [], ["NodeNotReady"]],
    ["under pressure", [ready, { type: "DiskPressure", status: "True" }], ["NodeCondition"]],
    ["not under pressure", [ready, { type: "DiskPressure", status: "False" }], []],
    ["with a trouble nobody knows about", [ready, { type: "KernelDeadlock", status: "Unknown" }], []],
    ["whose runtime is not ready", [ready, { type: "ContainerRuntimeReady", status: "False" }], ["NodeCondition"]],
    ["whose runtime is ready", [ready, { type: "ContainerRuntimeReady", status: "True" }], []],
    [
      "not ready and under pressure",
      [
        { type: "Ready", status: "False" },
        { type: "PIDPressure", status: "True" },
      ],
      ["NodeNotReady", "NodeCondition"],
    ],
  ])("%s", (_, conditions, signals) => {
    expect(classifyNode(node(conditions), false)).toEqual({ signals });
  });

  it("that offers fewer devices than it has is suspect (S0-60)", () => {
    const having = (offered: number) => ({
      ...node([ready]),
      capacity: { "nvidia.com/gpu": 4 },
      allocatable: { "nvidia.com/gpu": offered },
    });
    expect(classifyNode(having(3), false)).toEqual({ signals: ["NodeCondition"] });
    expect(classifyNode(having(4), false)).toEqual({ signals: [] });
  });

  it("with a stale Lease is suspect although it is still Ready", () => {
    expect(classifyNode(node([ready]), true)).toEqual({ signals: ["NodeLeaseStale"] });
  });
});

describe("a node's Lease of 40 s", () => {
  const lease = leaseFromRaw(rawLease());

  it.each([
    ["at the fourth renewal", 40_000, { stale: false, lookAgainAt: 40_001 }],
    ["one millisecond later", 40_001, { stale: true, lookAgainAt: 40_001 }],
  ])("%s", (_, now, expected) => {
    expect(classifyLease(lease, 0, 0, now)).toEqual(expected);
  });

  it("is not judged for a time in which nobody watched", () => {
    expect(classifyLease(lease, 0, 30_000, 60_000)).toEqual({ stale: false, lookAgainAt: 70_001 });
  });

  it("falls back to Kubernetes' own duration", () => {
    expect(leaseFromRaw({ metadata: { name: "n1" }, spec: {} }).durationMs).toBe(seconds(40));
  });
});

describe("an Event", () => {
  const judge = (over: Record<string, unknown>, now = noon) =>
    classifyEvent(eventFromRaw(rawEvent({ over })), now).signals;

  it.each([
    ["a warning about a pod", {}, ["WarningEvent"]],
    ["a warning about a node", { involvedObject: { kind: "Node", name: "n1", uid: "n1" } }, ["WarningEvent"]],
    ["a warning about a claim", { involvedObject: { kind: "PersistentVolumeClaim", name: "data" } }, []],
    ["no warning", { type: "Normal" }, []],
    ["one of Knitbone's own", { reportingComponent: "knitbone.io/terminating-reaper" }, []],
  ])("%s", (_, over, signals) => {
    expect(judge(over)).toEqual(signals);
  });

  it.each([
    ["five minutes old", 300_000, ["WarningEvent"]],
    ["one millisecond older", 300_001, []],
  ])("%s", (_, age, signals) => {
    expect(judge({}, noon + age)).toEqual(signals);
  });

  it("is as young as its series' last sight", () => {
    expect(judge({ series: { count: 5, lastObservedTime: at(600_000) } }, noon + 600_000)).toEqual(["WarningEvent"]);
  });
});
