import type { CallAnswer, GrpcCode } from "../fault-table.ts";
import { image, innerTexts } from "../fixtures/inner-texts.ts";
import type { Kubelet } from "../kubelet.ts";

/** A cause that is its node's: pods that need the node to start them never run there. */
export interface NodeStory {
  readonly cause: string;
  /** In kebab case; also its namespace. */
  readonly name: string;
  /** What the pod asks for. */
  readonly image: string;
  /** Makes the node sick for that namespace. */
  strike(kubelet: Kubelet, namespace: string): Promise<void>;
}

type Operation = "RunPodSandbox" | "CreateContainer" | "PullImage";

/** An image of its own each: one that fails on several nodes is no node's fault. */
const failing = (cause: string, name: string, operation: Operation, error: string, code?: GrpcCode): NodeStory => {
  const own = image.replace("shop/web", `shop/${name}`);
  return {
    cause,
    name,
    image: own,
    async strike({ faults }, namespace) {
      const answer: CallAnswer = {
        error: error.replaceAll(image, own),
        ...(code === undefined ? {} : { code }),
      };
      await faults.add({ operation, match: { namespace }, answer });
    },
  };
};

const withoutCgroups = (cause: string, name: string, error: string): NodeStory => ({
  cause,
  name,
  image: image.replace("shop/web", `shop/${name}`),
  strike: (kubelet, namespace) => kubelet.failPodCgroups(namespace, error),
});

const sandbox = "8a4f61c2b0d95e37a1c86f20d4b7e9538a4f61c2b0d95e37a1c86f20d4b7e953";
const layer = "sha256:3e7a1c5d9b0f2846ac13579bdf02468ace13579bdf02468ace13579bdf02468a";

/** By node: a node's budget of evictions is five in ten minutes. Texts that no recording has are those of the catalogue's samples. */
export const storiesOfNodes: readonly (readonly NodeStory[])[] = [
  [
    failing("SandboxImage", "sandbox-image", "RunPodSandbox", innerTexts.sandboxImageMissing.text, "NotFound"),
    failing("AddressesExhausted", "no-addresses", "RunPodSandbox", innerTexts.noAddresses.text),
    failing("CgroupLeak", "cgroup-leak", "RunPodSandbox", innerTexts.cgroupNoSpace.text),
    failing("RuntimeDown", "runtime-gone", "RunPodSandbox", innerTexts.socketRefused.text, "Unavailable"),
  ],
  [
    failing("RuntimeTimeout", "runtime-slow", "RunPodSandbox", "context deadline exceeded", "DeadlineExceeded"),
    failing(
      "NetworkSetup",
      "network-setup",
      "RunPodSandbox",
      `failed to setup network for sandbox "${sandbox}": plugin type="bridge" name="pods" failed (add): failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24`,
    ),
    failing("LayerCorrupt", "layer-corrupt", "PullImage", innerTexts.pullLayerCorrupt.text, "FailedPrecondition"),
    withoutCgroups("DbusClosed", "dbus-closed", innerTexts.dbusClosed.text),
  ],
  [
    failing("NameReserved", "name-reserved", "CreateContainer", innerTexts.nameReserved.text, "AlreadyExists"),
    failing("DeviceLost", "cdi-device", "CreateContainer", innerTexts.cdiDevice.text),
    failing(
      "NodeDiskFull",
      "layer-without-room",
      "PullImage",
      `failed to pull and unpack image "${image}": failed to extract layer ${layer}: write /var/lib/containerd/tmpmounts/containerd-mount1/usr/lib/libx.so: no space left on device`,
    ),
    withoutCgroups(
      "CgroupMissing",
      "cgroup-missing",
      "mkdir /sys/fs/cgroup/hugetlb/kubepods.slice/kubepods-burstable.slice: no such file or directory",
    ),
  ],
];
