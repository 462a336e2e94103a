import type { ProvenSignature } from "../../shared/catalogue/signature.ts";

/** A row that nothing is wrong with: of the table, as it says `tell`. */
export function aSignature(overrides: Partial<ProvenSignature> = {}): ProvenSignature {
  return {
    id: "disk-tired",
    requirements: ["S0-55"],
    version: 1,
    meaning: "The disk of the node is tired.",
    seenIn: [{ channel: "event", reasons: ["FailedSync"] }],
    fragments: ["disk ", " is tired"],
    cause: "NodeDiskFull",
    scope: "node",
    remedy: "tell",
    versions: { kubelet: ">=1.30" },
    source: "made up",
    samples: [{ channel: "event", reason: "FailedSync", text: "disk sda is tired", source: "made up" }],
    nearMisses: [{ channel: "event", reason: "FailedSync", text: "disk sda is awake" }],
    ...overrides,
  };
}
