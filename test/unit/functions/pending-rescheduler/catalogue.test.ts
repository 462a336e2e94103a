import { expect, it } from "vitest";
import { pendingRescheduler } from "../../../../functions/pending-rescheduler/healer.ts";
import { readRows } from "../../../../infra/catalogue/read-rows.ts";
import type { ProvenSignature } from "../../../../shared/catalogue/signature.ts";
import { isStuckWaiting, type PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aClusterReader } from "../../../build/cluster-reader.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode } from "../../../build/node.ts";
import { aStartingPod } from "../../../build/pending-pod.ts";
import { aCondition, aPod } from "../../../build/pod.ts";
import { anUnreadyPod } from "../../../build/unready-pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";
import { root } from "../../../layout/source-imports.ts";

interface Group {
  readonly name: string;
  readonly verdict: string;
  readonly rows: readonly string[];
}

/** What is done about each signature of a pod that does not start, ten minutes after it was bound to a node that is like the others. */
const groups: readonly Group[] = [
  {
    name: "layers of an image that are broken there (S0-28, S0-33, S0-83, S0-98)",
    verdict: "handOver LayerCorrupt",
    rows: [
      "image-content-missing",
      "layer-digest-wrong",
      "layer-does-not-exist",
      "layer-not-extracted",
      "overlay-links-broken",
    ],
  },
  { name: "no room for a layer (S0-24)", verdict: "handOver NodeDiskFull", rows: ["layer-without-room"] },
  {
    name: "no image for sandboxes (S0-29, S0-83, S0-91)",
    verdict: "handOver SandboxImage",
    rows: ["sandbox-image-missing"],
  },
  {
    name: "a runtime that takes no calls (S0-20, S0-35, S0-88, S0-91)",
    verdict: "handOver RuntimeDown",
    rows: [
      "docker-socket-broken",
      "runtime-socket-missing",
      "runtime-socket-refused",
      "runtime-socket-refused-crio",
      "runtime-transport-closing",
      "runtime-unavailable",
    ],
  },
  {
    name: "a runtime that does not answer in time (S0-35, S0-92)",
    verdict: "handOver RuntimeTimeout",
    rows: ["create-timeout", "create-timeout-status", "docker-operation-timeout", "runtime-timeout"],
  },
  {
    name: "a name that a container of before still holds (S0-35, S0-65, S0-82)",
    verdict: "handOver NameReserved",
    rows: ["name-in-use-docker", "name-reserved", "name-reserved-crio", "sandbox-name-reserved"],
  },
  {
    name: "no cgroup left to give (S0-81, S0-91)",
    verdict: "handOver CgroupLeak",
    rows: ["cgroup-leak-v1", "cgroup-leak-v2"],
  },
  { name: "no cgroup tree (S0-19)", verdict: "handOver CgroupMissing", rows: ["cgroup-slice-missing"] },
  { name: "no connection to systemd (S0-42)", verdict: "handOver DbusClosed", rows: ["dbus-closed"] },
  {
    name: "a device that is gone (S0-25, S0-60, S0-90)",
    verdict: "handOver DeviceLost",
    rows: ["cdi-device-gone", "nvidia-initialization"],
  },
  {
    name: "namespaces that cannot be entered (S0-86)",
    verdict: "handOver ExecSetns",
    rows: ["setns-failed", "setns-failed-docker"],
  },
  {
    name: "no address on the node (S0-91)",
    verdict: "handOver AddressesExhausted",
    rows: ["sandbox-without-addresses", "sandbox-without-vpc-address"],
  },
  {
    name: "a network that cannot be set up (S0-91)",
    verdict: "handOver NetworkSetup",
    rows: ["sandbox-network-failed", "sandbox-network-failed-crio"],
  },
  {
    name: "a sandbox that Docker refuses (S0-91)",
    verdict: "handOver SandboxCreation",
    rows: ["sandbox-refused-docker"],
  },
  {
    name: "a sandbox that died meanwhile (S0-25, S0-43)",
    verdict: "heal SandboxGone",
    rows: ["sandbox-namespace-gone", "sandbox-namespace-gone-docker"],
  },
  {
    name: "a registry that fails (S0-27, S0-32)",
    verdict: "wait DependencyFailing",
    rows: [
      "pull-timed-out",
      "registry-cut-off",
      "registry-no-host",
      "registry-rate-limited",
      "registry-refused",
      "registry-server-error",
      "registry-tls-timeout",
      "registry-unavailable",
      "registry-unavailable-event",
      "registry-unreachable",
    ],
  },
  {
    name: "storage that fails (S0-17)",
    verdict: "wait DependencyFailing",
    rows: ["attach-timeout", "csi-driver-missing", "mount-timeout", "volume-operation-pending"],
  },
  {
    name: "volumes that are not there in time, without a cause named (S0-17)",
    verdict: "wait MountTimeout",
    rows: ["volumes-not-ready-in-time", "volumes-not-ready-in-time-before-1-27"],
  },
  { name: "a volume that another node has (S0-17)", verdict: "wait VolumeBusy", rows: ["volume-attached-elsewhere"] },
  {
    name: "an image that does not exist (S0-27, S0-31)",
    verdict: "escalate ImageNotFound",
    rows: ["image-manifest-unknown", "image-never-pulled", "image-not-found"],
  },
  {
    name: "an image that may not be pulled (S0-27, S0-31)",
    verdict: "escalate ImageAuth",
    rows: ["image-access-denied", "image-forbidden", "image-unauthorized"],
  },
  {
    name: "a name that is none (S0-27)",
    verdict: "escalate ImageName",
    rows: ["error-names-only-the-name", "image-name-invalid"],
  },
  {
    name: "a signature that is refused (S0-27)",
    verdict: "escalate ImageSignature",
    rows: ["image-signature-rejected"],
  },
  {
    name: "a command that is not in the image (S0-25, S0-85)",
    verdict: "escalate AppCommand",
    rows: ["command-not-found", "command-path-missing", "working-directory-missing"],
  },
  {
    name: "what the container's user may not (S0-25, S0-85)",
    verdict: "escalate AppPermission",
    rows: ["command-not-permitted", "root-refused"],
  },
  {
    name: "a mount that the container refuses (S0-25, S0-85)",
    verdict: "escalate MountRefused",
    rows: ["mount-refused"],
  },
  {
    name: "configuration that is not there (S0-17, S0-26)",
    verdict: "escalate AppConfiguration",
    rows: [
      "configmap-missing",
      "configuration-key-missing",
      "mounted-configmap-missing",
      "mounted-secret-missing",
      "secret-missing",
    ],
  },
  {
    name: "kubelet and runtime that do not agree (S0-37)",
    verdict: "escalate CgroupDriver",
    rows: ["cgroup-driver-differs"],
  },
  { name: "a node without its network (S0-91)", verdict: "escalate NetworkNotReady", rows: ["network-not-ready"] },
  {
    name: "a container that ends by itself (S0-02, S0-26)",
    verdict: "leave AppCrash",
    rows: ["crash-loop", "crash-loop-event"],
  },
  { name: "a hook that failed (S0-25)", verdict: "leave AppCommand", rows: ["start-hook-failed"] },
  {
    name: "pulls that the kubelet slows down (S0-34)",
    verdict: "leave PullThrottled",
    rows: ["pull-throttled-by-kubelet"],
  },
  { name: "other words of the OCI runtime (S0-85)", verdict: "leave OciCreate", rows: ["oci-create-failed"] },
  {
    name: "words that name no cause (S0-27)",
    verdict: "leave NoCauseNamed",
    rows: ["error-names-only-a-reason", "error-names-only-the-back-off", "pull-backs-off"],
  },
];

/** About a node, a claim, a pod that ends, or one that runs: other healers', or below. */
const elsewhere: readonly RegExp[] = [
  /^(task-hung|node-|pack-|disk-|claim-|provision|stop-|sandbox-stop-|mount-busy|network-not-removed)/,
  /^(exec-probe-timeout|probe-failed|out-of-memory)$/,
];

const rows = readRows(root);
const placesOfPods = ["event", "containerStatus"];
const samplesOf = (row: ProvenSignature) => row.samples.filter(({ channel }) => placesOfPods.includes(channel));
type Sample = ProvenSignature["samples"][number];

const speakers: Readonly<Record<string, string>> = { FailedAttachVolume: "attachdetach-controller" };
/** Said of a container that waits for more than its turn. */
const ofContainers = ["Failed", "InspectFailed", "ErrImageNeverPull"];

/** A pod that shows what an Event explains: a container that is stuck, or nothing made yet. */
function podOf({ channel, reason = "", text }: Sample): PodFacts {
  if (channel === "containerStatus") return aStartingPod({ reason, message: text });
  return ofContainers.includes(reason) ? aStartingPod({ reason: "CreateContainerError" }) : aStartingPod();
}

const policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};

async function judged(pod: PodFacts, { channel, reason = "", text }: Sample) {
  const events = channel === "event" ? [anEvent({ reason, message: text, source: speakers[reason] ?? "kubelet" })] : [];
  const cluster = aClusterReader({
    nodes: [aNode()],
    namespaces: [aNamespace()],
    workloads: [aReplicaSet(), aDeployment()],
    pods: [pod],
    events,
  });
  const healer = pendingRescheduler(policy);
  const facts = await healer.observe(cluster, pod.ref, aKnowledge());
  if (facts === undefined) throw new Error("the pod is there");
  return healer.decide(facts, anOpenCase(), noon);
}

const rowOf = (id: string) => {
  const row = rows.find((each) => each.id === id);
  if (row === undefined) throw new Error(`no signature is called ${id}`);
  return row;
};

it.each(groups)("$name: $verdict, wherever its words are seen", async ({ verdict: expected, rows: ids }) => {
  for (const row of ids.map(rowOf)) {
    for (const sample of samplesOf(row)) {
      const verdict = await judged(podOf(sample), sample);
      expect(`${row.id}: ${verdict.kind} ${verdict.reason}`).toBe(`${row.id}: ${expected}`);
    }
  }
});

it("every signature that a pod which does not start may show is judged above", () => {
  const judgedIds = groups.flatMap((each) => each.rows);
  // What a kubelet refused has ended; what the scheduler says has no node: orphan-sweeper's, and read by classes.
  const ofPods = rows.filter((row) => samplesOf(row).length > 0 && !row.samples.some(isOfEndedOrUnbound));
  expect(
    ofPods.map(({ id }) => id).filter((id) => !judgedIds.includes(id) && !elsewhere.some((each) => each.test(id))),
  ).toEqual([]);
  expect(judgedIds.filter((id, index) => judgedIds.indexOf(id) < index)).toEqual([]);
});

function isOfEndedOrUnbound({ channel, reason }: Sample): boolean {
  return channel === "podStatus" || channel === "podCondition" || reason === "FailedScheduling";
}

it("kubelet and runtime that do not agree are told with what their node is made of (S0-37)", async () => {
  const [sample] = rowOf("cgroup-driver-differs").samples;
  if (sample === undefined) throw new Error("every row has a sample");
  const verdict = await judged(podOf(sample), sample);
  expect(verdict.message).toContain("n1 runs Debian GNU/Linux 13, containerd://2.1.4 and kubelet v1.36.3");
});

it("a probe whose command runs too long moves nothing: the case says so, and what to use instead (S0-97)", async () => {
  const [sample] = rowOf("exec-probe-timeout").samples;
  if (sample === undefined) throw new Error("every row has a sample");
  const unready = aPod({ conditions: [aCondition({ status: "False", lastTransitionTime: atNoon(-minutes(20)) })] });
  expect(unready.containers.some(isStuckWaiting)).toBe(false);
  const verdict = await judged(unready, sample);
  expect(verdict).toMatchObject({ kind: "leave", reason: "ExecProbeTimeout" });
  expect(verdict.message).toContain("one that writes much can hang a node: use httpGet or grpc");
});

it.each([
  ["exec-probe-timeout", "escalate ExecProbeTimeout"],
  ["probe-failed", "leave AppUnhealthy"],
  ["setns-failed", "handOver ExecSetns"],
])("%s of a pod that has run unready for ten minutes: %s (S0-97)", async (id, expected) => {
  for (const sample of rowOf(id).samples.filter(({ reason }) => reason === "Unhealthy")) {
    const { kind, reason, message } = await judged(anUnreadyPod(), sample);
    expect(`${kind} ${reason}`).toBe(expected);
    expect(message).toContain(rowOf(id).meaning);
  }
});
