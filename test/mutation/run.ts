/**
 * Takes away one rail at a time, in a copy of the working tree, and runs the tests that guard it: a rail whose removal no test notices is no rail.
 * `npm run test:rails` prints one line per rail and fails when a removal goes unnoticed or no longer applies. `npm run test:model-mutants` does
 * the same with the promises of the cluster model, each judged by one case of the Kubernetes API contract. `npm run test:rails -- rails "flag: off"` tries some.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { modelMutants } from "./model-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { mutants as railMutants } from "./mutants.ts";

const lists: Readonly<Record<string, readonly Mutant[]>> = { rails: railMutants, model: modelMutants };
const list = process.argv[2] ?? "rails";
const listed = lists[list];
if (listed === undefined)
  throw new Error(`reading the command line: no list ${list}, only ${Object.keys(lists).join(", ")}`);
/** Those whose name has one of these words in it; all without any. */
const words = process.argv.slice(3);
const mutants = listed.filter(({ rail }) => words.length === 0 || words.some((word) => rail.includes(word)));
if (mutants.length === 0) throw new Error(`reading the command line: no rail of ${list} is called ${words.join(", ")}`);

const root = process.cwd();
const copy = mkdtempSync(join(tmpdir(), "knitbone-rails-"));

function copyTree(): void {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" }).trim().split("\n");
  for (const file of files.filter((each) => /^(functions|shared|test|infra|docs)\/|^[^/]+$/.test(each))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { force: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

interface TestRun {
  readonly total: number;
  readonly failed: number;
}

/** A run that could not even begin (a mutant that does not compile) is told apart by its count: it proves nothing. */
function runTests(tests: readonly string[], cases?: string): TestRun {
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  // A case that waits for what a broken model never sends is red after the timeout.
  const only = cases === undefined ? [] : ["-t", cases, "--testTimeout=5000"];
  spawnSync("node", [vitest, "run", "--reporter=json", `--outputFile=${report}`, ...only, ...tests], {
    cwd: copy,
    timeout: 120_000,
  });
  if (!existsSync(report)) return { total: 0, failed: 0 };
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as {
    numPassedTests: number;
    numFailedTests: number;
  };
  return { total: numPassedTests + numFailedTests, failed: numFailedTests };
}

type Removal = "noticed" | "unnoticed" | "does not apply" | "breaks the code";

function outcomeOf(mutant: Mutant): Removal {
  const path = join(copy, mutant.file);
  const original = readFileSync(path, "utf8");
  if (original.split(mutant.find).length !== 2) return "does not apply";
  writeFileSync(
    path,
    original.replace(mutant.find, () => mutant.replace),
  );
  try {
    const { total, failed } = runTests(mutant.tests, mutant.cases);
    if (total === 0) return "breaks the code";
    return failed > 0 ? "noticed" : "unnoticed";
  } finally {
    writeFileSync(path, original);
  }
}

try {
  copyTree();
  const every = [...new Set(mutants.flatMap((each) => each.tests))];
  const whole = runTests(every);
  if (whole.total === 0 || whole.failed > 0) {
    throw new Error(`running ${every.join(", ")}: ${whole.failed} of ${whole.total} fail before any rail is removed`);
  }
  let failed = 0;
  for (const mutant of mutants) {
    const outcome = outcomeOf(mutant);
    if (outcome !== "noticed") failed++;
    process.stdout.write(
      `${outcome === "noticed" ? "ok  " : "FAIL"} ${mutant.rail}: ${outcome === "noticed" || outcome === "unnoticed" ? `removal ${outcome}` : outcome}\n`,
    );
  }
  process.stdout.write(`${mutants.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
