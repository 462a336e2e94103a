import { saidByEvent, saidByNode, saidByPod } from "../../shared/catalogue/said.ts";
import type { Sighting } from "../../shared/catalogue/signature.ts";
import type { LiveCatalogue } from "../../shared/catalogue/stored-catalogue.ts";
import type { UnknownStore } from "../../shared/catalogue/unknown-store.ts";
import type { Delta } from "../../shared/delta/delta.ts";
import { describeError } from "../../shared/errors.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Arrival } from "./collapse.ts";

/** Suspects are told again and again; a container counts a message of one object once, and remembers this many. */
const rememberedLimit = 5_000;

/**
 * Counts the messages of suspects that no signature of the catalogue knows, so that its gaps show (`design.md` §7). Never holds a delta back: a count that fails is
 * logged and forgotten.
 */
export function unknownCounter(deps: {
  readonly catalogue: LiveCatalogue;
  readonly unknowns: Pick<UnknownStore, "count">;
  readonly log: Log;
}): (arrivals: readonly Arrival[]) => Promise<void> {
  const { catalogue, unknowns, log } = deps;
  const counted = new Set<string>();

  const count = async ({ cluster, delta, sentAt }: Arrival): Promise<void> => {
    for (const sighting of saidOf(delta)) {
      const { catalogue: known } = await catalogue.current();
      const match = known.match(sighting);
      if (match.kind === "known") continue;
      const key = JSON.stringify([cluster, delta.object.uid, sighting.channel, sighting.reason, match.fingerprint]);
      if (counted.has(key)) continue;
      counted.add(key);
      await unknowns.count({ cluster, ...sighting, fingerprint: match.fingerprint, at: sentAt });
    }
    for (const oldest of counted) {
      if (counted.size <= rememberedLimit) break;
      counted.delete(oldest);
    }
  };

  return async (arrivals) => {
    for (const arrival of arrivals) {
      if (arrival.delta.kind !== "suspect") continue;
      try {
        await count(arrival);
      } catch (error) {
        log.warn("An unknown message was not counted", { cluster: arrival.cluster, err: describeError(error) });
      }
    }
  };
}

/** What a suspect's state says in words. */
function saidOf({ state }: Delta): readonly Sighting[] {
  switch (state?.ref.kind) {
    case undefined:
      return [];
    case "Pod":
      return saidByPod(state as PodFacts);
    case "Node":
      return saidByNode(state as NodeFacts);
    default:
      return saidByEvent(state as EventFacts);
  }
}
