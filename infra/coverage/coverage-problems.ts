import { codeWords, isThere } from "./code-words.ts";
import type { Proof } from "./proof.ts";
import type { Requirement } from "./requirement.ts";

/** What the table claims and the repository does not show, one line each. */
export function coverageProblems(
  root: string,
  rows: readonly Requirement[],
  proofOf: (id: string) => Proof,
): readonly string[] {
  const known = codeWords(root);
  return rows.flatMap((row) =>
    [...wordProblems(row, known), ...fileProblems(row, root), ...cellProblems(row, proofOf(row.id))].map(
      (problem) => `row ${row.id}: ${problem}`,
    ),
  );
}

function wordProblems(row: Requirement, known: ReadonlySet<string>): readonly string[] {
  const words = "healedBy" in row ? row.healedBy : "left" in row ? (row.told ?? []) : [];
  return words.filter((word) => !known.has(word)).map((word) => `no code has ${word}`);
}

function fileProblems(row: Requirement, root: string): readonly string[] {
  if (!("kept" in row)) return [];
  return row.by.filter((path) => !isThere(root, path)).map((path) => `${path} is not there`);
}

/** Rows that only the node pack owns may have empty cells: their scripts are not run by these tests. */
function cellProblems(row: Requirement, { tests, stories }: Proof): readonly string[] {
  if ("open" in row || row.owner.every((each) => each === "NP")) return [];
  const problems: string[] = [];
  const shown = tests.length + stories.length > 0;
  if (!shown && !("left" in row && row.noTest !== undefined)) problems.push("no test names it");
  if (shown && row.noTest !== undefined) problems.push("a test names it: noTest is no longer true");
  if (stories.length === 0 && row.noStory === undefined)
    problems.push("no story names it, and noStory does not say why");
  if (stories.length > 0 && row.noStory !== undefined) problems.push("a story names it: noStory is no longer true");
  return problems;
}
