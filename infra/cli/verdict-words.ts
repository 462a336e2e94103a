import type { VerdictKind } from "../../shared/heal/heal.ts";
import type { Cell } from "./text-table.ts";

const words = {
  heal: { text: "heal", style: "green" },
  wait: { text: "wait" },
  leave: { text: "leave" },
  handOver: { text: "hand over", style: "yellow" },
  escalate: { text: "escalate", style: "yellow" },
} as const satisfies Record<VerdictKind, Cell>;

/** In observe mode nothing is done: "would heal". */
export function verdictWords(kind: VerdictKind, mode: "act" | "observe"): Cell {
  const cell: Cell = words[kind];
  return mode === "observe" && cell.style !== undefined ? { text: `would ${cell.text}`, style: "dim" } : cell;
}
