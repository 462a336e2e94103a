import type { Instant } from "../time/clock.ts";
import { type Raw, rawInstant, rawList, rawNumber, rawObject, rawText } from "./raw.ts";

/** A node's Lease in kube-node-lease: its name is the node's. */
export interface LeaseFacts {
  readonly nodeName: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** As written by the node, by its own clock. The forwarder, which watches, compares it for equality only. */
  readonly renewTime: string;
  /** The same as an instant; absent when unreadable. */
  readonly renewedAt?: Instant;
  /** Four renewals. */
  readonly durationMs: number;
}

/** Kubernetes' own default (`nodeLeaseDurationSeconds`). */
const defaultDurationSeconds = 40;

export function leaseFromRaw(raw: Raw): LeaseFacts {
  const metadata = rawObject(raw["metadata"]);
  const spec = rawObject(raw["spec"]);
  const renewedAt = rawInstant(spec["renewTime"]);
  const owner = rawList(metadata["ownerReferences"]).find((each) => each["kind"] === "Node");
  return {
    nodeName: rawText(owner?.["name"]) ?? rawText(metadata["name"]) ?? "",
    uid: rawText(metadata["uid"]) ?? "",
    resourceVersion: rawText(metadata["resourceVersion"]) ?? "",
    renewTime: rawText(spec["renewTime"]) ?? "",
    ...(renewedAt === undefined ? {} : { renewedAt }),
    durationMs: (rawNumber(spec["leaseDurationSeconds"]) ?? defaultDurationSeconds) * 1_000,
  };
}
