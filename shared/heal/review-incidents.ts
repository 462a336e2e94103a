import { describeFlag } from "../flag/flag.ts";
import { type Closing, type Incident, idStem, isSameCause } from "../incident/incident.ts";
import { closing, failingNow, type IncidentRules, isFleetWide } from "../incident/rules.ts";
import { hours } from "../time/duration.ts";
import type { Healer, HealerFacts } from "./healer.ts";
import { type Notice, planNotice, tellNotice } from "./incident-notice.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/**
 * On the schedule, of all clusters at once: incidents close by themselves, whether anybody looks at anything or not. Reads no cluster, so that one that
 * cannot be seen keeps nothing open that others know to be over.
 */
export async function reviewIncidents<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  rules: IncidentRules,
  deps: PipelineDeps,
): Promise<void> {
  const clusters = await deps.clusters.list();
  const open = new Map<string, Incident>();
  for (const cluster of ["*", ...clusters.map(({ id }) => id)]) {
    for (const each of await deps.incidents.openFor(cluster)) open.set(`${each.cluster} ${each.id}`, each);
  }
  for (const incident of open.values()) await review(healer, rules, deps, incident, [...open.values()]);
}

async function review<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  rules: IncidentRules,
  deps: PipelineDeps,
  incident: Incident,
  others: readonly Incident[],
): Promise<void> {
  // One that people wrote is theirs to close.
  if (!incident.id.startsWith(idStem(incident))) return;
  const flag = await deps.flags.mode({ healer: healer.name, cluster: incident.cluster }, "recent");
  // Who cannot be asked has not said that it may go: it stands.
  if (flag.kind === "unreadable") return;
  const allowedBy = flag.kind === "mode" ? describeFlag(flag.row) : "no flag row";
  await finishTelling(healer, deps, incident, allowedBy);
  if (flag.kind === "mode" && flag.mode === "off") return close(healer, deps, incident, "SwitchedOff", allowedBy);
  const isCovered = others.some(
    (each) => each.cluster === "*" && each.mode === incident.mode && isSameCause(each, incident),
  );
  if (incident.cluster !== "*" && isFleetWide(incident) && isCovered) {
    await deps.incidents.close(incident, deps.clock.now(), "Replaced");
    return;
  }
  const members = await deps.incidents.membersOf(incident);
  const now = deps.clock.now();
  const because = closing(incident, members, rules, now);
  if (because !== undefined) return close(healer, deps, incident, because, allowedBy);
  const failing = failingNow(incident, members, now);
  if (failing !== incident.members) await deps.incidents.count(incident, failing);
}

/** For so long after it was opened, an incident is checked for having been told. */
const finishWithinMs = hours(1);

/** Whoever opened it may have died, or been refused by the ledger, before the word was out; nobody opens it again. */
async function finishTelling<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
  incident: Incident,
  allowedBy: string,
): Promise<void> {
  if (deps.clock.now() - incident.openedAt > finishWithinMs) return;
  const { message } = incident;
  await tellNotice(deps, {
    what: "IncidentOpened",
    incident,
    message,
    healer: healer.name,
    traceId: deps.random.id(),
    allowedBy,
  });
}

const words: Readonly<Record<Exclude<Closing, "Replaced">, string>> = {
  Repaired: "What failed by it works again, and no more of it was seen since.",
  Quiet: "Nothing fails by it any more; nobody saw it work again.",
  SwitchedOff: "Its healer was switched off: nobody keeps it any more.",
};

async function close<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
  incident: Incident,
  because: Exclude<Closing, "Replaced">,
  allowedBy: string,
): Promise<void> {
  const notice: Notice = {
    what: "IncidentClosed",
    incident,
    message: `${because}: ${words[because]}`,
    healer: healer.name,
    traceId: deps.random.id(),
    allowedBy,
  };
  await planNotice(deps, notice);
  if ((await deps.incidents.close(incident, deps.clock.now(), because)) === "closed") await tellNotice(deps, notice);
}
