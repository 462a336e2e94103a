import type { ClusterState, StoredReport } from "../../shared/cluster/cluster-state.ts";
import type { RegisteredCluster } from "../../shared/cluster/registered-cluster.ts";
import type { ClusterReport } from "../../shared/delta/cluster-report.ts";
import type { Brake } from "../../shared/rail/brake.ts";
import { days, seconds } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { type Overrides, override } from "./overrides.ts";

/** Cluster "eu-1", reached through a kubeconfig context. */
export function aRegisteredCluster(overrides: Overrides<RegisteredCluster> = {}): RegisteredCluster {
  const id = overrides.id ?? "eu-1";
  return override<RegisteredCluster>(
    {
      id,
      sender: `sender-of-${id}`,
      endpoint: "https://127.0.0.1:6443",
      authentication: { kind: "kubeconfig", file: "kubeconfig", context: id },
      ring: 0,
      registeredAt: atNoon(-days(30)),
    },
    overrides,
  );
}

/** A report of a healthy cluster with five Ready nodes in zone-a. */
export function aClusterReport(overrides: Overrides<ClusterReport> = {}): ClusterReport {
  return override<ClusterReport>(
    {
      sent: { from: 1, to: 10 },
      serverVersion: "v1.36.3",
      forwarderVersion: "0.1.0",
      incarnation: "uid-of-kube-system",
      zones: [{ zone: "zone-a", ready: 5, notReady: 0, unknown: 0 }],
      pools: [],
      coalesced: 0,
      suspects: 0,
    },
    overrides,
  );
}

/** The same, stored ten seconds before noon. */
export function aStoredReport(overrides: Overrides<StoredReport> = {}): StoredReport {
  return override<StoredReport>(
    { epoch: 1, sequence: 10, sentAt: atNoon(-seconds(10)), report: aClusterReport() },
    overrides,
  );
}

/** A released brake over five Ready nodes. */
export function aBrake(overrides: Overrides<Brake> = {}): Brake {
  return override<Brake>(
    {
      state: "released",
      reason: "AllWell",
      nodes: 5,
      notReady: 0,
      zones: [{ zone: "zone-a", ready: 5, notReady: 0, unknown: 0 }],
      updatedAt: atNoon(-seconds(10)),
    },
    overrides,
  );
}

/** A registered, freshly reported cluster with its brake released and no breaker. */
export function aClusterState(overrides: Overrides<ClusterState> = {}): ClusterState {
  return override<ClusterState>(
    { registered: aRegisteredCluster(), report: aStoredReport(), brake: aBrake() },
    overrides,
  );
}
