import { styleText } from "node:util";
import { plainText } from "./plain-text.ts";

type Style = "dim" | "red" | "green" | "yellow" | "bold";

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Screen {
  /** Styles are written only where somebody looks. */
  readonly colour: boolean;
  /** Columns of the terminal; Infinity where nobody looks. */
  readonly width: number;
}

interface Table {
  readonly head: readonly string[];
  /** Titles of columns that a narrow screen does without, the first of them first. */
  readonly spare?: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Rows under a head, columns as wide as their widest cell and two spaces apart. Where the screen is narrower, the last column is cut (and left out
 * when next to nothing would be left of it), then the spare ones are left out, and only then the widest of the others are cut.
 */
export function textTable({ head, spare = [], rows }: Table, screen: Screen): string {
  const lines = [
    head.map((text): Cell => ({ text, style: "dim" })),
    ...rows.map((row) => row.map((cell) => ({ ...cell, text: plainText(cell.text) }))),
  ];
  const natural = head.map((title, index) => ({
    index,
    title,
    width: Math.max(...lines.map((cells) => cells[index]?.text.length ?? 0)),
  }));
  const columns = fittingColumns(natural, spare, screen.width);
  const show = (cell: Cell, width: number, isLast: boolean): string => {
    const text = cut(cell.text, width);
    const styled = painted({ ...cell, text }, screen);
    return isLast ? styled : styled + " ".repeat(width - text.length + gap);
  };
  return lines
    .map((cells) =>
      columns
        .map(({ index, width }, place) => show(cells[index] ?? { text: "" }, width, place === columns.length - 1))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

/** The words of a cell, styled where somebody looks. */
export function painted({ text, style }: Cell, { colour }: Screen): string {
  return colour && style !== undefined && text !== "" ? styleText(style, text, { validateStream: false }) : text;
}

interface Column {
  /** Place of its cells in a row. */
  readonly index: number;
  readonly title: string;
  readonly width: number;
}

const gap = 2;
const smallest = { last: 12, other: 8 };

function fittingColumns(natural: readonly Column[], spare: readonly string[], screenWidth: number): readonly Column[] {
  const excess = (columns: readonly Column[]) =>
    columns.reduce((sum, { width }) => sum + width + gap, -gap) - screenWidth;
  const last = natural.at(-1);
  if (last === undefined || excess(natural) <= 0) return natural;
  let columns = natural.slice(0, -1);
  const left = last.width - excess(natural);
  if (left >= smallest.last) return [...columns, { ...last, width: left }];
  for (const title of spare) {
    if (excess(columns) > 0) columns = columns.filter((column) => column.title !== title);
  }
  while (excess(columns) > 0) {
    const width = Math.max(...columns.map((column) => column.width));
    if (width <= smallest.other) break;
    const widest = columns.findIndex((column) => column.width === width);
    columns = columns.map((column, place) => (place === widest ? { ...column, width: width - 1 } : column));
  }
  return columns;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
