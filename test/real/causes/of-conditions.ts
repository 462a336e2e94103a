import type { Fault } from "../fault-table.ts";
import { innerTexts } from "../fixtures/inner-texts.ts";

/** A cause that a kubelet names in its node's Ready condition. */
export interface ConditionStory {
  readonly cause: string;
  readonly node: string;
  /** What is wrong with its runtime. From the start: the kubelet never got a good answer. */
  readonly fault: Fault;
  readonly fromTheStart: boolean;
  /** In Ready's message. */
  readonly words: string;
  /** Of the mark. The kubelets of a story have just started, which goes before what they say (S3-01). */
  readonly reason: string;
}

export const conditionStories: readonly ConditionStory[] = [
  {
    cause: "NetworkNotReady",
    node: "without-network",
    fault: {
      operation: "Status",
      answer: {
        notReady: {
          condition: "NetworkReady",
          reason: "NetworkPluginNotReady",
          message: innerTexts.cniNotInitialized.text,
        },
      },
    },
    fromTheStart: false,
    words: "cni plugin not initialized",
    reason: "AfterKubeletRestart",
  },
  {
    cause: "RuntimeStarting",
    node: "starting",
    fault: { operation: "Status", answer: { error: "not yet", code: "Unavailable" } },
    fromTheStart: true,
    words: "status check may not have completed yet",
    reason: "AfterKubeletRestart",
  },
];
