import { expect, it } from "vitest";
import type { LogLevelRow } from "../../../../shared/flag/flag.ts";
import { resolveLogLevel } from "../../../../shared/flag/resolve-log-level.ts";
import { atNoon, noon } from "../../../build/instant.ts";

const query = { healer: "terminating-reaper", cluster: "eu-1", namespace: "shop" };

function aRow(scope: string, healer: string, level: LogLevelRow["level"], until = atNoon(1)): LogLevelRow {
  return { scope, healer, level, until, reason: "", by: "jo", updatedAt: noon };
}

it.each([
  ["no row", [], undefined],
  ["one for everything", [aRow("*", "*", "warn")], "warn"],
  [
    "the narrower scope before the healer",
    [aRow("*", "terminating-reaper", "warn"), aRow("eu-1", "*", "debug")],
    "debug",
  ],
  ["the healer within one scope", [aRow("eu-1", "*", "warn"), aRow("eu-1", "terminating-reaper", "debug")], "debug"],
  ["the namespace first", [aRow("eu-1", "*", "warn"), aRow("eu-1/shop", "*", "error")], "error"],
  [
    "one of another healer, cluster or namespace",
    [aRow("*", "orphan-sweeper", "debug"), aRow("eu-2", "*", "debug"), aRow("eu-1/bank", "*", "debug")],
    undefined,
  ],
  ["one that ends now", [aRow("*", "*", "debug", noon)], undefined],
  ["a wider one under one that has ended", [aRow("eu-1", "*", "debug", noon), aRow("*", "*", "warn")], "warn"],
] as const)("%s (S2-05)", (_, rows, expected) => {
  expect(resolveLogLevel(rows, query, noon)).toBe(expected);
});
