import { describe, expect, it } from "vitest";
import { decide, type Facts } from "../../../../functions/dependency-watch/decide.ts";
import { nodeSayings, podSayings } from "../../../../functions/dependency-watch/saying.ts";
import type { EventFacts } from "../../../../shared/kubernetes/event.ts";
import type { NodeFacts } from "../../../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import type { VolumeClaimFacts } from "../../../../shared/kubernetes/volume-claim.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { aNodeSubject } from "../../../build/node-subject.ts";
import { aCondition, aContainer, anEvictedPod, anOverduePod, aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aVolumeClaim } from "../../../build/volume-claim.ts";
import { aPodWithoutImage, aSilentPod, aWaitingPod, registryAnswers503 } from "../../../build/waiting-pod.ts";

const policy = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };
const { catalogue } = aKnowledge();

function factsOf(
  pod: PodFacts,
  more: {
    readonly events?: readonly EventFacts[];
    readonly claims?: readonly VolumeClaimFacts[];
    readonly node?: NodeFacts | "none" | "notFound";
  } = {},
): Facts {
  const { events = [], claims = [], node } = more;
  const subject = aSubject({ pod, ...(node === undefined ? {} : { node }) });
  return { subject, claims, sayings: podSayings(pod, events, catalogue) };
}

const decided = (facts: Facts) => decide(facts, policy, noon);
/** "registry registry.example", but for the zone's, which are the same everywhere. */
const suspected = (facts: Facts) => {
  const verdict = decided(facts);
  const suspects = verdict.kind === "wait" ? (verdict.suspects ?? []) : [];
  return suspects.filter(({ kind }) => kind !== "zone").map(({ kind, key }) => `${kind} ${key}`.trim());
};

describe("a container that waits for its image", () => {
  it("is evidence of its registry, at its node, and of the node's zone; looked at again after a minute", () => {
    expect(decided(factsOf(aPodWithoutImage()))).toEqual({
      kind: "wait",
      until: atNoon(seconds(60)),
      reason: "RegistrySuspected",
      message: "It is evidence of registry registry.example (RegistryFailing), zone zone-a (RegistryFailing).",
      suspects: [
        {
          kind: "registry",
          key: "registry.example",
          part: "registry.example/web:1.4.2",
          said: "RegistryFailing",
          place: "n1",
          zone: "zone-a",
        },
        {
          kind: "zone",
          key: "zone-a",
          part: "registry registry.example",
          said: "RegistryFailing",
          place: "n1",
          zone: "zone-a",
        },
      ],
    });
  });

  it.each([
    ["web:1", "docker.io"],
    ["library/web:1", "docker.io"],
    ["localhost/web:1", "localhost"],
    ["registry:5000/web", "registry:5000"],
    ["ghcr.io/a/b@sha256:1f", "ghcr.io"],
  ])("of the host of its image, by Docker's rule: %s", (image, host) => {
    expect(suspected(factsOf(aPodWithoutImage({ image })))).toEqual([`registry ${host}`]);
  });

  it.each([
    ["5xx", "ErrImagePull", registryAnswers503()],
    ["in back-off", "ImagePullBackOff", `Back-off pulling image "x": ErrImagePull: ${registryAnswers503()}`],
    ["cut off", "ErrImagePull", "failed to copy: httpReadSeeker: failed open: unexpected EOF"],
    ["throttled", "ErrImagePull", "unexpected status from HEAD request to https://r/v2: 429 Too Many Requests"],
    [
      "named by the kubelet",
      "RegistryUnavailable",
      "image pull failed for r/x because the registry is unavailable: dial",
    ],
  ])("whose registry fails, %s (S0-32)", (_, reason, message) => {
    expect(suspected(factsOf(aWaitingPod({ reason, message })))).toEqual(["registry registry.example"]);
  });

  it.each([
    [
      "does not exist",
      'failed to resolve reference "registry.example/web:1.4.2": registry.example/web:1.4.2: not found',
    ],
    ["is not for us", 'failed to resolve reference "registry.example/web:1.4.2": pull access denied'],
    [
      "needs credentials",
      'failed to resolve reference "registry.example/web:1.4.2": unexpected status: 401 Unauthorized',
    ],
  ])("whose image %s: its owner's to mend, and evidence of nothing (S0-31)", (_, message) => {
    const pod = aWaitingPod({ reason: "ErrImagePull", message });
    // Whatever an older Event says.
    const events = [
      anEvent({
        reason: "Failed",
        message: `Failed to pull image "registry.example/web:1.4.2": ${registryAnswers503()}`,
      }),
    ];
    expect(decided(factsOf(pod, { events }))).toMatchObject({ kind: "leave", reason: "ApplicationCause" });
  });

  it("whose copy on its node is damaged is evidence of the image: two nodes tell (S0-33)", () => {
    const message = "failed to get image: content digest sha256:1f: not found";
    expect(decided(factsOf(aWaitingPod({ reason: "ImageInspectError", message })))).toMatchObject({
      reason: "ImageSuspected",
      suspects: [{ kind: "image", key: "registry.example/web:1.4.2", place: "n1" }, { kind: "zone" }],
    });
  });

  describe("that only says that it backs off", () => {
    const pod = aWaitingPod({
      reason: "ImagePullBackOff",
      message: 'Back-off pulling image "registry.example/web:1.4.2"',
    });
    const failed = (words: string, members: Partial<EventFacts> = {}) =>
      anEvent({ reason: "Failed", message: `Failed to pull image "registry.example/web:1.4.2": ${words}`, ...members });
    const notFound = 'failed to resolve reference "registry.example/web:1.4.2": registry.example/web:1.4.2: not found';

    it("is explained by the newest Event that names its image", () => {
      expect(suspected(factsOf(pod, { events: [failed(registryAnswers503())] }))).toEqual([
        "registry registry.example",
      ]);
      const since = [failed(registryAnswers503(), { lastSeenAt: atNoon(-seconds(2)) }), failed(notFound)];
      expect(decided(factsOf(pod, { events: since }))).toMatchObject({ kind: "leave", reason: "ApplicationCause" });
      expect(suspected(factsOf(pod, { events: since.toReversed() }))).toEqual([]);
      const another = failed(registryAnswers503(), {
        message: `Failed to pull image "r/other": ${registryAnswers503("r/other")}`,
      });
      expect(decided(factsOf(pod, { events: [another] }))).toMatchObject({ kind: "leave", reason: "NoDependency" });
    });

    it.each([
      [minutes(15), ["registry registry.example"]],
      [minutes(15) + 1, []],
    ])("by none that was last seen %i ms ago or earlier", (agoMs, expected) => {
      const events = [failed(registryAnswers503(), { lastSeenAt: atNoon(-agoMs) })];
      expect(suspected(factsOf(pod, { events }))).toEqual(expected);
    });
  });

  it("an Event alone proves nothing: the pod itself must wait for its image (K12)", () => {
    const events = [
      anEvent({
        reason: "Failed",
        message: `Failed to pull image "registry.example/web:1.4.2": ${registryAnswers503()}`,
      }),
    ];
    const waiting = aWaitingPod({ reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" });
    expect(decided(factsOf(waiting, { events }))).toMatchObject({ kind: "leave", reason: "NoDependency" });
    expect(decided(factsOf(aPod(), { events }))).toMatchObject({ kind: "leave", reason: "PodWell", ends: true });
  });

  it("with several containers is one member of its registry", () => {
    const pod = aPodWithoutImage();
    const twice = aPodWithoutImage({
      containers: [...pod.containers, ...pod.containers.map((each) => ({ ...each, name: "b" }))],
    });
    expect(suspected(factsOf(twice))).toEqual(["registry registry.example"]);
  });
});

describe("a pod of which nothing was made", () => {
  const pending = (overrides: Parameters<typeof aWaitingPod>[1] = {}) =>
    aWaitingPod({ reason: "ContainerCreating" }, overrides);
  const noSandbox = anEvent({
    reason: "FailedCreatePodSandBox",
    message:
      'Failed to create pod sandbox: rpc error: code = NotFound desc = failed to start sandbox "8a": failed to get sandbox image "registry.k8s.io/pause:3.10": image "registry.k8s.io/pause:3.10": not found',
  });

  it("for want of its sandbox's image is evidence of that image (S0-29)", () => {
    const facts = factsOf(pending(), { events: [noSandbox] });
    expect(decided(facts)).toMatchObject({ reason: "SandboxImageSuspected" });
    expect(suspected(facts)).toEqual(["sandboxImage registry.k8s.io/pause:3.10"]);
    expect(suspected(factsOf(aPod(), { events: [noSandbox] }))).toEqual([]);
  });

  it("for want of a sandbox, for the node's own reasons, is none", () => {
    const message = "Failed to create pod sandbox: rpc error: code = Unavailable desc = transport is closing";
    const facts = factsOf(pending(), { events: [noSandbox, anEvent({ ...noSandbox, message, lastSeenAt: noon })] });
    expect(decided(facts)).toMatchObject({ kind: "leave", reason: "NoDependency" });
  });

  const mountTimesOut = (volume: string) =>
    anEvent({
      message: `MountVolume.MountDevice failed for volume "${volume}" : rpc error: code = DeadlineExceeded desc = context deadline exceeded`,
    });

  it("whose volume cannot be mounted is evidence of its class and its driver (S0-17)", () => {
    const claims = [aVolumeClaim(), aVolumeClaim({ name: "other", storageClass: "slow", driver: "nfs.csi.k8s.io" })];
    const facts = factsOf(pending({ volumeClaims: ["data", "other"] }), {
      claims,
      events: [mountTimesOut("pvc-of-data")],
    });
    expect(decided(facts)).toMatchObject({ reason: "StorageSuspected" });
    expect(suspected(facts)).toEqual(["storageClass fast", "csiDriver ebs.csi.aws.com"]);
    const verdict = decided(facts);
    expect(verdict.kind === "wait" && verdict.suspects?.map(({ part }) => part)).toEqual([
      "shop/data",
      "fast",
      "storageClass fast",
    ]);
  });

  it("whose Event names none of its claims is evidence of all of them", () => {
    const claims = [aVolumeClaim(), aVolumeClaim({ name: "other", storageClass: undefined, driver: "nfs.csi.k8s.io" })];
    const facts = factsOf(pending({ volumeClaims: ["data", "other"] }), { claims, events: [mountTimesOut("static")] });
    expect(suspected(facts)).toEqual(["storageClass fast", "csiDriver ebs.csi.aws.com", "csiDriver nfs.csi.k8s.io"]);
  });

  it("without a node, whose claim cannot be provisioned, is a place of its own", () => {
    const claims = [aVolumeClaim({ phase: "Pending", volumeName: undefined })];
    const message =
      'failed to provision volume with StorageClass "fast": rpc error: code = Internal desc = ceph is full';
    const events = [anEvent({ reason: "ProvisioningFailed", message, regarding: aVolumeClaim().ref })];
    const pod = pending({ nodeName: undefined, startTime: undefined, volumeClaims: ["data"] });
    const verdict = decided(factsOf(pod, { claims, events }));
    expect(verdict).toMatchObject({
      reason: "StorageSuspected",
      suspects: [
        { kind: "storageClass", key: "fast", place: pod.ref.uid },
        { kind: "csiDriver", place: pod.ref.uid },
      ],
    });
  });

  it("whose driver its node does not have is evidence of that driver, also where no claim names it", () => {
    const words = "driver name rbd.csi.ceph.com not found in the list of registered CSI drivers";
    const events = [
      anEvent({ message: `MountVolume.MountDevice failed for volume "pv-1" : kubernetes.io/csi: ${words}` }),
    ];
    const claims = [aVolumeClaim({ storageClass: undefined, driver: undefined, volumeName: "pv-1" })];
    const facts = factsOf(pending({ volumeClaims: ["data"] }), { claims, events });
    expect(suspected(facts)).toEqual(["csiDriver rbd.csi.ceph.com"]);
  });

  it("whose volume is attached elsewhere waits for that one volume: no evidence", () => {
    const events = [
      anEvent({
        reason: "FailedAttachVolume",
        message: 'Multi-Attach error for volume "pvc-of-data" Volume is already used by pod(s) web-0',
      }),
    ];
    const facts = factsOf(pending({ volumeClaims: ["data"] }), { claims: [aVolumeClaim()], events });
    expect(decided(facts)).toMatchObject({ kind: "leave", reason: "NoDependency" });
  });
});

describe("a bound pod of which its kubelet is silent (S0-15)", () => {
  it.each([
    [seconds(60) - 1, "SilentYet", atNoon(1)],
    [seconds(60), "ControlPlaneSuspected", atNoon(seconds(60))],
  ])("for %i ms: %s", (silentMs, reason, until) => {
    expect(decided(factsOf(aSilentPod(silentMs)))).toMatchObject({ kind: "wait", reason, until });
  });

  it("is no evidence where its node is the cause", () => {
    for (const node of [aNodeWithReady("Unknown", atNoon(-minutes(1))), "notFound"] as const) {
      expect(decided(factsOf(aSilentPod(minutes(5)), { node }))).toMatchObject({ kind: "leave", reason: "NodeIsSick" });
    }
  });
});

describe("a node", () => {
  const notReady = (message: string, status: "True" | "False" | "Unknown" = "False") => {
    const reason = status === "Unknown" ? "NodeStatusUnknown" : "KubeletNotReady";
    const node = aNode({ conditions: [aCondition({ type: "Ready", status, reason, message })] });
    return decided({ subject: aNodeSubject({ node }), claims: [], sayings: nodeSayings(node, catalogue) });
  };

  it("that is not Ready is evidence of each thing that it says of itself (S2-09)", () => {
    const message =
      "[container runtime is down, PLEG is not healthy: pleg was last seen active 4m0s ago; threshold is 3m0s]";
    const verdict = notReady(message);
    expect(verdict).toMatchObject({ kind: "wait", reason: "NodesSuspected" });
    expect(verdict.kind === "wait" && verdict.suspects?.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      "nodes RuntimeDown",
      "nodes PlegStalled",
      "zone zone-a",
    ]);
  });

  it.each([
    ["starts", notReady("container runtime status check may not have completed yet"), "NoDependency"],
    ["says what nobody knows", notReady("out of cheese"), "NoDependency"],
    ["is silent", notReady("Kubelet stopped posting node status.", "Unknown"), "NodeSilent"],
    ["is Ready", notReady("kubelet is posting ready status", "True"), "NodeWell"],
  ])("that %s is none", (_, verdict, reason) => {
    expect(verdict).toMatchObject({ kind: "leave", reason });
  });
});

describe("what is evidence of nothing", () => {
  it.each([
    ["a pod that is being deleted", anOverduePod(), "Ending"],
    ["a pod that has ended", anEvictedPod(), "Ending"],
    ["a pod that runs", aPod(), "PodWell"],
    [
      "a pod that runs, its init container done",
      aPod({ containers: [aContainer({ role: "init", state: "terminated" }), aContainer()] }),
      "PodWell",
    ],
    ["a pod without a node", aPod({ phase: "Pending", nodeName: undefined, containers: [] }), "NoDependency"],
  ])("%s", (_, pod, reason) => {
    expect(decided(factsOf(pod))).toMatchObject({ kind: "leave", reason });
  });

  it("in a lab is looked at again sooner, but not more often than every five seconds", () => {
    const lab = { ...policy, quietForMs: seconds(30) };
    expect(decide(factsOf(aPodWithoutImage()), lab, noon)).toMatchObject({ until: atNoon(seconds(5)) });
  });
});
