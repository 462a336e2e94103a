import type { LeaseFacts } from "../../shared/kubernetes/lease.ts";
import { seconds } from "../../shared/time/duration.ts";
import { noon } from "./instant.ts";
import { type Overrides, override } from "./overrides.ts";

/** The Lease of node "n1", renewed five seconds before noon. */
export function aLease(overrides: Overrides<LeaseFacts> = {}): LeaseFacts {
  const renewedAt = overrides.renewedAt ?? noon - seconds(5);
  const nodeName = overrides.nodeName ?? "n1";
  return override<LeaseFacts>(
    {
      nodeName,
      uid: `uid-of-lease-${nodeName}`,
      resourceVersion: "5000",
      renewTime: new Date(renewedAt).toISOString(),
      renewedAt,
      durationMs: seconds(40),
    },
    overrides,
  );
}
