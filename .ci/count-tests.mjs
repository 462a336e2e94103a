// Prints "<passed> <failed>" of vitest's JSON report. A file that broke before its tests (an import, a beforeAll) has no failed test of its own:
// it counts as one. A skipped test is a promise that was not kept: it counts as failed.
import { existsSync, readFileSync } from "node:fs";

const file = process.argv[2];
const { testResults = [], success = false } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
let passed = 0;
let failed = 0;
for (const { status, assertionResults = [] } of testResults) {
  const good = assertionResults.filter((test) => test.status === "passed").length;
  const bad = assertionResults.length - good;
  passed += good;
  failed += bad === 0 && (status !== "passed" || good === 0) ? 1 : bad;
}
// An unhandled rejection fails the run without failing a test.
if (failed === 0 && (!success || passed === 0)) failed = 1;
process.stdout.write(`${passed} ${failed}\n`);
