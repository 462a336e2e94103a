import { expect, it } from "vitest";
import { invocationMetrics, type MetricLine } from "../../../../shared/lambda/metrics.ts";

it("adds counts up and keeps durations, one line per set of dimensions, once", () => {
  const lines: MetricLine[] = [];
  const metrics = invocationMetrics((line) => lines.push(line));
  metrics.count("Received", 3);
  metrics.count("Received");
  metrics.count("Handled", 1, { result: "Closed", cluster: "a" });
  metrics.count("Handled", 1, { cluster: "a", result: "Closed" });
  metrics.count("LookMilliseconds", 12);
  metrics.count("LookMilliseconds", 30);
  metrics.count("AgeSeconds", 5, { cluster: "a" });
  metrics.flush();
  metrics.flush();
  expect(lines).toEqual([
    {
      dimensions: {},
      metrics: [
        { name: "Received", unit: "Count", values: [4] },
        { name: "LookMilliseconds", unit: "Milliseconds", values: [12, 30] },
      ],
    },
    { dimensions: { result: "Closed", cluster: "a" }, metrics: [{ name: "Handled", unit: "Count", values: [2] }] },
    { dimensions: { cluster: "a" }, metrics: [{ name: "AgeSeconds", unit: "Seconds", values: [5] }] },
  ]);
});
