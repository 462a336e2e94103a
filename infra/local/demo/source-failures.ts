import { minutes } from "../../../shared/time/duration.ts";
import { nodeRef } from "./break-node.ts";
import type { NamedFailure } from "./named-failure.ts";

const cluster = "west";
let repairNetwork: (() => void) | undefined;

/** Nodes that are the source of what falls on pods: a network that is not there. */
export const sourceFailures: readonly NamedFailure[] = [
  {
    name: "network-is-down",
    requirement: "S3-08",
    cluster,
    what: "no network",
    healer: "notready-handler",
    expected: { verdict: "heal", reason: "NotReadyNetwork" },
    // One node of a cluster a minute.
    deadlineMs: minutes(3),
    async inject({ model }) {
      repairNetwork = model.kubelet("west-12").networkDown();
      return nodeRef(model, "west-12");
    },
    afterwards: () => repairNetwork?.(),
  },
];
