import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Signature } from "../shared/catalogue/signature.ts";
import { cataloguePage } from "./catalogue/catalogue-page.ts";
import { readRows } from "./catalogue/read-rows.ts";
import { releaseText, versionProblems } from "./catalogue/release-text.ts";

/** What `npm run catalogue` writes out of `shared/catalogue/*.yaml`, by path in the repository. Throws what is wrong with the rows, all of it. */
export function catalogueFiles(root: string): ReadonlyMap<string, string> {
  const rows = readRows(root);
  return new Map([
    [releaseFile, releaseText(rows)],
    ["docs/catalogue.md", cataloguePage(rows)],
  ]);
}

const releaseFile = "shared/catalogue/release.json";

function writeCatalogue(root: string): string {
  const rows = readRows(root);
  const before = join(root, releaseFile);
  const released = existsSync(before) ? (JSON.parse(readFileSync(before, "utf8")) as readonly Signature[]) : [];
  const problems = versionProblems(released, rows);
  if (problems.length > 0) throw new Error(`writing the catalogue:\n${problems.map((each) => `  ${each}`).join("\n")}`);
  const files = catalogueFiles(root);
  for (const [path, text] of files) writeFileSync(join(root, path), text);
  return `${rows.length} signatures: ${[...files.keys()].join(", ")}`;
}

if (import.meta.main) {
  try {
    process.stdout.write(`${writeCatalogue(fileURLToPath(new URL("..", import.meta.url)))}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
