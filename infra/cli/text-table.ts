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

/**
 * Rows under a head, columns as wide as their widest cell and two spaces apart. Where the screen is narrower, the last column is cut first
 * (and dropped when next to nothing would be left of it), then the widest of the others.
 */
export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[], screen: Screen): string {
  const lines = [
    head.map((text): Cell => ({ text, style: "dim" })),
    ...rows.map((row) => row.map((cell) => ({ ...cell, text: plainText(cell.text) }))),
  ];
  const widths = fittingWidths(
    head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.text.length ?? 0))),
    screen.width,
  );
  const show = (cell: Cell, width: number, isLast: boolean): string => {
    const text = cut(cell.text, width);
    const styled =
      screen.colour && cell.style !== undefined && text !== ""
        ? styleText(cell.style, text, { validateStream: false })
        : text;
    return isLast ? styled : styled + " ".repeat(width - text.length + gap);
  };
  return lines
    .map((cells) =>
      widths
        .map((width, column) => show(cells[column] ?? { text: "" }, width, column === widths.length - 1))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

const gap = 2;
const smallest = { last: 12, other: 8 };

function fittingWidths(natural: readonly number[], screenWidth: number): readonly number[] {
  const widths = [...natural];
  const excess = () => widths.reduce((sum, width) => sum + width + gap, -gap) - screenWidth;
  const last = widths.length - 1;
  if (excess() > 0) {
    const left = (widths[last] ?? 0) - excess();
    if (left >= smallest.last) widths[last] = left;
    else widths.pop();
  }
  while (excess() > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= smallest.other) break;
    widths[widest] = width - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
