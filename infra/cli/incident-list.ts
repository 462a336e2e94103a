import type { Incident } from "../../shared/incident/incident.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, rfc3339 } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import type { Cell } from "./text-table.ts";

export interface IncidentOptions extends Place, ListOptions {
  readonly cluster?: string;
}

export async function listIncidents(desk: Desk, options: IncidentOptions): Promise<void> {
  const { incidents } = await desk.open(options);
  const { cluster } = options;
  const items = (await incidents.list())
    .filter((item) => cluster === undefined || item.cluster === cluster || item.cluster === "*")
    .sort((a, b) => Number(a.closedAt !== undefined) - Number(b.closedAt !== undefined) || b.openedAt - a.openedAt);
  const now = desk.clock.now();
  showList(
    desk,
    {
      items,
      none: "No incidents: no cause is known behind several cases.",
      head: ["CLUSTER", "KIND", "WHICH", "REASON", "AGE", "STATE", "FAIL", "WHAT"],
      row: (item) => incidentCells(item, now),
      json: (item) => ({ ...item, openedAt: rfc3339(item.openedAt), closedAt: rfc3339(item.closedAt) }),
    },
    options,
  );
}

function incidentCells(item: Incident, now: Instant): readonly Cell[] {
  return [
    { text: item.cluster },
    { text: item.kind },
    { text: item.key },
    { text: item.reason },
    { text: ageOf(item.openedAt, now) },
    stateCell(item, now),
    { text: item.members === undefined ? "" : `${item.members}` },
    { text: item.message },
  ];
}

function stateCell({ mode, closedAt, closedBecause }: Incident, now: Instant): Cell {
  if (closedAt !== undefined) {
    const because = closedBecause === undefined ? "" : `, ${closedBecause}`;
    return { text: `closed ${ageOf(closedAt, now)} ago${because}`, style: "dim" };
  }
  return mode === "observe" ? { text: "only observed", style: "dim" } : { text: "open", style: "yellow" };
}
