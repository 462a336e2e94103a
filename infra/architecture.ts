import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { architecturePage } from "./architecture/architecture-page.ts";
import { readFunctions } from "./stack/function-settings.ts";

/** Where `npm run architecture` writes, in the repository. */
export const architectureFile = "docs/architecture.md";

/** What it writes. Throws what is wrong with the functions' settings. */
export function architectureText(root: string): string {
  return architecturePage(readFunctions(root));
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  try {
    writeFileSync(join(root, architectureFile), architectureText(root));
    process.stdout.write(`${architectureFile}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
