import type { VolumeClaimFacts } from "../../shared/kubernetes/volume-claim.ts";
import { days } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type ObjectOverrides, overrideObject } from "./overrides.ts";

/** The claim "shop/data" of class "fast", bound to a volume that ebs.csi.aws.com made. */
export function aVolumeClaim(overrides: ObjectOverrides<VolumeClaimFacts> = {}): VolumeClaimFacts {
  return overrideObject<VolumeClaimFacts>(
    {
      ref: aRef({ kind: "PersistentVolumeClaim", name: "data" }),
      resourceVersion: "300",
      creationTimestamp: atNoon(-days(1)),
      finalizers: ["kubernetes.io/pvc-protection"],
      labels: {},
      annotations: {},
      phase: "Bound",
      storageClass: "fast",
      volumeName: `pvc-of-${overrides.name ?? "data"}`,
      driver: "ebs.csi.aws.com",
    },
    overrides,
  );
}
