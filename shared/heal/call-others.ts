import { handOver } from "./hand-over.ts";
import type { Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import { ownSighting, sendOwn } from "./own-sighting.ts";

/**
 * Who else is to hear of a verdict: the same healer of what goes with it, and the nodes' healer of what goes on under its mark. Before the verdict is
 * carried out: what stops half-way is looked at again, and says it again.
 */
export async function callOthers<Facts extends HealerFacts>(look: Look<Facts>, verdict: Verdict): Promise<void> {
  const { deps, healer, openCase } = look;
  const { key, traceId } = openCase;
  const sightings = (verdict.alsoLookAt ?? []).map((object) =>
    ownSighting(healer.name, deps, { cluster: key.cluster, object, traceId }),
  );
  await sendOwn(
    deps,
    sightings.map((each) => ({ body: JSON.stringify(each), group: key.cluster })),
  );
  // In observe mode nobody is handed anything.
  if (verdict.stillOf === undefined || look.mode === "observe") return;
  await handOver(look, { ...verdict.stillOf, message: verdict.message, at: deps.clock.now() });
}
