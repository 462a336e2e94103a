import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import type { Action } from "../../shared/ledger/action.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, rfc3339 } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import { checkHealer } from "./known-healers.ts";
import type { Cell } from "./text-table.ts";

export interface ActionOptions extends Place, ListOptions {
  readonly cluster?: string;
  readonly healer?: string;
}

export async function listActions(desk: Desk, options: ActionOptions): Promise<void> {
  const { cluster, healer } = options;
  const { ledger } = await desk.open(options);
  const items = await ledger.list({
    ...(cluster === undefined ? {} : { cluster }),
    ...(healer === undefined ? {} : { healer }),
  });
  // Rows may outlive their healer, and a node's case may come before it: a name is only wrong where it finds nothing.
  if (healer !== undefined && items.length === 0) checkHealer(healer, desk.healers, { all: false });
  const now = desk.clock.now();
  showList(
    desk,
    {
      items,
      none: "No actions: nothing has been written, and nobody has been told of anything.",
      head: ["AGE", "CLUSTER", "OBJECT", "HEALER", "ACTION", "REASON", "OUTCOME", "WHY"],
      spare: ["HEALER", "CLUSTER"],
      row: (item) => actionCells(item, now),
      json: actionJson,
    },
    options,
  );
}

function actionCells(item: Action, now: Instant): readonly Cell[] {
  return [
    { text: ageOf(item.plannedAt, now) },
    { text: item.cluster },
    { text: describeRef(item.object) },
    { text: item.healer },
    { text: item.mode === "observe" ? `would ${item.heal.kind}` : item.heal.kind },
    { text: item.reason },
    outcomeCell(item),
    { text: item.message },
  ];
}

export function outcomeCell({ mode, outcome, verifiedAt }: Action): Cell {
  if (mode === "observe") return { text: "only observed", style: "dim" };
  if (outcome === undefined) return { text: "planned", style: "yellow" };
  if (outcome.kind === "Done") return { text: verifiedAt === undefined ? "Done" : "Done, seen", style: "green" };
  return { text: outcome.kind, style: outcome.kind === "Gone" ? "dim" : "yellow" };
}

export function actionJson(item: Action): unknown {
  const { evidence, plannedAt, outcome, verifiedAt, ...rest } = item;
  return {
    ...rest,
    plannedAt: rfc3339(plannedAt),
    outcome: outcome && { ...outcome, at: rfc3339(outcome.at) },
    verifiedAt: rfc3339(verifiedAt),
    // gzip + base64, up to 100 KB: how much there is, not what.
    evidenceBytes: evidence?.length ?? 0,
  };
}
