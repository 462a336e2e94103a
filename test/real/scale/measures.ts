/** What a run measured, and what it may come to at most. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Broken by a larger value, and by one that could not be measured (NaN). */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One line for each measure that is beyond its limit. */
export function broken(measures: readonly Measure[]): readonly string[] {
  return measures.filter((each) => !isWithin(each)).map((each) => `${words(each)}: beyond its limit`);
}

function isWithin({ value, atMost, atLeast }: Measure): boolean {
  if (atMost === undefined && atLeast === undefined) return true;
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

/** A table for people and one line of JSON for machines. */
export function table(measures: readonly Measure[]): string {
  const width = Math.max(...measures.map(({ name }) => name.length));
  const rows = measures.map((each) => `  ${each.name.padEnd(width)}  ${words(each).slice(each.name.length + 1)}`);
  const json = JSON.stringify(Object.fromEntries(measures.map(({ name, value }) => [name, round(value)])));
  return [...rows, json].join("\n");
}

function words({ name, value, unit, atMost, atLeast }: Measure): string {
  const limits = [
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
  ];
  return `${name} ${round(value)} ${unit}${limits.length === 0 ? "" : ` (${limits.join(", ")})`}`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
