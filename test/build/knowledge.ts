import { catalogueOf } from "../../shared/catalogue/catalogue.ts";
import { releasedSignatures } from "../../shared/catalogue/release.ts";
import type { Knowledge } from "../../shared/heal/healer.ts";

const released = catalogueOf(releasedSignatures);

/** The release's catalogue, and no report. */
export function aKnowledge(members: Partial<Knowledge> = {}): Knowledge {
  return { catalogue: released, ...members };
}
