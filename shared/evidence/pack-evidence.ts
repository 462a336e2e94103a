import { gunzipSync, gzipSync } from "node:zlib";

/**
 * A ledger row holds at most this much evidence (DynamoDB: 400 KB an item).
 *
 * @internal Exported for its tests.
 */
export const evidenceLimitBytes = 100 * 1024;

/** JSON → gzip → base64. Evidence too large even so is replaced by a note of its size: a heal is never lost to its own evidence. */
export function packEvidence(evidence: unknown): string {
  const pack = (value: unknown) => gzipSync(JSON.stringify(value)).toString("base64");
  const packed = pack(evidence);
  return packed.length <= evidenceLimitBytes ? packed : pack({ evidenceTooLarge: packed.length });
}

/** @internal Exported for its tests. */
export function unpackEvidence(packed: string): unknown {
  return JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString("utf8"));
}
