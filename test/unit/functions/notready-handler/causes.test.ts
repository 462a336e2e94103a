import { describe, expect, it } from "vitest";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode } from "../../../build/node.ts";
import { aStandingPod } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { judge, nodeEvent, pleg, readyWith, sayingNotReady, seenNotReady, suspected } from "./situation.ts";

const since = atNoon(-minutes(10));
const overdue = aStandingPod({ endsBy: atNoon(-minutes(1)) });
const manyPods = (count: number, members: Parameters<typeof aStandingPod>[0] = {}) =>
  Array.from({ length: count }, (_, n) => aStandingPod({ ref: aRef({ name: `web-${n}` }), ...members }));

describe("what a node's message says", () => {
  it("is told with what the catalogue knows of each part (S3-08)", () => {
    const node = sayingNotReady("container runtime is down", { taints: [suspected(atNoon(-minutes(1)))] });
    expect(judge({ node, memory: seenNotReady })).toMatchObject({
      kind: "escalate",
      reason: "NotReadyRuntime",
      message:
        "Node n1 is not Ready: container runtime is down. Likely: The runtime has not answered the kubelet for 30 s.",
    });
  });

  it("names versions that are known to hang as a likely cause, with the source (S0-66, S1-11)", () => {
    const node = sayingNotReady(pleg, { kubeletVersion: "v1.12.6" });
    expect(judge({ node, memory: seenNotReady }).message).toContain(
      "its kubelet is older than 1.14, whose PLEG can deadlock with the sync loop (https://github.com/kubernetes/kubernetes/issues/72482 (S1-11))",
    );
  });

  it("goes with what its Events say, when they are fresh and the kubelet's or an agent's (S0-72)", () => {
    const text = "INFO: task runc:4242 blocked for more than 120 seconds.";
    const words = "A process of the node hangs in the kernel";
    const message = (source: string, lastSeenAt: number) =>
      judge({
        node: sayingNotReady(pleg),
        memory: seenNotReady,
        events: [nodeEvent({ reason: "TaskHung", message: text, source, lastSeenAt })],
      }).message;
    expect(message("kernel-monitor", noon)).toContain(words);
    expect(message("kernel-monitor", atNoon(-minutes(15) - 1))).not.toContain(words);
    expect(message("somebody", noon)).not.toContain(words);
  });
});

describe("a node that ceased to be Ready after its kubelet was started", () => {
  const started = (at: number, source = "kubelet") =>
    nodeEvent({ type: "Normal", reason: "Starting", message: "Starting kubelet.", source, lastSeenAt: at });
  const node = sayingNotReady("container runtime is down", { since });

  it.each([
    ["a quarter of an hour before", since - minutes(15), "AfterKubeletRestart"],
    ["longer before", since - minutes(15) - 1, "NotReadyRuntime"],
    ["long after", since + minutes(2), "NotReadyRuntime"],
  ])("%s: the cause (S3-01, S3-11)", (_, at, reason) => {
    expect(judge({ node, memory: seenNotReady, events: [started(at)] })).toMatchObject({ kind: "heal", reason });
  });

  it("is told that going back is no remedy (S3-01)", () => {
    expect(judge({ node, memory: seenNotReady, events: [started(since)] }).message).toContain(
      "going back to the version before is no remedy",
    );
  });

  it("was not started by another component's start, nor by us", () => {
    expect(judge({ node, memory: seenNotReady, events: [started(since, "kube-proxy")] })).toMatchObject({
      reason: "NotReadyRuntime",
    });
    const tried = [{ rung: "restart-kubelet", id: "x-1", cause: "NotReadyRuntime", at: since - 1 }] as const;
    expect(judge({ node, memory: { ...seenNotReady, tried }, events: [started(since)] })).toMatchObject({
      reason: "NotReadyRuntime",
    });
  });

  it("is known by the version as well", () => {
    const kubelet = { version: "v1.36.3", at: since - minutes(2) };
    expect(judge({ node, memory: { ...seenNotReady, kubelet } })).toMatchObject({ reason: "AfterKubeletRestart" });
    // The version that was there at the first look is no change.
    expect(judge({ node, memory: { ...seenNotReady, kubelet: { ...kubelet, at: 0 } } })).toMatchObject({
      reason: "NotReadyRuntime",
    });
  });
});

describe("a node that was rebooted", () => {
  const boots = (...at: readonly number[]) => [
    { id: "b0", at: atNoon(-hours(30)) },
    ...at.map((each, n) => ({ id: `b${n + 1}`, at: each })),
  ];
  const node = sayingNotReady("container runtime is down", { since });

  it("a quarter of an hour around its change, by itself: PostReboot (S0-62)", () => {
    const reasonOf = (at: number) => judge({ node, memory: { ...seenNotReady, boots: boots(at) } }).reason;
    expect(reasonOf(since + minutes(15))).toBe("PostReboot");
    expect(reasonOf(since - minutes(15))).toBe("PostReboot");
    expect(reasonOf(since - minutes(15) - 1)).toBe("NotReadyRuntime");
  });

  it("and has pods since then of which nobody has heard a word, is marked for that though it is Ready (S0-62)", () => {
    const silent = aStandingPod({ silentSince: atNoon(-minutes(2)) });
    const symptoms = [{ pod: aRef(), reason: "Silent", message: "", at: noon }];
    const memory = { boots: boots(atNoon(-minutes(4))) };
    expect(judge({ symptoms, memory, subject: { pods: [silent] } })).toMatchObject({
      kind: "heal",
      reason: "PostReboot",
    });
  });

  it("twice within a day by itself is marked and told as broken hardware, and is never rebooted by us (S0-57)", () => {
    const twice = { boots: boots(atNoon(-hours(20)), atNoon(-hours(3))) };
    expect(judge({ memory: twice })).toMatchObject({ kind: "heal", heal: { kind: "TaintNode" }, reason: "Rebooting" });
    expect(judge({ memory: { boots: boots(atNoon(-hours(25)), atNoon(-hours(3))) } })).toMatchObject({
      reason: "NodeWell",
    });
    const marked = sayingNotReady("container runtime is down", { taints: [suspected(since)] });
    const verdict = judge({ node: marked, memory: { ...seenNotReady, ...twice }, knobs: { rungs: ["reboot"] } });
    expect(verdict).toMatchObject({ kind: "escalate", reason: "Rebooting" });
    expect(verdict.message).toContain("look at its hardware, and do not reboot it");
  });

  it("by us does not count", () => {
    const at = atNoon(-hours(3));
    const tried = [{ rung: "reboot", id: "x", cause: "NotReadyPleg", at: at - minutes(5) }] as const;
    expect(judge({ memory: { boots: boots(atNoon(-hours(20)), at), tried } })).toMatchObject({ reason: "NodeWell" });
  });
});

describe("a node that holds too many pods", () => {
  it("is that, from nine tenths of what it says it can hold on, beside PLEG (S1-06, S1-10, S1-20)", () => {
    const node = sayingNotReady(pleg);
    const reasonOf = (pods: number, knobs = {}) =>
      judge({ node, memory: seenNotReady, subject: { pods: manyPods(pods) }, knobs }).reason;
    expect(reasonOf(99)).toBe("Density");
    expect(reasonOf(98)).toBe("NotReadyPleg");
    expect(reasonOf(70, { densityPods: 70 })).toBe("Density");
    expect(judge({ subject: { pods: manyPods(110) } })).toMatchObject({ reason: "NodeWell" });
  });

  it("is told with what asks for nothing, and with what is kept for the system (S1-18, S1-19)", () => {
    const node = sayingNotReady(pleg, { allocatable: { cpu: 3.5, memory: 14 * 2 ** 30, pods: 110 } });
    const pods = [...manyPods(95), ...manyPods(5, { unbounded: true }), ...manyPods(9, { ended: true })];
    expect(judge({ node, memory: seenNotReady, subject: { pods } }).message).toContain(
      "holds 100 pods, of 110 that it says it can; 5 of them ask for nothing, and 0.5 cores and 2.0 GiB are kept for the system",
    );
  });
});

describe("a condition beside Ready", () => {
  const restarts = {
    type: "FrequentContainerdRestart",
    reason: "FrequentContainerdRestart",
    message: "Found 5 matching logs",
  };

  it("that its agent takes back counts by itself, once it has stood for 300 s (S0-20)", () => {
    const node = readyWith({ ...restarts, lastTransitionTime: atNoon(-minutes(5)) });
    expect(judge({ node })).toMatchObject({ kind: "heal", heal: { kind: "TaintNode" }, reason: "RuntimeDown" });
    expect(judge({ node, now: noon - 1 })).toMatchObject({ kind: "wait", reason: "ConditionYet", until: noon });
  });

  it("whose agent has been silent for three of its periods does not count (S0-79)", () => {
    const stale = (ms: number) => judge({ node: readyWith({ ...restarts, lastHeartbeatTime: noon - ms }) });
    expect(stale(minutes(15))).toMatchObject({ kind: "heal" });
    expect(stale(minutes(15) + 1)).toMatchObject({ kind: "leave", reason: "OnlyConditions" });
  });

  it("that latches never counts alone: it is told; beside an ailment it does count", () => {
    const node = readyWith({
      type: "ReadonlyFilesystem",
      reason: "FilesystemIsReadOnly",
      message: "Remounting filesystem read-only",
    });
    expect(judge({ node })).toMatchObject({ kind: "escalate", reason: "FilesystemReadOnly" });
    expect(judge({ node, subject: { pods: [overdue] } })).toMatchObject({ kind: "heal", reason: "FilesystemReadOnly" });
  });

  it("that nobody explains is only named, ailing or not (S0-72)", () => {
    const node = readyWith({ type: "FansTooLoud", reason: "Loud" });
    expect(judge({ node })).toMatchObject({ kind: "leave", reason: "OnlyConditions" });
    expect(judge({ node, subject: { pods: [overdue] } })).toMatchObject({ kind: "leave", reason: "OnlyConditions" });
  });

  it.each(["DiskPressure", "MemoryPressure", "PIDPressure"])(
    "%s is told after 300 s and marks nothing (S0-55, S0-56)",
    (type) => {
      const at = (ms: number) => judge({ node: readyWith({ type, lastTransitionTime: noon - ms }) });
      expect(at(minutes(5))).toMatchObject({ kind: "escalate", reason: type });
      expect(at(minutes(5) - 1)).toMatchObject({ kind: "wait", reason: "ConditionYet" });
    },
  );

  it("that went a moment ago keeps our mark for ten minutes more", () => {
    const gone = readyWith({ ...restarts, status: "False", lastTransitionTime: atNoon(-minutes(9)) });
    const node = { ...gone, taints: [suspected(atNoon(-hours(1)))] };
    expect(judge({ node })).toMatchObject({ kind: "wait", reason: "StayingWell", until: noon + minutes(1) });
  });

  it("that stands keeps our mark, whatever else is well", () => {
    const node = { ...readyWith(restarts), taints: [suspected(atNoon(-hours(1)))] };
    expect(judge({ node })).toMatchObject({ kind: "escalate", reason: "RuntimeDown" });
  });
});

describe("a node that lost devices", () => {
  const gpus = (offered: number, had: number) =>
    aNode({ allocatable: { "nvidia.com/gpu": offered }, capacity: { "nvidia.com/gpu": had } });

  it("is told after 300 s, and nothing is done to it (S0-60, S0-89)", () => {
    const lost = (ms: number) => judge({ node: gpus(1, 4), memory: { devicesLostSince: noon - ms } });
    expect(lost(minutes(5))).toMatchObject({ kind: "escalate", reason: "DeviceLost" });
    expect(lost(minutes(5)).message).toContain("nvidia.com/gpu: 1 of 4");
    expect(lost(minutes(5) - 1)).toMatchObject({ kind: "wait", reason: "ConditionYet" });
  });

  it("counts what it had before, when it says itself that it has none", () => {
    const memory = { devices: { "nvidia.com/gpu": 4 }, devicesLostSince: atNoon(-hours(1)) };
    expect(judge({ node: gpus(0, 0), memory })).toMatchObject({ reason: "DeviceLost" });
    expect(judge({ node: gpus(4, 4), memory })).toMatchObject({ reason: "NodeWell" });
  });
});
