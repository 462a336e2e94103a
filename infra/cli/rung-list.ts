import { type RungScore, rungScores } from "../../shared/heal/rung-record.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, rfc3339 } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import type { Cell } from "./text-table.ts";

export interface RungListOptions extends Place, ListOptions {
  readonly cluster?: string;
}

interface ListedRung extends RungScore {
  readonly cluster: string;
}

/** What each rung was good for on the nodes of each cluster, and which of them is not tried any more (S1-07). */
export async function listRungs(desk: Desk, options: RungListOptions): Promise<void> {
  const { clusters, rungs } = await desk.open(options);
  const ids = options.cluster === undefined ? (await clusters.list()).map(({ id }) => id) : [options.cluster];
  const now = desk.clock.now();
  const items: ListedRung[] = [];
  for (const cluster of ids) {
    const scores = rungScores(await rungs.read(cluster), now);
    items.push(...scores.map((score) => ({ cluster, ...score })));
  }
  showList(
    desk,
    {
      items: items.toSorted((a, b) => b.lastAt - a.lastAt),
      none: "No rungs: no node was asked for anything in 30 days, or nothing came of it yet.",
      head: ["CLUSTER", "CAUSE", "RUNG", "HELPED", "LAST", "STATE"],
      row: (item) => rungCells(item, now),
      json: (item) => ({ ...item, lastAt: rfc3339(item.lastAt) }),
    },
    options,
  );
}

function rungCells({ cluster, cause, rung, helped, of, lastAt, hopeless }: ListedRung, now: Instant): readonly Cell[] {
  return [
    { text: cluster },
    { text: cause },
    { text: rung },
    { text: `${helped} of ${of}` },
    { text: `${ageOf(lastAt, now)} ago` },
    hopeless ? { text: "left out: it does not help here", style: "yellow" } : { text: "tried" },
  ];
}
