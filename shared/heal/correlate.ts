/**
 * What looks at many objects have in common (`design.md` §6, dependency-watch). Each look leaves what it saw beside that of the others; the one that finds
 * enough of it opens an incident, by one conditional write: two that find it at once open one.
 */
import type { Case } from "../case/case.ts";
import { describeFlag } from "../flag/flag.ts";
import {
  type Incident,
  type IncidentCause,
  idStem,
  isSameCause,
  type Member,
  type MemberEnd,
  type Suspicion,
} from "../incident/incident.ts";
import { type Opening, opening } from "../incident/rules.ts";
import { causeOfPart } from "../incident/zone-part.ts";
import type { Verdict } from "./heal.ts";
import type { HealerFacts } from "./healer.ts";
import { type Notice, planNotice, tellNotice } from "./incident-notice.ts";
import type { Look, Sight } from "./look.ts";

/** The look, its case with what the object is evidence of by now. As it was, for a healer that keeps no incidents. */
export async function correlate<Facts extends HealerFacts>(look: Look<Facts>, verdict: Verdict): Promise<Look<Facts>> {
  if (look.healer.incidents === undefined) return look;
  const suspects = verdict.kind === "wait" ? (verdict.suspects ?? []) : [];
  const { key, object } = look.openCase;
  const seen = { cluster: key.cluster, object, mode: look.mode, at: look.deps.clock.now() };
  for (const each of suspects) await look.deps.incidents.saveMember({ ...each, ...seen });
  await endMembers(look, verdict.kind === "leave" && verdict.ends === true ? "well" : "changed", suspects);
  if (suspects.length > 0) await openWhatIsNot(look, suspects);
  return { ...look, openCase: withSuspects(look.openCase, suspects) };
}

/** The object is no evidence any more of what it was, but for `still`. */
export async function endMembers<Facts extends HealerFacts>(
  { deps, openCase }: Sight<Facts>,
  how: MemberEnd["how"],
  still: readonly IncidentCause[] = [],
): Promise<void> {
  const { cluster, uid } = openCase.key;
  const at = deps.clock.now();
  for (const cause of openCase.suspects ?? []) {
    const goesOn = still.some((each) => isSameCause(each, cause));
    if (!goesOn) await deps.incidents.endMember(cause, cluster, uid, { how, at });
  }
}

function withSuspects({ suspects: _before, ...openCase }: Case, suspects: readonly Suspicion[]): Case {
  if (suspects.length === 0) return openCase;
  return { ...openCase, suspects: suspects.map(({ kind, key }) => ({ kind, key })) };
}

/**
 * Members are read only while their cause is not known: in a long outage each look at one of thousands would read them all. What is known behind an object is
 * not looked for in its zone as well.
 */
async function openWhatIsNot<Facts extends HealerFacts>(
  look: Look<Facts>,
  suspects: readonly Suspicion[],
): Promise<void> {
  const { deps, openCase, mode } = look;
  const open = (await deps.incidents.openFor(openCase.key.cluster)).filter((each) => counts(each.mode ?? "act", mode));
  const isOpen = (cause: IncidentCause) => open.some((each) => isSameCause(each, cause));
  const isKnown = suspects.some((each) => each.kind !== "zone" && isOpen(each));
  for (const each of suspects) {
    if (!isOpen(each) && !(isKnown && each.kind === "zone")) {
      await openIfEnough(look, { kind: each.kind, key: each.key });
    }
  }
}

async function openIfEnough<Facts extends HealerFacts>(look: Look<Facts>, cause: IncidentCause): Promise<void> {
  const { deps, healer, openCase, state } = look;
  if (healer.incidents === undefined) return;
  const members = await membersThatCount(look, cause);
  const readyNodes = (state.report?.report.zones ?? []).reduce((sum, { ready }) => sum + ready, 0);
  const where = { cluster: openCase.key.cluster, readyNodes };
  const found = opening(cause, where, members, healer.incidents, deps.clock.now());
  if (found !== undefined) await openIncident(look, cause, found);
}

/** What was only looked at is no reason to hold anybody; what holds is a reason to look. */
function counts(of: "act" | "observe", forMode: "act" | "observe"): boolean {
  return forMode === "observe" || of === "act";
}

/** Of a zone counts what fails there and in no other zone of its cluster: else it is that thing, and not the zone. */
async function membersThatCount<Facts extends HealerFacts>(
  { deps, mode, openCase }: Look<Facts>,
  cause: IncidentCause,
): Promise<readonly Member[]> {
  const members = (await deps.incidents.membersOf(cause)).filter((each) => counts(each.mode, mode));
  if (cause.kind !== "zone") return members;
  const own = members.filter((each) => each.cluster === openCase.key.cluster && each.ended === undefined);
  const elsewhere = new Set<string>();
  for (const part of new Set(own.map((each) => each.part))) {
    const ofPart = await deps.incidents.membersOf(causeOfPart(part));
    const isOutside = ({ cluster, ended, zone }: Member) =>
      cluster === openCase.key.cluster && ended === undefined && zone !== cause.key;
    if (ofPart.some(isOutside)) elsewhere.add(part);
  }
  return own.filter((each) => !elsewhere.has(each.part));
}

async function openIncident<Facts extends HealerFacts>(
  look: Look<Facts>,
  cause: IncidentCause,
  { cluster, reason, message, members }: Opening,
): Promise<void> {
  const { deps, mode, healer, flag, openCase } = look;
  const before = await deps.incidents.ofCause(cluster, cause);
  // Opened while this look was counting: it is the same one.
  if (before.some((each) => each.closedAt === undefined && counts(each.mode ?? "act", mode))) return;
  // Whoever counts the same ones before it takes the same number; the store lets one of them have it.
  const number = 1 + Math.max(0, ...before.map(({ id }) => Number(id.slice(idStem(cause).length))));
  const incident: Incident = {
    id: `${idStem(cause)}${number}`,
    cluster,
    kind: cause.kind,
    key: cause.key,
    reason,
    message,
    openedAt: deps.clock.now(),
    members: members.length,
    ...(mode === "observe" ? { mode } : {}),
  };
  const notice: Notice = {
    what: "IncidentOpened",
    incident,
    message,
    healer: healer.name,
    traceId: openCase.traceId,
    allowedBy: describeFlag(flag),
  };
  await planNotice(deps, notice);
  if ((await deps.incidents.open(incident)) !== "opened") return;
  await tellNotice(deps, notice);
  await replaceOthers(look, incident, members);
}

/** The narrower ones of the same cause, and one that held nobody, end with it: silently, since what they told goes on. */
async function replaceOthers<Facts extends HealerFacts>(
  { deps }: Look<Facts>,
  incident: Incident,
  members: readonly Member[],
): Promise<void> {
  const clusters = new Set([incident.cluster, ...members.map((each) => each.cluster)]);
  for (const cluster of clusters) {
    for (const other of await deps.incidents.ofCause(cluster, incident)) {
      const isOpen = other.closedAt === undefined && (other.id !== incident.id || other.cluster !== incident.cluster);
      if (isOpen) await deps.incidents.close(other, deps.clock.now(), "Replaced");
    }
  }
}
