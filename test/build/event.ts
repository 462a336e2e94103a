import type { EventFacts } from "../../shared/kubernetes/event.ts";
import { noon } from "./instant.ts";
import { aRef } from "./object-ref.ts";

/** A kubelet's warning about the pod that `aPod()` makes. */
export function anEvent(members: Partial<EventFacts> = {}): EventFacts {
  const { regarding = aRef() } = members;
  return {
    ref: { kind: "Event", namespace: regarding.namespace || "default", name: `${regarding.name}.17a`, uid: "e1" },
    resourceVersion: "900",
    labels: {},
    annotations: {},
    finalizers: [],
    type: "Warning",
    reason: "FailedMount",
    message: 'MountVolume.SetUp failed for volume "data"',
    regarding,
    source: "kubelet",
    count: 1,
    lastSeenAt: noon,
    ...members,
  };
}
