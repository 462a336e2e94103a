import { MetricUnit, Metrics as PowertoolsMetrics } from "@aws-lambda-powertools/metrics";
import type { Metrics } from "../log/log.ts";

type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

/** What is counted during one invocation, written at its end: one EMF line per set of dimensions. */
export interface InvocationMetrics extends Metrics {
  flush(): void;
}

/** A line of EMF: metrics that share their dimensions. */
export interface MetricLine {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly metrics: readonly { readonly name: string; readonly unit: Unit; readonly values: readonly number[] }[];
}

/** Counts are added up; durations are kept one by one, for CloudWatch's percentiles. */
export function invocationMetrics(write: (line: MetricLine) => void): InvocationMetrics {
  let sets = new Map<string, { dimensions: Record<string, string>; values: Map<string, number[]> }>();
  return {
    count(name, value = 1, dimensions = {}) {
      const key = JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
      const set = sets.get(key) ?? { dimensions, values: new Map<string, number[]>() };
      sets.set(key, set);
      const values = set.values.get(name) ?? [];
      set.values.set(name, unitOf(name) === MetricUnit.Count ? [(values[0] ?? 0) + value] : [...values, value]);
    },
    flush() {
      const done = sets;
      sets = new Map();
      for (const { dimensions, values } of done.values()) {
        const metrics = [...values].map(([name, each]) => ({ name, unit: unitOf(name), values: each }));
        write({ dimensions, metrics });
      }
    },
  };
}

function unitOf(name: string): Unit {
  if (name.endsWith("Milliseconds")) return MetricUnit.Milliseconds;
  return name.endsWith("Seconds") ? MetricUnit.Seconds : MetricUnit.Count;
}

/** Writes a line through Powertools, which adds the service's name (the function's: the healer's) to the dimensions. */
export function powertoolsMetricLine({ dimensions, metrics }: MetricLine): void {
  const powertools = new PowertoolsMetrics({ namespace: "Knitbone" });
  if (Object.keys(dimensions).length > 0) powertools.addDimensions({ ...dimensions });
  for (const { name, unit, values } of metrics) for (const value of values) powertools.addMetric(name, unit, value);
  powertools.publishStoredMetrics();
}
