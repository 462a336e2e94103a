import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The healers of this repository: folders under `functions/` with a healer.ts. Reads names only, so that a broken folder never keeps one from being switched off. */
export function knownHealers(root: string): readonly string[] {
  const folder = join(root, "functions");
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "healer.ts")))
    .sort();
}

/** Refuses a name that no healer has; "*" only where it means all of them. */
export function checkHealer(name: string, known: readonly string[], options: { readonly all: boolean }): void {
  if (known.includes(name) || (options.all && name === "*")) return;
  throw new UsageError(`healer "${name}" is not known; known: ${options.all ? '"*", ' : ""}${known.join(", ")}`);
}
