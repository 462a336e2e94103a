import { markOn, suspectMark } from "../kubernetes/node-marks.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { handOver } from "./hand-over.ts";
import type { Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import { ownSighting, sendOwn } from "./own-sighting.ts";
import type { Subject } from "./subject.ts";

/**
 * Who else is to hear of a verdict: the same healer of what goes with it, and the nodes' healer of what goes on under its mark. Before the verdict is
 * carried out: what stops half-way is looked at again, and says it again.
 */
export async function callOthers<Facts extends HealerFacts>(
  look: Look<Facts>,
  { subject }: Facts,
  { alsoLookAt = [], symptom, message }: Verdict,
): Promise<void> {
  const { deps, healer, openCase } = look;
  const { key, traceId } = openCase;
  const sightings = alsoLookAt.map((object) =>
    ownSighting(healer.name, deps, { cluster: key.cluster, object, traceId }),
  );
  await sendOwn(
    deps,
    sightings.map((each) => ({ body: JSON.stringify(each), group: key.cluster })),
  );
  const node = markedNode(subject);
  // In observe mode nobody is handed anything.
  if (symptom === undefined || node === undefined || look.mode === "observe") return;
  await handOver(look, { node, reason: symptom, message, at: deps.clock.now() });
}

function markedNode(subject: Subject): ObjectRef | undefined {
  if (subject.kind !== "pod" || typeof subject.node === "string") return undefined;
  return markOn(subject.node, suspectMark) === undefined ? undefined : subject.node.ref;
}
