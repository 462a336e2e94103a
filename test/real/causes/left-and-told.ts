import type { Fault } from "../fault-table.ts";
import { innerTexts } from "../fixtures/inner-texts.ts";
import { faulty } from "../fixtures/runtime-scenarios.ts";
import { createPod, type Stage } from "../fixtures/scenario.ts";
import { type CauseStory, type LeftStory, recorded } from "./cause-story.ts";

type Told = Pick<LeftStory, "healer" | "verdict" | "reason">;

const pods = "pending-rescheduler" as const;
const told = (reason: string): Told => ({ healer: pods, verdict: "escalate", reason });
const left = (reason: string): Told => ({ healer: pods, verdict: "leave", reason });
const held = (reason: string): Told => ({ healer: pods, verdict: "wait", reason });
const keptAsEvidence: Told = { healer: "orphan-sweeper", verdict: "leave", reason: "KeptAsEvidence" };

const becomes = (story: CauseStory, { healer, verdict, reason }: Told): LeftStory => ({
  ...story,
  healer,
  verdict,
  reason,
});

/** A pod on a node where one call of the runtime answers so. The texts are those of the catalogue's samples, which name their sources. */
const answering = (
  cause: string,
  name: string,
  operation: "PullImage" | "StartContainer",
  error: string,
  image?: string,
): CauseStory => ({
  cause,
  name,
  async stage(stage: Stage) {
    await stage
      .kubelet("worker")
      .faults.add({ operation, match: { namespace: stage.namespace }, answer: { error } } as Fault);
    await createPod(stage, { node: "worker", ...(image === undefined ? {} : { container: { image } }) });
  },
});

const runc =
  "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process";

/** A pull that a registry of its own fails, so that what one story shows is no part of another's incident. */
const pulling = (cause: string, host: string, words: (manifest: string, image: string) => string): CauseStory => {
  const image = `${host}/shop/web:9`;
  const manifest = `https://${host}/v2/shop/web/manifests/9`;
  return answering(cause, host.replaceAll(".", "-"), "PullImage", words(manifest, image), image);
};
const resolving = (image: string) =>
  `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;

/** Causes for which nothing is moved: the owner is told, or they are waited for, or they are nobody's to heal. */
export const leftStories: readonly LeftStory[] = [
  becomes(recorded("ImageNotFound", "pull-not-found"), told("ImageNotFound")),
  becomes(recorded("ImageNotFound", "image-never-pulled"), told("ImageNotFound")),
  becomes(recorded("ImageAuth", "pull-denied"), told("ImageAuth")),
  becomes(recorded("ImageName", "image-name-invalid"), told("ImageName")),
  becomes(recorded("ImageSignature", "pull-signature"), told("ImageSignature")),
  becomes(recorded("AppCommand", "start-executable-missing"), told("AppCommand")),
  becomes(recorded("AppPermission", "start-executable-denied"), told("AppPermission")),
  becomes(recorded("AppConfiguration", "configuration-missing"), told("AppConfiguration")),
  becomes(recorded("AppConfiguration", "mount-without-source"), told("AppConfiguration")),
  becomes(
    answering(
      "MountRefused",
      "mount-refused",
      "StartContainer",
      `${runc}: error during container init: error mounting "/var/lib/kubelet/pods/5d2f0b9e/volume-subpaths/settings/main/0" to rootfs at "/etc/web.conf": not a directory`,
    ),
    told("MountRefused"),
  ),
  becomes(recorded("CgroupDriver", "sandbox-cgroup-driver"), told("CgroupDriver")),
  becomes(recorded("VolumeMissing", "claim-missing"), told("VolumeMissing")),
  becomes(recorded("VolumeMissing", "claim-deleted"), told("VolumeMissing")),
  becomes(recorded("VolumeMissing", "claim-lost"), told("VolumeMissing")),
  becomes(recorded("VolumeUnbound", "claim-unbound"), told("VolumeUnbound")),
  becomes(recorded("VolumeUnbound", "claim-without-class"), told("VolumeUnbound")),
  becomes(recorded("VolumeUnbound", "claim-without-volume"), told("VolumeUnbound")),
  becomes(recorded("VolumeElsewhere", "claim-elsewhere"), told("VolumeElsewhere")),

  becomes(recorded("AppCrash", "crash-loop"), left("AppCrash")),
  becomes(
    {
      cause: "AppMemory",
      name: "out-of-memory-again",
      async stage(stage) {
        await faulty(stage, { operation: "ListContainers", answer: { oomKilled: true } });
        await createPod(stage, { node: "worker" });
      },
    },
    left("AppMemory"),
  ),
  becomes(recorded("InitRunning", "init-fails"), left("AppCrash")),
  becomes(
    answering(
      "OciCreate",
      "oci-create",
      "StartContainer",
      `${runc}: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted`,
    ),
    left("OciCreate"),
  ),
  becomes(
    answering("NoCauseNamed", "words-unknown", "PullImage", "the moon is full", "moon.example.com/shop/web:9"),
    left("NoCauseNamed"),
  ),
  becomes(
    pulling("PullThrottled", "throttled.example.com", () => "pull QPS exceeded"),
    left("PullThrottled"),
  ),

  becomes(
    pulling(
      "RegistryUnreachable",
      "unreachable.example.com",
      (manifest, image) =>
        `${resolving(image)}: failed to do request: Head "${manifest}": dial tcp: lookup unreachable.example.com: no such host`,
    ),
    held("DependencyFailing"),
  ),
  becomes(
    pulling(
      "RegistryFailing",
      "failing.example.com",
      (manifest, image) =>
        `${resolving(image)}: unexpected status from HEAD request to ${manifest}: 503 Service Unavailable`,
    ),
    held("DependencyFailing"),
  ),
  becomes(
    pulling(
      "RegistryThrottling",
      "throttling.example.com",
      (manifest, image) =>
        `${resolving(image)}: unexpected status from HEAD request to ${manifest}: 429 Too Many Requests`,
    ),
    held("DependencyFailing"),
  ),
  becomes(
    pulling(
      "PullTimeout",
      "slow.example.com",
      (_, image) => `failed to pull and unpack image "${image}": context deadline exceeded`,
    ),
    held("DependencyFailing"),
  ),
  becomes(recorded("CsiDriverMissing", "mount-driver-missing"), held("DependencyFailing")),
  becomes(recorded("VolumeBusy", "attach-fails"), held("DependencyFailing")),
  // The controller-manager gives up after two minutes.
  { ...becomes(recorded("AttachTimeout", "attach-hangs"), held("DependencyFailing")), toldBefore: "StartingSlowly" },

  becomes(recorded("ExecProbeTimeout", "probe-timeout"), told("ExecProbeTimeout")),
  becomes(
    {
      cause: "AppUnhealthy",
      name: "probe-answers-no",
      async stage(stage) {
        await faulty(stage, { operation: "ExecSync", answer: { exited: { code: 1, message: "cache is cold" } } });
        await createPod(stage, {
          node: "worker",
          container: { readinessProbe: { exec: { command: ["ready"] }, periodSeconds: 1 } },
        });
      },
    },
    left("AppUnhealthy"),
  ),

  // One pod each: what is left of a loop of them is the sweeper's other stories.
  becomes(recorded("AdmissionMismatch", "node-affinity"), keptAsEvidence),
  becomes(recorded("NodeCapacity", "out-of-pods"), keptAsEvidence),
  becomes(recorded("DeviceLost", "devices-unavailable"), keptAsEvidence),
  becomes(recorded("DeadlinePassed", "deadline"), { ...keptAsEvidence, reason: "NotResidue" }),
  becomes(recorded("Preempted", "preempting"), keptAsEvidence),
];

/** What cannot begin a process in a container that runs: the node is marked, and the pod, which runs, is left. */
export const runningStory: CauseStory = {
  cause: "ExecSetns",
  name: "probe-cannot-begin",
  async stage(stage) {
    const { namespace } = stage;
    await faulty(stage, { operation: "ExecSync", answer: { error: innerTexts.execSetns.text } }, namespace);
    await createPod(stage, {
      node: namespace,
      container: { readinessProbe: { exec: { command: ["ready"] }, periodSeconds: 1 } },
    });
  },
};
