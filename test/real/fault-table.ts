import { type ControlUrl, controlUrl } from "./kubelet-control.ts";

/** Which calls: what is absent matches everything, * stands for any letters. */
export interface PodMatch {
  readonly pod?: string;
  readonly namespace?: string;
}
export interface ContainerMatch extends PodMatch {
  readonly container?: string;
  /** As the pod names it, or as the runtime does. */
  readonly image?: string;
}

/** How a container ended. Of `ExecSync`: how the command ended, with `message` on its standard error. */
export interface Exit {
  readonly code: number;
  /** Default: as containerd has it, "Completed" for 0 and "Error" for others. */
  readonly reason?: string;
  readonly message?: string;
}

/** gRPC's own names. */
export type GrpcCode =
  | "Unknown"
  | "Canceled"
  | "InvalidArgument"
  | "DeadlineExceeded"
  | "NotFound"
  | "AlreadyExists"
  | "PermissionDenied"
  | "ResourceExhausted"
  | "FailedPrecondition"
  | "Aborted"
  | "OutOfRange"
  | "Unimplemented"
  | "Internal"
  | "Unavailable"
  | "DataLoss"
  | "Unauthenticated";

/** An error's text comes after "rpc error: code = … desc = "; the code is Unknown by default, as of what containerd does not classify. */
export type CallAnswer =
  | { readonly error: string; readonly code?: GrpcCode }
  /** Waits, and then does what was asked. */
  | { readonly delayMs: number }
  /** Waits until the fault is cleared, and then does what was asked; when the kubelet gives up (its own deadlines: 2 min, 4 for a sandbox), nothing. */
  | { readonly hang: true };

type Ended = { readonly exited: Exit } | { readonly oomKilled: true };
/** Says done, and does nothing. */
interface LeftBehind {
  readonly leftBehind: true;
}
/** The sandbox's own process is gone. */
interface SandboxDied {
  readonly sandboxDied: true;
}
interface NotReady {
  readonly notReady: {
    readonly condition: "RuntimeReady" | "NetworkReady";
    readonly reason?: string;
    readonly message?: string;
  };
}

/** A wrong answer of one CRI call. Of several that match the first one applies. */
export type Fault = {
  /** How often it applies (to a list: to how many containers or sandboxes). Default: for ever. */
  readonly times?: number;
} & (
  | { readonly operation: "Version" | "ImageFsInfo"; readonly answer: CallAnswer }
  | { readonly operation: "Status"; readonly answer: CallAnswer | NotReady }
  | { readonly operation: "RunPodSandbox"; readonly match?: PodMatch; readonly answer: CallAnswer }
  | {
      readonly operation: "StopPodSandbox" | "RemovePodSandbox";
      readonly match?: PodMatch;
      readonly answer: CallAnswer | LeftBehind;
    }
  | { readonly operation: "PodSandboxStatus"; readonly match?: PodMatch; readonly answer: CallAnswer | SandboxDied }
  | { readonly operation: "ListPodSandbox"; readonly match?: PodMatch; readonly answer: SandboxDied }
  | { readonly operation: "ListContainers"; readonly match?: ContainerMatch; readonly answer: Ended }
  | { readonly operation: "ListPodSandbox" | "ListContainers"; readonly answer: CallAnswer }
  | { readonly operation: "CreateContainer"; readonly match?: ContainerMatch; readonly answer: CallAnswer }
  | {
      readonly operation: "StartContainer" | "ContainerStatus";
      readonly match?: ContainerMatch;
      readonly answer: CallAnswer | Ended;
    }
  | {
      readonly operation: "StopContainer" | "RemoveContainer";
      readonly match?: ContainerMatch;
      readonly answer: CallAnswer | LeftBehind;
    }
  | {
      readonly operation: "ExecSync";
      readonly match?: ContainerMatch;
      readonly answer: CallAnswer | { readonly exited: Exit };
    }
  | {
      readonly operation: "PullImage";
      readonly match?: PodMatch & { readonly image?: string };
      readonly answer: CallAnswer;
    }
  | {
      readonly operation: "ImageStatus" | "RemoveImage";
      readonly match?: { readonly image?: string };
      readonly answer: CallAnswer;
    }
);

/** A fault that is set. */
export interface SetFault {
  readonly id: string;
  /** Ends it; calls that hang by it go on. */
  clear(): Promise<void>;
  /** How often it applied so far. */
  applied(): Promise<number>;
}

/** What is wrong with the runtime of one node. It outlives the kubelet's freezing and restarting. */
export interface FaultTable {
  /** The whole table anew. */
  set(faults: readonly Fault[]): Promise<void>;
  /** One more, after the others. */
  add(fault: Fault): Promise<SetFault>;
  /** None. */
  clear(): Promise<void>;
}

/** What the runtime holds, whatever the kubelet was told. */
export interface RuntimeHoldings {
  readonly sandboxes: readonly {
    readonly id: string;
    readonly pod: string;
    readonly namespace: string;
    /** The pod's. */
    readonly uid: string;
    readonly ready: boolean;
  }[];
  readonly containers: readonly {
    readonly id: string;
    readonly pod: string;
    readonly namespace: string;
    readonly uid: string;
    readonly container: string;
    /** Counts restarts from 0. */
    readonly attempt: number;
    readonly image: string;
    readonly state: "created" | "running" | "exited" | "unknown";
    readonly exitCode: number;
    readonly reason: string;
  }[];
}

export interface FaultyRuntime {
  readonly faults: FaultTable;
  holdings(): Promise<RuntimeHoldings>;
}

export function faultyRuntime(urlFile: string): FaultyRuntime {
  const url = controlUrl(urlFile);
  return {
    faults: faultTable(url),
    holdings: () => url.call("GET", "/runtime"),
  };
}

function faultTable(url: ControlUrl): FaultTable {
  return {
    async set(faults) {
      await url.call("PUT", "/faults", faults);
    },
    async add(fault) {
      const { id } = await url.call<{ id: string }>("POST", "/faults", fault);
      return {
        id,
        async clear() {
          await url.call("DELETE", `/faults/${id}`);
        },
        async applied() {
          const faults = await url.call<readonly { id: string; applied: number }[]>("GET", "/faults");
          const found = faults.find((one) => one.id === id);
          if (found === undefined) throw new Error(`asking how often fault ${id} applied: it is not set any more`);
          return found.applied;
        },
      };
    },
    async clear() {
      await url.call("DELETE", "/faults");
    },
  };
}
