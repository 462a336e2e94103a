import { type Meta, metaFromRaw } from "./meta.ts";
import { type Raw, rawObject, rawText } from "./raw.ts";

/** A PersistentVolumeClaim: what stands behind a pod's volume. */
export interface VolumeClaimFacts extends Meta {
  /** "Pending", "Bound" or "Lost". */
  readonly phase: string;
  readonly storageClass?: string;
  /** The PersistentVolume that it is bound to. */
  readonly volumeName?: string;
  /** Who provisions it: the CSI driver's name. */
  readonly driver?: string;
}

export function volumeClaimFromRaw(raw: Raw): VolumeClaimFacts {
  const spec = rawObject(raw["spec"]);
  const storageClass = rawText(spec["storageClassName"]) || undefined;
  const volumeName = rawText(spec["volumeName"]) || undefined;
  const driver = provisionerNoted(raw);
  return {
    ...metaFromRaw("PersistentVolumeClaim", raw),
    phase: rawText(rawObject(raw["status"])["phase"]) ?? "",
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(volumeName === undefined ? {} : { volumeName }),
    ...(driver === undefined ? {} : { driver }),
  };
}

/** Kubernetes' volume controller writes it on every claim that is provisioned, the older key beside the newer. */
function provisionerNoted(raw: Raw): string | undefined {
  const annotations = rawObject(rawObject(raw["metadata"])["annotations"]);
  const noted = (key: string) => rawText(annotations[key]) || undefined;
  return noted("volume.kubernetes.io/storage-provisioner") ?? noted("volume.beta.kubernetes.io/storage-provisioner");
}
