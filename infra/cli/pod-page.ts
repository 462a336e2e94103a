import type { Case } from "../../shared/case/case.ts";
import type { Action } from "../../shared/ledger/action.ts";
import type { Lifecycle } from "../../shared/lifecycle/lifecycle.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { actionJson } from "./action-list.ts";
import { ageOf, briefDuration, rfc3339 } from "./brief-time.ts";
import { caseJson } from "./case-list.ts";
import type { Desk, Place } from "./desk.ts";
import { plainJson, plainText } from "./plain-text.ts";
import { type PodRecord, readPodRecord } from "./pod-record.ts";
import { clocksDiffer, type Moment, podTimeline } from "./pod-timeline.ts";
import { type Cell, painted, type Screen, textTable } from "./text-table.ts";
import { verdictWords } from "./verdict-words.ts";
import { wrapWords } from "./wrap-words.ts";

export interface PodOptions extends Place {
  readonly uid?: string;
  readonly json?: true;
}

/** One pod on one page: who it is, what happened when, its cases, and who else had its name. */
export async function showPod(desk: Desk, text: string, options: PodOptions): Promise<void> {
  const record = await readPodRecord(desk, await desk.open(options), text, options.uid);
  if (options.json) {
    desk.out(plainJson(podJson(record)));
    return;
  }
  const { screen } = desk;
  const now = desk.clock.now();
  const parts = [head(record, now, screen), timeline(record, screen)];
  if (record.actions.length > 0) parts.push(actions(record.actions, screen));
  if (record.cases.length > 0) parts.push(cases(record.cases, now, screen));
  if (record.others.length > 0) parts.push(others(record.others, now, screen));
  desk.out(parts.join("\n\n"));
}

function head({ life }: PodRecord, now: Instant, screen: Screen): string {
  const { cluster, pod, nodeName, owner, createdAt, readyAt, restarts } = life;
  const facts = [
    ["uid", pod.uid],
    ["node", nodeName ?? "never bound, as far as was told"],
    ["owner", owner ?? "none"],
    ["state", stateWords(life, now)],
    ...(createdAt === undefined || readyAt === undefined || readyAt < createdAt
      ? []
      : [["ready", `${briefDuration(readyAt - createdAt)} after its creation`]]),
    ...(restarts === undefined ? [] : [["restarts", String(restarts)]]),
  ] as const;
  const label = Math.max(...facts.map(([name]) => name.length));
  return [
    painted({ text: plainText(`Pod ${pod.namespace}/${pod.name} in ${cluster}`), style: "bold" }, screen),
    ...facts.map(
      ([name, value]) =>
        `${painted({ text: name, style: "dim" }, screen)}${" ".repeat(label - name.length)}  ${plainText(value)}`,
    ),
  ].join("\n");
}

function stateWords(life: Lifecycle, now: Instant): string {
  const { createdAt, readyAt, deletionRequestedAt = life.deletionAt, goneAt, end } = life;
  const ended = end === undefined ? "" : `${end.phase}${end.reason === undefined ? "" : ` (${end.reason})`}, `;
  if (goneAt !== undefined) {
    const lived = createdAt === undefined ? "" : `, lived ${ageOf(createdAt, goneAt)}`;
    return `${ended}gone ${ageOf(goneAt, now)} ago${lived}`;
  }
  if (deletionRequestedAt !== undefined) return `${ended}being deleted for ${ageOf(deletionRequestedAt, now)}`;
  if (end !== undefined) return `${ended}not gone, as far as was told`;
  return readyAt === undefined ? "not ready yet, as far as was told" : `became ready ${ageOf(readyAt, now)} ago`;
}

function timeline(record: PodRecord, screen: Screen): string {
  const moments = podTimeline(record);
  const room = screen.width - 29;
  const rows = moments.flatMap((moment, index) => momentRows(moment, moments[index - 1], room));
  const unknown = record.forgotten.map((id) => `action ${id} is not in the ledger any more`);
  const notes = clocksDiffer(record.life)
    ? ["steps on the node stand before those of the API server: their clocks differ, or it is a static pod", ...unknown]
    : unknown;
  const table =
    rows.length === 0
      ? "No instant is known of it."
      : textTable({ head: ["DATE", "UTC", "AFTER", "WHAT"], rows }, screen);
  return [table, ...notes.flatMap((note) => wrapWords(`!  ${plainText(note)}`, screen.width))].join("\n");
}

function momentRows(
  { at, what, details }: Moment,
  before: Moment | undefined,
  room: number,
): readonly (readonly Cell[])[] {
  const [date = "", time = ""] = (rfc3339(at) ?? "").split(/[T.]/);
  const [dateBefore] = (rfc3339(before?.at) ?? "").split("T");
  const second = (instant: Instant) => Math.floor(instant / 1_000) * 1_000;
  const after = before === undefined ? "" : briefDuration(second(at) - second(before.at));
  const words = [what, ...details].flatMap((cell) =>
    wrapWords(plainText(cell.text), room).map((text): Cell => ({ ...cell, text })),
  );
  return words.map((cell, index) => [
    { text: index === 0 && date !== dateBefore ? date : "", style: "dim" },
    { text: index === 0 ? time : "" },
    { text: index === 0 ? after : "" },
    cell,
  ]);
}

/** Their ids whole, as the ledger, the Event on the object and the logs have them: no place in a line beside other words. */
function actions(found: readonly Action[], screen: Screen): string {
  const rows = found.map(({ id, heal }): readonly Cell[] => [{ text: id }, { text: heal.kind }]);
  return textTable({ head: ["ACTION", "WHAT"], rows }, screen);
}

function cases(found: readonly Case[], now: Instant, screen: Screen): string {
  const healerWidth = Math.max(...found.map(({ key }) => key.healer.length));
  const rows = found.flatMap((each) => {
    const words = caseWords(each, now).flatMap((cell) =>
      wrapWords(plainText(cell.text), screen.width - healerWidth - 2).map((text): Cell => ({ ...cell, text })),
    );
    return words.map((cell, index): readonly Cell[] => [{ text: index === 0 ? each.key.healer : "" }, cell]);
  });
  return textTable({ head: ["HEALER", "CASE"], rows }, screen);
}

function caseWords(each: Case, now: Instant): readonly Cell[] {
  const { verdict, state, updatedAt, openedAt, closedBecause, attempts } = each;
  const closed = state === "closed";
  const tried = attempts === 0 ? "" : `, ${attempts} ${attempts === 1 ? "write" : "writes"} sent`;
  const standing = closed
    ? `closed ${ageOf(updatedAt, now)} ago: ${closedBecause ?? "well"}${tried}`
    : `open for ${ageOf(openedAt, now)}${tried}`;
  if (verdict === undefined) return [{ text: `${standing}, not judged yet` }];
  const { style } = verdictWords(verdict.kind, verdict.mode);
  const words = `${verdictWords(verdict.kind, verdict.mode).text}: ${verdict.reason}`;
  return [
    { text: standing, ...(closed ? { style: "dim" } : {}) },
    { text: words, ...(style === undefined ? {} : { style }) },
    { text: verdict.message },
  ].filter(({ text }) => text !== "") as readonly Cell[];
}

function others(lives: readonly Lifecycle[], now: Instant, screen: Screen): string {
  const rows = lives.map(({ pod, createdAt, goneAt }): readonly Cell[] => [
    { text: createdAt === undefined ? "" : `${ageOf(createdAt, now)} ago` },
    { text: goneAt === undefined ? "" : `${ageOf(goneAt, now)} ago` },
    { text: pod.uid },
  ]);
  return textTable({ head: ["CREATED", "GONE", "OTHER PODS OF THIS NAME (--uid)"], rows }, screen);
}

function podJson({ life, actions: acted, cases: found, others: lives }: PodRecord): unknown {
  return {
    ...lifeJson(life),
    actions: acted.map(actionJson),
    cases: found.map(caseJson),
    others: lives.map(({ pod, createdAt, goneAt }) => ({
      uid: pod.uid,
      createdAt: rfc3339(createdAt),
      goneAt: rfc3339(goneAt),
    })),
  };
}

function lifeJson(life: Lifecycle): object {
  const { exits, ...members } = life;
  const told = Object.entries(members).map(([member, value]) => [
    member,
    member.endsWith("At") && typeof value === "number" ? rfc3339(value) : value,
  ]);
  return {
    ...Object.fromEntries(told),
    ...(exits && { exits: exits.map((each) => ({ ...each, at: rfc3339(each.at) })) }),
  };
}
