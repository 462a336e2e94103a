import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readRequirements } from "../../../../../infra/coverage/read-requirements.ts";
import { namedFailures } from "../../../../../infra/local/demo/failures.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));

const names = namedFailures.map(({ name }) => name);

test("there are at least twenty-five failures, each with a name of its own", () => {
  expect(names.length).toBeGreaterThanOrEqual(25);
  expect(new Set(names).size).toBe(names.length);
});

test("at least four are left alone or waited for, for reasons that differ", () => {
  const kept = namedFailures.filter(({ expected }) => expected.verdict === "leave" || expected.verdict === "wait");
  expect(new Set(kept.map(({ expected }) => expected.reason)).size).toBeGreaterThanOrEqual(4);
});

test("what a failure waits for comes before it", () => {
  for (const [index, { after = [] }] of namedFailures.entries()) {
    for (const name of after) expect(names.slice(0, index)).toContain(name);
  }
});

test("the storm waits for everything else in its cluster, as it holds it all", () => {
  const storm = namedFailures.at(-1);
  expect(storm).toMatchObject({ name: "storm", cluster: "south" });
  expect(storm?.after).toEqual(
    namedFailures.filter(({ cluster, name }) => cluster === "south" && name !== "storm").map(({ name }) => name),
  );
});

test("what is said of a failure fits into 80 columns", () => {
  for (const { what } of namedFailures) expect(what.length).toBeLessThanOrEqual(17);
});

test("each shows a requirement that the table of them knows", () => {
  const known = readRequirements(root).rows.map(({ id }) => id);
  const shown = namedFailures.map(({ requirement }) => requirement);
  expect(shown.filter((id) => !known.includes(id))).toEqual([]);
});
