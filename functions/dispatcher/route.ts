import type { Delta, Signal } from "../../shared/delta/delta.ts";

/** Which healers hear of a signal: compiled from their `function.yml`, so that functions never import each other. */
export type RoutingTable = Readonly<Partial<Record<Signal, readonly string[]>>>;

/** What each signal can be about. */
const kindsOf: Readonly<Record<Signal, readonly string[]>> = {
  PodOverdue: ["Pod"],
  PodFailed: ["Pod"],
  PodUnscheduled: ["Pod"],
  PodSilent: ["Pod"],
  PodWaiting: ["Pod"],
  PodStarting: ["Pod"],
  PodUnready: ["Pod"],
  NodeNotReady: ["Node"],
  NodeCondition: ["Node"],
  NodeLeaseStale: ["Node"],
  WarningEvent: ["Pod", "Node"],
};

/**
 * The healers that are to hear of a delta. A suspect: those that listen to one of its signals. What recovered or is gone carries no signal any more:
 * all that listen to signals of this kind of object, for any of them may have a case. A milestone: nobody.
 */
export function concernedHealers(
  routes: RoutingTable,
  delta: Pick<Delta, "kind" | "object" | "signals">,
): readonly string[] {
  if (delta.kind === "milestone") return [];
  const heard = delta.kind === "suspect" ? delta.signals : signalsAbout(delta.object.kind);
  return [...new Set(heard.flatMap((each) => routes[each] ?? []))].sort();
}

function signalsAbout(kind: string): readonly Signal[] {
  return (Object.keys(kindsOf) as Signal[]).filter((each) => kindsOf[each].includes(kind));
}
