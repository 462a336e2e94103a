import type { Fault } from "../fault-table.ts";

/**
 * What hangs below a kubelet, as it sees that: one call of the runtime that does not come back for one pod. Whether containerd or CRI-O waits behind the call
 * is nothing that a kubelet can tell: its own deadline ends the call, in its own words. A hanging mount is no call of the runtime, and stands in no row.
 */
export interface HungProcess {
  /** In kebab case; also its node and its namespace. */
  readonly name: string;
  /** Which process is in D state. */
  readonly process: string;
  readonly fault: Fault;
  /** When the call begins to hang: before the pod is made, or once it runs. */
  readonly from: "the start" | "when it runs";
  /** The pod is deleted then. */
  readonly deleted?: true;
  /** Of the node, five minutes later. */
  readonly ready: "True" | "False";
  /** Of the pod by then. */
  readonly shows: { readonly event: string } | { readonly waiting: string } | { readonly terminating: true };
}

export const hungProcesses: readonly HungProcess[] = [
  {
    name: "hung-process",
    process: "the container's own, which is to end",
    fault: { operation: "StopContainer", answer: { hang: true } },
    from: "when it runs",
    deleted: true,
    ready: "True",
    shows: { terminating: true },
  },
  {
    name: "hung-init",
    process: "runc init, while a container is made",
    fault: { operation: "CreateContainer", answer: { hang: true } },
    from: "the start",
    ready: "True",
    shows: { waiting: "CreateContainerError" },
  },
  {
    name: "hung-sandbox",
    process: "the shim, while a sandbox is made",
    fault: { operation: "RunPodSandbox", answer: { hang: true } },
    from: "the start",
    ready: "True",
    shows: { event: "FailedCreatePodSandBox" },
  },
  {
    name: "hung-shim",
    process: "the shim, asked about its container",
    fault: { operation: "ContainerStatus", answer: { hang: true } },
    from: "when it runs",
    ready: "True",
    shows: { event: "" },
  },
  {
    name: "hung-exec",
    process: "runc exec, of a probe",
    fault: { operation: "ExecSync", answer: { hang: true } },
    from: "when it runs",
    ready: "True",
    shows: { event: "Unhealthy" },
  },
];
