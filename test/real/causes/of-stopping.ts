import type { Fault } from "../fault-table.ts";
import { innerTexts } from "../fixtures/inner-texts.ts";

/** A cause that shows when a pod is to end: its container or its sandbox cannot be stopped. */
export interface StoppingStory {
  readonly cause: string;
  /** In kebab case; also its namespace. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** Of the kubelet's Event about it. */
  readonly words: string;
}

const { killTimeout, sandboxStopTimeout, sandboxMountBusy } = innerTexts;
const failedKill = "failed to kill container: unknown error after kill: runc did not terminate successfully";
const failedTeardown =
  'failed to destroy network for sandbox "8a4f61c2b0d95e37a1c86f20d4b7e9538a4f61c2b0d95e37a1c86f20d4b7e953": plugin type="calico" failed (delete): error getting ClusterInformation: connection is unauthorized: Unauthorized';

/** By node: it may lose two pods by force in ten minutes while it is not marked. Texts that no recording has are those of the catalogue's samples. */
export const stoppingStories: readonly (readonly StoppingStory[])[] = [
  [
    {
      cause: "StopTimeout",
      name: "stop-times-out",
      faults: [
        { operation: "StopContainer", answer: { error: killTimeout.text, code: "DeadlineExceeded" } },
        { operation: "StopPodSandbox", answer: { error: sandboxStopTimeout.text, code: "DeadlineExceeded" } },
      ],
      words: "context deadline exceeded",
    },
    {
      cause: "MountBusy",
      name: "mount-busy",
      faults: [{ operation: "StopPodSandbox", answer: { error: sandboxMountBusy.text } }],
      words: "device or resource busy",
    },
  ],
  [
    {
      cause: "StopFailed",
      name: "stop-fails",
      faults: [{ operation: "StopContainer", answer: { error: failedKill } }],
      words: "KillContainerError",
    },
    {
      cause: "NetworkTeardown",
      name: "network-teardown",
      faults: [{ operation: "StopPodSandbox", answer: { error: failedTeardown } }],
      words: "failed to destroy network",
    },
  ],
];
