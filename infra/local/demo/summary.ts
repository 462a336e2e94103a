import { textTable } from "../../cli/text-table.ts";
import { objectWords } from "../case-rows.ts";
import type { LiveRow } from "../live-table.ts";
import { isOk, reportOf, type Sighting } from "./observer.ts";

/** What became of all failures together: the last object of `--once --json`. */
export interface Summary {
  readonly summary: {
    readonly failures: number;
    readonly ok: number;
    readonly healed: number;
    /** Left alone, waited for or told to people: nothing was written to them. */
    readonly untouched: number;
    /** From the start of the command to the first heal, ms. */
    readonly firstHealMs: number | null;
    /** Median and longest time from fault to heal, ms. */
    readonly healedMs: { readonly median: number | null; readonly most: number | null };
    readonly tookMs: number;
  };
}

export function summaryOf(sightings: readonly Sighting[], begunAt: number, now: number): Summary {
  const healed = sightings.flatMap(({ healedAt }) => (healedAt === undefined ? [] : [healedAt]));
  const times = sightings.flatMap((each) => reportOf(each).healedMs ?? []).toSorted((a, b) => a - b);
  return {
    summary: {
      failures: sightings.length,
      ok: sightings.filter(isOk).length,
      healed: healed.length,
      untouched: sightings.filter((each) => each.failure.expected.verdict !== "heal" && isOk(each)).length,
      firstHealMs: healed.length === 0 ? null : Math.min(...healed) - begunAt,
      healedMs: { median: times[Math.floor((times.length - 1) / 2)] ?? null, most: times.at(-1) ?? null },
      tookMs: now - begunAt,
    },
  };
}

/** A row of the live table: the failure as its watcher sees it at this moment. */
export function rowOfSighting({ failure, object, verdict, faultAt, healedAt }: Sighting, now: number): LiveRow {
  return {
    cluster: failure.cluster,
    object: object === undefined ? "" : objectWords(object),
    what: failure.what,
    ...(verdict === undefined ? {} : { verdict }),
    reason: verdict?.reason ?? "",
    since: faultAt ?? now,
    healed: healedAt !== undefined,
  };
}

/** The table at the end, with times from fault to verdict and to heal. */
export function summaryLines(
  sightings: readonly Sighting[],
  summary: Summary,
  screen: { readonly colour: boolean; readonly width: number },
): readonly string[] {
  const seconds = (ms: number | null) => (ms === null ? "" : `${(ms / 1_000).toFixed(1)} s`);
  const rows = sightings.map((each) => {
    const { failure, verdict, reason, ok, verdictMs, healedMs } = reportOf(each);
    return [
      ok ? { text: "ok", style: "green" as const } : { text: "WRONG", style: "red" as const },
      { text: failure },
      { text: verdict ?? "none", ...(verdict === "heal" ? { style: "green" as const } : {}) },
      { text: reason ?? "" },
      { text: seconds(verdictMs).padStart(7) },
      { text: seconds(healedMs).padStart(6) },
    ];
  });
  const { failures, ok, healed, untouched, firstHealMs, healedMs } = summary.summary;
  const heals = `${healed} healed in ${seconds(healedMs.median)} (median; the slowest ${seconds(healedMs.most)})`;
  return [
    ...textTable({ head: ["", "FAILURE", "VERDICT", "REASON", "VERDICT", "HEALED"], rows }, screen).split("\n"),
    "",
    `${ok} of ${failures} failures ended as they should: ${healed === 0 ? "none healed" : heals}, ${untouched} left untouched for a reason.`,
    ...(firstHealMs === null ? [] : [`First heal ${seconds(firstHealMs)} after the start.`]),
  ];
}
