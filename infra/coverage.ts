import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRows } from "./catalogue/read-rows.ts";
import { causeProblems, readCauses } from "./coverage/cause.ts";
import { coveragePage } from "./coverage/coverage-page.ts";
import { coverageProblems } from "./coverage/coverage-problems.ts";
import { proofs } from "./coverage/proof.ts";
import { openRowsAllowed, readRequirements } from "./coverage/read-requirements.ts";

export const coverageFile = "docs/coverage.md";

export interface Coverage {
  readonly ids: readonly string[];
  readonly open: number;
  /** The text of `docs/coverage.md`. */
  readonly page: string;
  /** What the rows claim and the repository does not show. */
  readonly problems: readonly string[];
}

/** What becomes of each requirement, from rows, tests and catalogue. */
export function coverageOf(root: string): Coverage {
  const { rows, problems } = readRequirements(root);
  const proofOf = proofs(root);
  const causes = readCauses(root);
  const named = readRows(root).map(({ cause }) => cause);
  const open = rows.filter((row) => "open" in row).length;
  const allowed = openRowsAllowed(root);
  const uncounted = open === allowed ? [] : [`${open} rows are open, and open-rows.yaml says ${allowed}`];
  return {
    ids: rows.map(({ id }) => id),
    open,
    page: coveragePage(rows, proofOf, causes.rows),
    problems: [
      ...problems,
      ...causes.problems,
      ...causeProblems(root, causes.rows, named),
      ...uncounted,
      ...coverageProblems(root, rows, proofOf),
    ],
  };
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { ids, open, page, problems } = coverageOf(root);
  writeFileSync(join(root, coverageFile), page);
  process.stdout.write(`${coverageFile}: ${ids.length} requirements, ${open} of them open\n`);
  if (problems.length > 0) {
    process.stderr.write(`${problems.map((each) => `  ${each}`).join("\n")}\n`);
    process.exitCode = 1;
  }
}
