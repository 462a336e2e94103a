import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { evidenceLimitBytes, packEvidence, unpackEvidence } from "../../../../shared/evidence/pack-evidence.ts";

describe("packEvidence", () => {
  it("is read back as it was", () => {
    const evidence = { pod: { phase: "Failed", reason: "Evicted" }, siblings: 14 };
    expect(unpackEvidence(packEvidence(evidence))).toEqual(evidence);
  });

  it("never grows past what a ledger row holds: what does not fit is noted by its size", () => {
    const packed = packEvidence({ noise: randomBytes(evidenceLimitBytes).toString("hex") });
    expect(packed.length).toBeLessThanOrEqual(evidenceLimitBytes);
    expect(unpackEvidence(packed)).toEqual({ evidenceTooLarge: expect.any(Number) });
  });
});
