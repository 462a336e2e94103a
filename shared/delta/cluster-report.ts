/** What a forwarder says of its cluster every 30 s. */
export interface ClusterReport {
  /** Inclusive range of sequence numbers sent and acknowledged in this epoch, at most the last 1,024. Absent before the first. */
  readonly sent?: { readonly from: number; readonly to: number };
  readonly serverVersion: string;
  readonly forwarderVersion: string;
  /** uid of the kube-system namespace: another one means another cluster behind the same name (K13). */
  readonly incarnation: string;
  readonly zones: readonly ZoneReport[];
  readonly pools: readonly PoolReport[];
  /** States that were overwritten by newer ones while the queue did not answer, since the process began. */
  readonly coalesced: number;
  readonly suspects: number;
}

export interface ZoneReport {
  /** "" where nodes carry no zone label. */
  readonly zone: string;
  readonly ready: number;
  /** Ready=False: the kubelet lives and says so. */
  readonly notReady: number;
  /** Ready=Unknown: the kubelet is silent. */
  readonly unknown: number;
}

/** Capacity of one node pool: what pending-rescheduler places against. Base units: cores, bytes, pieces. */
export interface PoolReport {
  readonly pool: string;
  readonly nodes: number;
  /** Of them, those whose Ready is False or Unknown; none when absent. */
  readonly notReady?: number;
  /** Sum over Ready, uncordoned nodes of allocatable minus requests, per resource. */
  readonly free: Readonly<Record<string, number>>;
  /** The most one node has left, per resource: what one pod can get. */
  readonly largestFree: Readonly<Record<string, number>>;
}
