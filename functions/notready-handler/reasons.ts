/** Why nothing is done. */
export type LeftReason = "NodeWell" | "OnlyConditions" | "Cordoned" | "MarkTakenAway" | "OutOfServiceByOthers";

/** What is waited for. */
export type WaitReason =
  | "NodeNew"
  | "NotReadyYet"
  | "SilentYet"
  | "PlegWatched"
  | "ConditionYet"
  | "LeaseStale"
  | "Settling"
  | "StayingWell"
  | "OutOfService"
  | "RungTried";

/** What the message of Ready=False says, by its gravest part; or that nothing is said any more. */
export type NotReadyReason =
  | "NotReadyRuntime"
  | "NotReadyPleg"
  | "NotReadyNetwork"
  | "NotReadyCsi"
  | "NotReadyCapacity"
  | "NotReadyShutdown"
  | "NotReadyOther"
  | "NodeSilent";

/** What else was seen of the node, and explains it better. */
export type CorrelatedReason =
  | "NodeSuspected"
  | "Flapping"
  | "Rebooting"
  | "PostReboot"
  | "AfterKubeletRestart"
  | "Density";

/** What a condition beside Ready says. */
export type ConditionReason =
  | "RuntimeDown"
  | "ProcessHung"
  | "KubeletRestarting"
  | "FilesystemReadOnly"
  | "LayerCorrupt"
  | "CgroupMissing"
  | "KubeletStartFailed"
  | "HousekeepingStuck"
  | "KernelMemory"
  | "ContainerHung"
  | "CgroupFrozen"
  | "NodeConditionBad"
  | "DiskPressure"
  | "MemoryPressure"
  | "PIDPressure"
  | "DeviceLost";

/** What its pods showed: the catalogue's causes that say what to try. */
export type SymptomReason =
  | "KernelMemory"
  | "CgroupLeak"
  | "CgroupMissing"
  | "ProcessHung"
  | "FilesystemReadOnly"
  | "LayerCorrupt"
  | "MountBusy"
  | "DbusClosed"
  | "NameReserved"
  | "RuntimeDown"
  | "RuntimeTimeout";

/** What a node is marked for, and what people are told of. */
export type SickReason = NotReadyReason | CorrelatedReason | ConditionReason | SymptomReason;

/** Told instead of the node's own cause. */
export type ToldReason = "ProgressiveNotReady" | "SharedCause" | "HungContainer" | "RungUnanswered" | "RungNeverHelps";

/** A node put out of service, and given back. */
export type ServiceReason = "ShutdownProven" | "StayedWell" | "BackInService";

/** Of a pod that is to be moved away. */
export type DrainReason =
  | "Drained"
  | "DrainOver"
  | "DrainNotDue"
  | "NotMovable"
  | "NoDisruptionBudget"
  | "NoHeadroom"
  | "CascadeBrake";
