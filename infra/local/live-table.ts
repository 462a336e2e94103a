import { styleText } from "node:util";
import type { VerdictKind } from "../../shared/heal/heal.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { plainText } from "../cli/plain-text.ts";

/** One sick object, as people see it. */
export interface LiveRow {
  readonly cluster: string;
  /** Empty: nothing has happened to it yet. */
  readonly object: string;
  readonly what: string;
  readonly verdict?: { readonly kind: VerdictKind; readonly mode: "act" | "observe" };
  readonly reason: string;
  readonly since: Instant;
  /** The heal has had its effect. */
  readonly healed: boolean;
}

export interface LiveView {
  readonly title: string;
  /** What people must know before the table: what is wrong with a cluster, that lab mode is on. */
  readonly notices: readonly string[];
  readonly rows: readonly LiveRow[];
  readonly foot: string;
}

export interface Sheet {
  /** Columns and lines of the terminal. */
  readonly width: number;
  readonly height: number;
  readonly colour: boolean;
}

const head = ["CLUSTER", "OBJECT", "WHAT IS WRONG", "VERDICT", "REASON", "AGE"] as const;
/** Which columns give way where the terminal is narrow, and how far. */
const giving = [
  { column: 1, least: 14 },
  { column: 2, least: 12 },
  { column: 4, least: 12 },
  { column: 0, least: 6 },
  { column: 1, least: 8 },
  { column: 2, least: 6 },
  { column: 4, least: 6 },
] as const;
const gap = 2;
const indent = " ";
/** Title, blank lines, head and foot around rows and notices. */
const frameLines = 6;

type Style = Parameters<typeof styleText>[0];

interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** The lines of one picture: never wider than the sheet, never higher. */
export function liveLines(view: LiveView, sheet: Sheet, now: Instant): readonly string[] {
  const paint = painter(sheet);
  const room = Math.max(1, sheet.height - frameLines - view.notices.length);
  const shown = view.rows.slice(0, room);
  const hidden = view.rows.length - shown.length;
  const line = (text: string, style?: Style) =>
    paint({ text: cut(plainText(text), sheet.width - 1), ...(style ? { style } : {}) });
  return [
    line(view.title, "bold"),
    ...view.notices.map(
      (notice) => `${indent}${paint({ text: cut(plainText(notice), sheet.width - 2), style: "yellow" })}`,
    ),
    "",
    ...tableLines(shown, sheet, now),
    "",
    line(hidden > 0 ? `${view.foot} · ${hidden} more below` : view.foot, "dim"),
  ];
}

function tableLines(rows: readonly LiveRow[], sheet: Sheet, now: Instant): readonly string[] {
  if (rows.length === 0) return [`${indent}Nothing is sick.`];
  const paint = painter(sheet);
  const table = [
    head.map((text): Cell => ({ text, style: "dim" })),
    ...rows.map((row) => cellsOf(row, now).map((cell) => ({ ...cell, text: plainText(cell.text) }))),
  ];
  const natural = head.map((_, column) => Math.max(...table.map((cells) => cells[column]?.text.length ?? 0)));
  const widths = fitting(natural, sheet.width - indent.length - 1);
  return table.map((cells) => {
    const painted = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      const text = column === 1 ? cutMiddle(cell.text, width) : cut(cell.text, width);
      return paint({ ...cell, text }) + " ".repeat(width - text.length);
    });
    return `${indent}${painted.join(" ".repeat(gap))}`.trimEnd();
  });
}

function cellsOf(row: LiveRow, now: Instant): readonly Cell[] {
  const quiet = row.healed || row.object === "" ? { style: "dim" as const } : {};
  return [
    { text: row.cluster, ...quiet },
    { text: row.object, ...quiet },
    { text: row.what, ...quiet },
    verdictCell(row),
    { text: row.reason, ...quiet },
    { text: row.object === "" ? "" : roughAge(now - row.since), style: "dim" },
  ];
}

const verdictStyles = { heal: "green", wait: "cyan", leave: "blue", handOver: "yellow", escalate: "yellow" } as const;

/** What observe mode only says: leaving and waiting are the same in both modes. */
export const isDeed = (kind: VerdictKind): boolean => kind !== "leave" && kind !== "wait";

function verdictCell({ verdict, healed, object }: LiveRow): Cell {
  if (verdict === undefined) return { text: object === "" ? "" : "…", style: "dim" };
  const word = verdict.kind === "handOver" ? "hand over" : verdict.kind;
  if (verdict.mode === "observe" && isDeed(verdict.kind)) return { text: `would ${word}`, style: "dim" };
  if (healed) return { text: "healed", style: ["bold", "green"] };
  return { text: word, style: verdictStyles[verdict.kind] };
}

/** One unit, so that nothing but seconds moves. */
function roughAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function fitting(natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each + gap, -gap) - width;
  for (const { column, least } of giving) {
    const given = Math.min(Math.max(0, (widths[column] ?? 0) - least), Math.max(0, excess));
    widths[column] = (widths[column] ?? 0) - given;
    excess -= given;
  }
  return widths;
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

/** Names of pods differ at their end; a name that is cut already is cut more at the same place. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const [head = "", ...rest] = text.split("…");
  const tail = rest.length > 0 ? rest.join("…") : text.slice(-Math.min(5, Math.floor(width / 2)));
  return `${head.slice(0, Math.max(0, width - tail.length - 1))}…${tail}`;
}

const painter =
  ({ colour }: Sheet) =>
  ({ text, style }: Cell): string =>
    colour && style !== undefined && text !== "" ? styleText(style, text, { validateStream: false }) : text;
