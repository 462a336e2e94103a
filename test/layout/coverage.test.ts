import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { causeProblems } from "../../infra/coverage/cause.ts";
import { coverageProblems } from "../../infra/coverage/coverage-problems.ts";
import type { Proof } from "../../infra/coverage/proof.ts";
import type { Requirement } from "../../infra/coverage/requirement.ts";
import { coverageFile, coverageOf } from "../../infra/coverage.ts";
import { root } from "./source-imports.ts";

const coverage = coverageOf(root);

it("every row is in its form, claims nothing that the repository does not show, and open ones are counted", () => {
  expect(coverage.problems).toEqual([]);
});

it("docs/coverage.md is what npm run coverage makes", () => {
  expect(readFileSync(join(root, coverageFile), "utf8")).toBe(coverage.page);
});

it("there is a row for every requirement, where the requirements are at hand", () => {
  const requirements = join(root, "../shared/requirements.md");
  if (!existsSync(requirements)) return;
  const text = readFileSync(requirements, "utf8");
  const beforeFixtures = text.slice(text.indexOf("### 4.1"), text.indexOf("### 4.10"));
  const ids = new Set(beforeFixtures.match(/\b(?:S[0-3]|X)-\d{2,3}\b/g));
  expect(ids.size).toBeGreaterThan(150);
  expect([...ids].filter((id) => !coverage.ids.includes(id))).toEqual([]);
});

const row = { id: "S0-44", owner: ["TR"], title: "stuck", sensedBy: "a pod" } as const;
const proven: Proof = { tests: ["unit/a"], stories: ["real/b"], signatures: [] };

it.each<[string, Requirement, Partial<Proof>, string]>([
  [
    "a reason that no code has",
    { ...row, owner: ["TR"], healedBy: ["terminating-reaper/Magic"] },
    {},
    "no code has terminating-reaper/Magic",
  ],
  ["a heal that no code has", { ...row, owner: ["TR"], healedBy: ["RebootNode"] }, {}, "no code has RebootNode"],
  [
    "a reason that nobody is told",
    { ...row, owner: ["TR"], left: "it is left", told: ["orphan-sweeper/Magic"] },
    {},
    "no code has orphan-sweeper/Magic",
  ],
  [
    "a file that is not there",
    { ...row, owner: ["PL"], kept: "a promise", by: ["shared/magic.ts"] },
    {},
    "shared/magic.ts is not there",
  ],
  [
    "a heal without a test",
    { ...row, owner: ["TR"], healedBy: ["ForceDeletePod"], noStory: "why" },
    { tests: [], stories: [] },
    "no test names it",
  ],
  [
    "nothing instead of a story",
    { ...row, owner: ["TR"], healedBy: ["ForceDeletePod"] },
    { stories: [] },
    "no story names it, and noStory does not say why",
  ],
  [
    "a story that there is, after all",
    { ...row, owner: ["TR"], healedBy: ["ForceDeletePod"], noStory: "why" },
    {},
    "a story names it: noStory is no longer true",
  ],
])("would find %s", (_, claimed, proof, problem) => {
  expect(coverageProblems(root, [claimed], () => ({ ...proven, ...proof }))).toEqual([`row S0-44: ${problem}`]);
});

it.each<[string, Requirement]>([
  ["an open row: it claims nothing", { ...row, owner: ["TR"], open: "what is decided" }],
  ["the node pack's rows: their scripts do not run here", { ...row, owner: ["NP"], left: "it is left" }],
])("asks no proof of %s", (_, claimed) => {
  expect(coverageProblems(root, [claimed], () => ({ tests: [], stories: [], signatures: [] }))).toEqual([]);
});

it("a cause of the catalogue is asked for its story, and a story for being there", () => {
  const rows = [
    { cause: "ImageAuth", story: "real/no-such-story" },
    { cause: "AppMemory", noStory: "for a reason" },
    { cause: "AppMemory", noStory: "for a reason" },
    { cause: "Magic", noStory: "for a reason" },
  ];
  expect(causeProblems(root, rows, ["ImageAuth", "AppMemory", "AppCrash"])).toEqual([
    "cause AppCrash: has no row",
    "cause AppMemory: is there twice",
    "cause ImageAuth: real/no-such-story is not there",
    "cause Magic: no signature has it",
  ]);
});
