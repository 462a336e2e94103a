import { seconds } from "../../../shared/time/duration.ts";
import { nodeRef } from "./break-node.ts";
import type { NamedFailure } from "./named-failure.ts";

const healer = "notready-handler";

let repairRuntime: (() => void) | undefined;

/** Nodes that are taken out of scheduling: one that calls itself Ready, and one that does not. */
export const nodeFailures: readonly NamedFailure[] = [
  {
    name: "suspected-node",
    requirement: "S2-03",
    cluster: "north",
    what: "kubelet hangs",
    healer,
    expected: { verdict: "heal", reason: "NodeSuspected" },
    goesOn: true,
    // Handed over by what comes first: pods placed there of which its kubelet does not speak, or the third pod that would have to be forced away.
    deadlineMs: seconds(80),
    async inject({ model }) {
      model.kubelet("north-1").freeze({ keepLease: true });
      return nodeRef(model, "north-1");
    },
  },
  {
    name: "runtime-is-down",
    requirement: "S3-02",
    cluster: "south",
    what: "runtime is down",
    healer,
    expected: { verdict: "heal", reason: "NotReadyRuntime" },
    // Its zone and cluster must have enough Ready nodes left, and what is broken there must have been judged.
    after: ["node-object-gone", "pod-of-an-unfinished-job", "orphan"],
    deadlineMs: seconds(80),
    async inject({ model }) {
      repairRuntime = model.kubelet("south-1").runtimeDown();
      return nodeRef(model, "south-1");
    },
    afterwards: () => repairRuntime?.(),
  },
];
