import rows from "./release.json" with { type: "json" };
import type { Signature } from "./signature.ts";

/**
 * The signatures of this release: `*.yaml` of this folder without what only proves them. `npm run catalogue` makes the JSON out of it, and a layout
 * test holds the two equal, so that it needs no check when a function starts.
 */
export const releasedSignatures = rows as readonly Signature[];
