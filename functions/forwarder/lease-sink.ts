import { type LeaseFacts, leaseFromRaw } from "../../shared/kubernetes/lease.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { type AlarmClock, alarmClock } from "./alarm-clock.ts";
import { classifyLease } from "./classify.ts";
import type { ResourceSink } from "./resource-sink.ts";
import { isOlderVersion } from "./resource-version.ts";

/** Which nodes stopped renewing their Lease, by what we saw ourselves. */
export interface LeaseSink extends ResourceSink {
  isStale(nodeName: string): boolean;
  count(): number;
  run(signal: AbortSignal): Promise<void>;
}

export interface LeaseSinkOptions {
  readonly clock: Clock;
  /** Whether the watch of leases is open: silence behind a closed one says nothing. */
  readonly isWatching: () => boolean;
  /** A node's Lease became stale, or is renewed again. */
  readonly changed: (nodeName: string) => void;
  readonly failed: (nodeName: string, error: unknown) => void;
}

interface KnownLease {
  readonly lease: LeaseFacts;
  readonly renewalSeenAt: number;
  readonly stale: boolean;
}

export function leaseSink({ clock, isWatching, changed, failed }: LeaseSinkOptions): LeaseSink {
  const byNode = new Map<string, KnownLease>();
  let watchedSince = clock.monotonic();
  let versionsVoid = false;
  const alarms: AlarmClock = alarmClock(clock, ring, failed);

  function ring(nodeName: string): void {
    const known = byNode.get(nodeName);
    if (known === undefined || known.stale) return;
    const now = clock.monotonic();
    const { stale, lookAgainAt } = classifyLease(
      known.lease,
      known.renewalSeenAt,
      isWatching() ? watchedSince : now,
      now,
    );
    if (!stale) {
      alarms.set(nodeName, lookAgainAt);
      return;
    }
    byNode.set(nodeName, { ...known, stale });
    changed(nodeName);
  }

  function forget(nodeName: string): void {
    const known = byNode.get(nodeName);
    byNode.delete(nodeName);
    alarms.cancel(nodeName);
    if (known?.stale === true) changed(nodeName);
  }

  return {
    isStale: (nodeName) => byNode.get(nodeName)?.stale === true,
    count: () => byNode.size,
    run: (signal) => alarms.run(signal),
    has: (uid, version) => {
      const known = [...byNode.values()].find(({ lease }) => lease.uid === uid)?.lease.resourceVersion;
      return known !== undefined && !versionsVoid && (version === known || isOlderVersion(version, known));
    },
    seen(raw) {
      const lease = leaseFromRaw(raw);
      const before = byNode.get(lease.nodeName);
      const sameObject = before?.lease.uid === lease.uid;
      if (sameObject && !versionsVoid && isOlderVersion(lease.resourceVersion, before.lease.resourceVersion)) return;
      const renewed = !sameObject || before.lease.renewTime !== lease.renewTime;
      byNode.set(lease.nodeName, {
        lease,
        renewalSeenAt: renewed ? clock.monotonic() : before.renewalSeenAt,
        stale: renewed ? false : before.stale,
      });
      if (before === undefined) ring(lease.nodeName);
      if (renewed && before?.stale === true) {
        ring(lease.nodeName);
        changed(lease.nodeName);
      }
    },
    deleted(raw) {
      const { nodeName, uid } = leaseFromRaw(raw);
      if (byNode.get(nodeName)?.lease.uid === uid) forget(nodeName);
    },
    listed(uids) {
      versionsVoid = false;
      for (const [nodeName, { lease }] of [...byNode]) {
        if (!uids.has(lease.uid)) forget(nodeName);
      }
    },
    rewound() {
      versionsVoid = true;
    },
    watching() {
      watchedSince = clock.monotonic();
    },
  };
}
