import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { BoundAround } from "../../../../functions/pending-rescheduler/facts.ts";
import { pendingRescheduler } from "../../../../functions/pending-rescheduler/healer.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader, type World } from "../../../build/cluster-reader.ts";
import { aClusterReport, aStoredReport } from "../../../build/cluster-state.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aSighting } from "../../../build/message.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode, aTaint } from "../../../build/node.ts";
import { aRef } from "../../../build/object-ref.ts";
import { anUnboundPod, aSilentPod, aStartingPod } from "../../../build/pending-pod.ts";
import { aCondition, aContainer, anOverduePod, aPod } from "../../../build/pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

const policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const object = aRef();

function world(members: World = {}): World {
  return {
    nodes: [aNode()],
    namespaces: [aNamespace()],
    workloads: [aReplicaSet(), aDeployment()],
    ...members,
  };
}

async function around(members: World, known = aKnowledge()) {
  const cluster = aClusterReader(world(members));
  const healer = pendingRescheduler(policy);
  const facts = await healer.observe(cluster, object, known);
  if (facts === undefined || !("around" in facts)) throw new Error("the pod is there");
  const verdict = healer.decide(facts, anOpenCase(), noon);
  return { around: facts.around, verdict, reads: cluster.reads, evidence: healer.evidence(facts) };
}

const boundOf = async (members: World) => (await around(members)).around as BoundAround;

describe("what concerns pending-rescheduler", () => {
  const healer = pendingRescheduler(policy);
  it.each([
    { what: "an unscheduled pod", sighting: aSighting({ signals: ["PodUnscheduled"] }), expected: true },
    { what: "a silent pod", sighting: aSighting({ signals: ["PodSilent"] }), expected: true },
    { what: "a pod that waits", sighting: aSighting({ signals: ["PodWaiting"] }), expected: true },
    { what: "a pod that starts slowly", sighting: aSighting({ signals: ["PodStarting"] }), expected: true },
    { what: "a mere warning about a pod", sighting: aSighting({ signals: ["WarningEvent"] }), expected: false },
    { what: "a pod that is gone", sighting: aSighting({ delta: "gone", signals: [] }), expected: true },
    { what: "an overdue pod", sighting: aSighting({ signals: ["PodOverdue"] }), expected: false },
    {
      what: "a warning about a node",
      sighting: aSighting({ object: aNode().ref, signals: ["WarningEvent"] }),
      expected: false,
    },
  ])("$what: $expected", ({ sighting, expected }) => {
    expect(healer.concerns(sighting)).toBe(expected);
  });
});

describe("what pending-rescheduler observes", () => {
  it("of a pod that ends nothing more", async () => {
    const { around: seen, reads } = await around({ pods: [anOverduePod()] });
    expect(seen).toEqual({ kind: "ending" });
    expect(reads).not.toContain("pods Pending");
  });

  it("takes another uid for another pod or another workload", async () => {
    const healer = pendingRescheduler(policy);
    const cluster = aClusterReader(world({ pods: [aSilentPod({ uid: "another" })] }));
    expect(await healer.observe(cluster, object, aKnowledge())).toBeUndefined();
    expect(await healer.observe(cluster, aDeployment().ref, aKnowledge())).toBeUndefined();
  });

  it("of a pod without a node: its autoscaler's word and the pools (S0-12)", async () => {
    const message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).";
    const nodes = [aNode({ taints: [aTaint({ key: "dedicated", value: "gpu" })] }), aNode({ name: "n2" })];
    const events = [
      anEvent({
        type: "Normal",
        reason: "TriggeredScaleUp",
        source: "cluster-autoscaler",
        lastSeenAt: atNoon(-60_000),
      }),
      anEvent({ type: "Normal", reason: "TriggeredScaleUp", source: "mallory", lastSeenAt: noon }),
    ];
    const pools = [{ pool: "a", nodes: 2, free: { cpu: 1 }, largestFree: { cpu: 1 } }];
    const report = aStoredReport({ report: aClusterReport({ pools }) });
    const seen = await around({ pods: [anUnboundPod(message)], nodes, events }, aKnowledge({ report }));
    expect(seen.around).toEqual({ kind: "unbound", scaledUpAt: atNoon(-60_000), pools });
    const plain = await around({ pods: [anUnboundPod("0/2 nodes are available: 2 Insufficient cpu.")] });
    expect(plain.reads).not.toContain("nodes");
    const karpenter = anEvent({ type: "Normal", reason: "Nominated", source: "karpenter", lastSeenAt: noon });
    const nominated = await around({
      pods: [anUnboundPod("0/2 nodes are available: 2 Insufficient cpu.")],
      events: [karpenter],
    });
    expect(nominated.verdict).toMatchObject({ kind: "wait", reason: "AutoscalerAtWork" });
  });

  it("of a silent pod: the other silent ones, also those that are being deleted, and who starts pods (S0-14)", async () => {
    const { around: seen, reads } = await around({
      pods: [
        aSilentPod(),
        aSilentPod({ name: "web-2", deletionTimestamp: atNoon(minutes(1)), age: minutes(9) }),
        aStartingPod({ name: "web-3", nodeName: "n2", startTime: atNoon(-minutes(2)) }),
        anUnboundPod("", { name: "web-4" }),
      ],
    });
    expect(seen).toEqual({
      kind: "silent",
      silent: [
        { node: "n1", since: atNoon(-minutes(10)) },
        { node: "n1", since: atNoon(-minutes(9)) },
      ],
      startedElsewhereAt: atNoon(-minutes(2)),
    });
    expect(reads).not.toContain("nodes");
  });

  it("asks a few other nodes for what they started, until one is proof", async () => {
    const nodes = Array.from({ length: 30 }, (_, n) => aNode({ name: `n${n + 10}` }));
    const asked = await around({ nodes: [aNode(), ...nodes], pods: [aSilentPod()] });
    expect(asked.around).toEqual({ kind: "silent", silent: [{ node: "n1", since: atNoon(-minutes(10)) }] });
    expect(asked.reads.filter((each) => each.startsWith("pods n"))).toHaveLength(10);
    const proof = aPod({ name: "web-9", nodeName: "n10", startTime: atNoon(-minutes(1)) });
    const proven = await around({ nodes: [aNode(), ...nodes], pods: [aSilentPod(), proof] });
    expect(proven.around).toMatchObject({ startedElsewhereAt: atNoon(-minutes(1)) });
    expect(proven.reads.filter((each) => each.startsWith("pods n"))).toEqual(["pods n10"]);
  });

  it("does not take a pod for silent of which its kubelet writes Events", async () => {
    const event = anEvent({
      reason: "FailedCreatePodContainer",
      message:
        "unable to ensure pod container exists: failed to create container for [kubepods besteffort pod4] : mkdir /sys/fs/cgroup/kubepods.slice: no such file or directory",
    });
    const seen = await around({ pods: [aSilentPod()], events: [event] });
    expect(seen.around).toMatchObject({ kind: "bound", said: [{ from: "event", reason: "FailedCreatePodContainer" }] });
    // S0-19: the slice of the node is missing.
    expect(seen.verdict).toMatchObject({ kind: "handOver", reason: "CgroupMissing" });
  });

  it("reads the Pending pods of a cluster once for a batch", async () => {
    const healer = pendingRescheduler(policy);
    const cluster = aClusterReader(world({ pods: [aSilentPod(), aSilentPod({ name: "web-2" })] }));
    await healer.observe(cluster, object, aKnowledge());
    await healer.observe(cluster, aSilentPod({ name: "web-2" }).ref, aKnowledge());
    expect(cluster.reads.filter((each) => each === "pods Pending")).toHaveLength(1);
  });
});

describe("Events only explain what the pod itself shows (K12)", () => {
  const sandbox = anEvent({
    reason: "FailedCreatePodSandBox",
    message:
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.k8s.io/pause:3.10"',
  });
  const condition = (status: string) => aCondition({ type: "PodReadyToStartContainers", status });
  const scheduled = aCondition({ type: "PodScheduled", status: "True", lastTransitionTime: atNoon(-minutes(10)) });

  it("no sandbox failure of a pod that has one", async () => {
    const without = aStartingPod({ conditions: [scheduled, condition("False")] });
    expect((await boundOf({ pods: [without], events: [sandbox] })).said).toHaveLength(1);
    const having = aStartingPod({ conditions: [scheduled, condition("True")] });
    expect((await boundOf({ pods: [having], events: [sandbox] })).said).toEqual([]);
    expect((await boundOf({ pods: [aPod()], events: [sandbox] })).said).toEqual([]);
  });

  it("no failed container of a pod whose containers are on their way", async () => {
    const failed = anEvent({ reason: "Failed", message: "Error: ErrImagePull" });
    expect((await boundOf({ pods: [aStartingPod()], events: [failed] })).said).toEqual([]);
    expect((await boundOf({ pods: [aStartingPod({ reason: "ErrImagePull" })], events: [failed] })).said).toHaveLength(
      1,
    );
  });

  it.each([
    ["DNSConfigForming", "Nameserver limits were exceeded, some nameservers have been omitted"],
    [
      "FailedToRetrieveImagePullSecret",
      "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
    ],
    [
      "MissingClusterDNS",
      'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy.',
    ],
  ])("not what holds nothing up: %s", async (reason, message) => {
    const facts = { pods: [aStartingPod({ age: minutes(20) })], events: [anEvent({ reason, message })] };
    expect((await boundOf(facts)).said).toEqual([]);
  });

  it.each([
    ["somebody who is no kubelet", { source: "mallory" }],
    ["long ago", { lastSeenAt: atNoon(-minutes(10) - 1) }],
    ["no Warning", { type: "Normal" }],
  ])("nor anything of %s", async (_, members) => {
    expect((await boundOf({ pods: [aStartingPod()], events: [{ ...sandbox, ...members }] })).said).toEqual([]);
  });
});

describe("the same elsewhere", () => {
  const words = "failed to get sandbox image";
  const sandbox = anEvent({
    reason: "FailedCreatePodSandBox",
    message: `Failed to create pod sandbox: rpc error: code = Unknown desc = ${words} "registry.k8s.io/pause:3.10"`,
  });
  const failsOn = async (...others: readonly ReturnType<typeof aPod>[]) =>
    (await boundOf({ pods: [aStartingPod(), ...others], events: [sandbox] })).failsOn;
  const other = { name: "web-2", nodeName: "n2" } as const;

  it("is looked for among the Pending pods, and only where the node may be the cause (S0-29)", async () => {
    const { reads } = await around({ pods: [aStartingPod()], events: [sandbox] });
    expect(reads).toContain("pods Pending");
    const crash = aStartingPod({
      reason: "CrashLoopBackOff",
      message: "back-off 5m0s restarting failed container=app pod=web-1",
    });
    expect((await around({ pods: [crash] })).reads).not.toContain("pods Pending");
  });

  it("is a pod of the same workload, or with the same image, that is stuck too (S0-25, S0-33)", async () => {
    expect(await failsOn(aStartingPod({ ...other }))).toEqual(["n2"]);
    // Before there is a sandbox, no image is to blame.
    expect(await failsOn(aStartingPod({ ...other, owner: undefined }))).toEqual([]);
    const reserved = 'failed to reserve container name "a": name "a" is reserved for "4f1b"';
    const create = { reason: "CreateContainerError", message: reserved };
    const stuckOn = async (members: Parameters<typeof aStartingPod>[0]) =>
      (await boundOf({ pods: [aStartingPod(create), aStartingPod({ ...other, owner: undefined, ...members })] }))
        .failsOn;
    expect(await stuckOn(create)).toEqual(["n2"]);
    expect(await stuckOn({})).toEqual([]);
    const foreign = [aContainer({ state: "waiting", reason: "CreateContainerError", image: "other:1" })];
    expect(await stuckOn({ containers: foreign })).toEqual([]);
    expect(await failsOn(aStartingPod({ ...other, nodeName: "n1" }))).toEqual([]);
    expect(await failsOn(aStartingPod({ ...other, age: seconds(299) }))).toEqual([]);
    expect(await failsOn(aSilentPod({ ...other }))).toEqual([]);
  });
});

describe("the same on the node itself", () => {
  const words =
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to create new parent process: namespace path: lstat /proc/4242/ns/ipc: no such file or directory";
  const dead = (members: Parameters<typeof aStartingPod>[0] = {}) =>
    aStartingPod({ reason: "RunContainerError", message: words, ...members });

  it("is counted by each pod's own state, three make the node suspect (S0-43)", async () => {
    const others = [dead({ name: "web-2" }), dead({ name: "web-3" })];
    const elsewhere = dead({ name: "db-1", nodeName: "n2", owner: undefined, containers: [] });
    const alone = await around({ pods: [dead(), aStartingPod({ name: "web-2" }), elsewhere] });
    expect(alone.around).not.toHaveProperty("alikeHere");
    expect(alone.verdict).toMatchObject({ kind: "heal", reason: "SandboxGone" });
    const three = await around({ pods: [dead(), ...others] });
    expect(three.around).toMatchObject({ alikeHere: 2 });
    expect(three.verdict).toMatchObject({ kind: "handOver", reason: "SandboxGone" });
  });
});

const recordedStatuses = new URL("../../../fixtures/kubernetes/v1.36.3/containerStatus/", import.meta.url);

/** What is done about a container in each recorded waiting state, ten minutes after the pod was bound to a node that is like the others. */
const verdicts: Readonly<Record<string, string>> = {
  "configuration-missing.CreateContainerConfigError": "escalate AppConfiguration",
  "crash-loop.CrashLoopBackOff": "leave AppCrash",
  "create-cdi-device.CreateContainerError": "handOver DeviceLost",
  "create-hangs.CreateContainerError": "handOver RuntimeTimeout",
  "create-name-reserved-before-2.CreateContainerError": "handOver NameReserved",
  "create-name-reserved-crio.CreateContainerError": "handOver NameReserved",
  "create-name-reserved.CreateContainerError": "handOver NameReserved",
  "image-inspect.ImageInspectError": "handOver LayerCorrupt",
  "image-name-invalid.InvalidImageName": "escalate ImageName",
  "image-never-pulled.ErrImageNeverPull": "escalate ImageNotFound",
  "init-fails.PodInitializing": "wait StartingSlowly",
  "init-fails.init-CrashLoopBackOff": "leave AppCrash",
  "pull-back-off.ImagePullBackOff": "handOver RuntimeDown",
  "pull-denied.ErrImagePull": "escalate ImageAuth",
  "pull-layer-corrupt.ErrImagePull": "handOver LayerCorrupt",
  "pull-no-host.ErrImagePull": "wait DependencyFailing",
  "pull-not-found.ErrImagePull": "escalate ImageNotFound",
  "pull-registry-unavailable.RegistryUnavailable": "wait DependencyFailing",
  "pull-server-error.ErrImagePull": "wait DependencyFailing",
  "pull-signature.SignatureValidationFailed": "escalate ImageSignature",
  "start-executable-denied.RunContainerError": "escalate AppPermission",
  "start-executable-missing-before-2.RunContainerError": "escalate AppCommand",
  "start-executable-missing.RunContainerError": "escalate AppCommand",
  "start-nvidia-driver.RunContainerError": "handOver DeviceLost",
  "start-sandbox-gone.RunContainerError": "heal SandboxGone",
};

interface RecordedStatus {
  readonly sample: { readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string } } };
}

describe("what kubelets were recorded to say of containers that do not start", () => {
  const states = readdirSync(recordedStatuses).flatMap((file) => {
    const { sample }: RecordedStatus = JSON.parse(readFileSync(new URL(file, recordedStatuses), "utf8"));
    return sample.state.waiting === undefined ? [] : [[file.replace(".json", ""), sample.state.waiting] as const];
  });

  it("is judged, all of it", () => {
    expect(states.map(([name]) => name).sort()).toEqual(Object.keys(verdicts).sort());
  });

  it.each(states)(
    "%s (S0-25, S0-26, S0-27, S0-28, S0-31, S0-32, S0-33, S0-35, S0-43, S0-82, S0-83, S0-85)",
    async (name, { reason, message }) => {
      const pod = aStartingPod({ reason, ...(message === undefined ? {} : { message }) });
      const { verdict } = await around({ pods: [pod] });
      expect(`${verdict.kind} ${verdict.reason}`).toBe(verdicts[name]);
    },
  );
});

const recordedEvents = new URL("../../../fixtures/kubernetes/v1.36.3/event/", import.meta.url);

/** What its kubelet's Events say of a pod that has no sandbox yet. */
const eventVerdicts: Readonly<Record<string, string>> = {
  "cgroup-missing.FailedCreatePodContainer": "handOver DbusClosed",
  "mount-driver-missing.FailedMount": "wait DependencyFailing",
  "mount-without-source.FailedMount": "escalate AppConfiguration",
  "sandbox-cgroup-driver.FailedCreatePodSandBox": "escalate CgroupDriver",
  "sandbox-cgroup-no-space.FailedCreatePodSandBox": "handOver CgroupLeak",
  "sandbox-image-missing.FailedCreatePodSandBox": "handOver SandboxImage",
  "sandbox-no-addresses.FailedCreatePodSandBox": "handOver AddressesExhausted",
  "sandbox-runtime-gone.FailedCreatePodSandBox": "handOver RuntimeDown",
  "attached-elsewhere.FailedAttachVolume": "wait VolumeBusy",
};

describe("what Events were recorded of pods without a sandbox", () => {
  it.each(Object.entries(eventVerdicts))("%s: %s (S0-17, S0-19, S0-29, S0-91, S1-12)", async (name, expected) => {
    const { sample } = JSON.parse(readFileSync(new URL(`${name}.json`, recordedEvents), "utf8"));
    const event = anEvent({
      reason: sample.reason,
      message: sample.message,
      source: sample.source?.component || sample.reportingComponent,
    });
    const { verdict } = await around({ pods: [aStartingPod()], events: [event] });
    expect(`${verdict.kind} ${verdict.reason}`).toBe(expected);
  });
});

describe("slow starts", () => {
  it("know the pull that is under way (S0-34)", async () => {
    const pulling = anEvent({
      type: "Normal",
      reason: "Pulling",
      message: 'Pulling image "a"',
      lastSeenAt: atNoon(-minutes(3)),
    });
    expect((await boundOf({ pods: [aStartingPod()], events: [pulling] })).pulling).toEqual({
      at: atNoon(-minutes(3)),
      message: 'Pulling image "a"',
    });
    const pulled = anEvent({ type: "Normal", reason: "Pulled", lastSeenAt: atNoon(-minutes(3)) });
    expect((await boundOf({ pods: [aStartingPod()], events: [pulling, pulled] })).pulling).toBeUndefined();
  });
});

describe("a status without measure", () => {
  it("of ten thousand containers that each say something else is looked at as far as fifty texts, and kept as evidence in part", async () => {
    const containers = Array.from({ length: 10_000 }, (_, n) =>
      aContainer({
        name: `c${n}`,
        state: "waiting",
        reason: "CreateContainerError",
        message: `${n} ${"x".repeat(1_000)}`,
      }),
    );
    const seen = await around({ pods: [aStartingPod({ containers })] });
    expect(seen.around).toMatchObject({ kind: "bound", saidMore: true });
    expect((seen.around as BoundAround).said).toHaveLength(50);
    expect(seen.verdict).toMatchObject({ kind: "leave", reason: "MessageUnknown" });
    expect(seen.verdict.message.length).toBeLessThan(1_024);
    expect(JSON.stringify(seen.evidence).length).toBeLessThan(100_000);
  });

  it("of ten thousand containers that all say the same is one text", async () => {
    const containers = Array.from({ length: 10_000 }, (_, n) =>
      aContainer({
        name: `c${n}`,
        state: "waiting",
        reason: "CrashLoopBackOff",
        message: "back-off 5m0s restarting failed container=app",
      }),
    );
    const seen = await around({ pods: [aStartingPod({ containers })] });
    expect((seen.around as BoundAround).said).toHaveLength(1);
    expect(seen.verdict).toMatchObject({ kind: "leave", reason: "AppCrash" });
  });

  it("of megabytes in one text is cut before it is looked up", async () => {
    const pod = aStartingPod({ reason: "CreateContainerError", message: "y".repeat(5_000_000) });
    const seen = await around({ pods: [pod] });
    expect((seen.around as BoundAround).said[0]?.text).toHaveLength(300);
    expect(seen.verdict).toMatchObject({ kind: "leave", reason: "MessageUnknown" });
  });
});
