import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One digest over files (paths relative to `root`) and further facts; a file that is not there counts as such. */
export function inputDigest(root: string, files: readonly string[], facts: readonly string[] = []): string {
  const hash = createHash("sha256");
  for (const fact of facts) hash.update(`fact ${fact}\n`);
  for (const file of [...files].sort()) {
    const path = join(root, file);
    hash.update(`file ${file}\n`);
    hash.update(existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "absent");
  }
  return hash.digest("hex");
}
