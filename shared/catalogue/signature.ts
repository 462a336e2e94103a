/** Where a signature shows: what one text was read from. */
export const channels = [
  /** Event: its reason and message. */
  "event",
  /** An entry of containerStatuses: reason and message of its waiting or terminated state. */
  "containerStatus",
  /** A pod's own `status.reason` and `status.message`. */
  "podStatus",
  "podCondition",
  /** A node's condition, the kubelet's or another agent's. Ready's message may be several joined: split it first. */
  "nodeCondition",
  /** A line of the kernel's ring buffer, through the node pack. */
  "kernelLine",
  /** A line of a service's journal, through the node pack. */
  "journalLine",
] as const;
export type Channel = (typeof channels)[number];

/** Lines carry no reason. */
export const lineChannels: readonly Channel[] = ["kernelLine", "journalLine"];

/** What is behind a message. Closed: a new one is a reviewed change, for healers and incidents count by it. */
export const causes = [
  "AddressesExhausted",
  "AdmissionMismatch",
  "AppCommand",
  "AppConfiguration",
  "AppCrash",
  "AppMemory",
  "AppPermission",
  "AppStorage",
  "AppUnhealthy",
  "AttachTimeout",
  "CgroupDriver",
  "CgroupFrozen",
  "CgroupLeak",
  "CgroupMissing",
  "ContainerHung",
  "CsiDriverMissing",
  "DbusClosed",
  "DeadlinePassed",
  "DeviceLost",
  "DiskSlow",
  "ExecProbeTimeout",
  "ExecSetns",
  "FilesystemReadOnly",
  "HousekeepingStuck",
  "ImageAuth",
  "ImageName",
  "ImageNotFound",
  "ImageSignature",
  "InitRunning",
  "KernelMemory",
  "KubeletRestarting",
  "KubeletSilent",
  "KubeletStartFailed",
  "LayerCorrupt",
  "MountBusy",
  "MountRefused",
  "MountTimeout",
  "NameReserved",
  "NetworkNotReady",
  "NetworkSetup",
  "NetworkTeardown",
  "NoCauseNamed",
  "NodeCapacity",
  "NodeDiskFull",
  "NodePressure",
  "NodeRebooted",
  "NodeShutdown",
  "OciCreate",
  "PlegStalled",
  "Preempted",
  "ProcessHung",
  "PullThrottled",
  "PullTimeout",
  "RegistryFailing",
  "RegistryThrottling",
  "RegistryUnreachable",
  "RuntimeDown",
  "RuntimeStarting",
  "RuntimeTimeout",
  "SandboxCreation",
  "SandboxGone",
  "SandboxImage",
  "StopFailed",
  "StopTimeout",
  "StorageStarting",
  "VolumeBusy",
  "VolumeElsewhere",
  "VolumeMissing",
  "VolumeUnbound",
] as const;
export type Cause = (typeof causes)[number];

/** Who has it in hand: the workload's owner, this one pod, the node, or something that many stand on. */
export const scopes = ["application", "pod", "node", "dependency"] as const;
export type Scope = (typeof scopes)[number];

/**
 * What a healer may do about it. Healers act on this and never on the cause, so that a row added at run time cannot bring a remedy in by its cause.
 * - `leave`: nothing; the cause is the reason that people read
 * - `tell`: escalated to people, once; nothing else
 * - `hold`: wait; nobody acts on the object while it says so
 * - `handOver`: evidence for the node's case
 * - `incident`: evidence for dependency-watch
 * - `evict`: a new pod is the remedy, wherever it lands; only where nothing of this one ever ran
 */
export const remedies = ["leave", "tell", "hold", "handOver", "incident", "evict"] as const;
export type Remedy = (typeof remedies)[number];

/** What a row that was added at run time may ask for; without one it only names the cause. */
export const runTimeRemedies: readonly Remedy[] = ["hold", "tell"];

/** One place where a signature's text stands. */
export interface Place {
  readonly channel: Channel;
  /** Absent: whatever the reason. */
  readonly reasons?: readonly string[];
}

/** One text as it was seen. */
export interface Sighting {
  readonly channel: Channel;
  /** "" for lines, which have none. */
  readonly reason: string;
  readonly text: string;
}

/** What matching needs of a row, and what is said of one that matched. */
export interface Signature {
  /** kebab-case; unique over release and table. */
  readonly id: string;
  /** Ids of the requirements: "S0-31". */
  readonly requirements: readonly string[];
  /** Rises with every change. */
  readonly version: number;
  /** One line for people. */
  readonly meaning: string;
  readonly seenIn: readonly Place[];
  /** Literal texts that stand in the message in this order. Empty: the reason alone says it. */
  readonly fragments: readonly string[];
  readonly cause: Cause;
  readonly scope: Scope;
  /** Always there in a release. */
  readonly remedy?: Remedy;
  /** Component → range of its versions: { kubelet: ">=1.30" }. "any" where the words have not changed. */
  readonly versions: Readonly<Record<string, string>>;
  /** Where the wording comes from. */
  readonly source: string;
}

/** A text that the row must match. */
export interface Sample extends Sighting {
  /** A file of test/fixtures that it stands in, word for word. */
  readonly recorded?: string;
  /** Where the words come from when no recording has them. */
  readonly source?: string;
}

/** A row as people write it: with the texts that prove it. */
export interface ProvenSignature extends Signature {
  readonly samples: readonly Sample[];
  /** Texts that look like it and must not match. */
  readonly nearMisses: readonly Sighting[];
}

/** Where a row comes from: a release is reviewed and may carry a remedy, the table is written by people at run time. */
export type Origin = "release" | "table";
