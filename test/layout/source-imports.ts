import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Import {
  /** As written: "../time/clock.ts", "node:fs", "zod/mini". */
  readonly specifier: string;
  /** Path in the repository, for a relative one. */
  readonly file?: string;
  /** Gone once types are stripped. */
  readonly typeOnly: boolean;
}

/** TypeScript and JavaScript sources below the folders, as paths in the repository. */
export function sourcesIn(...folders: readonly string[]): readonly string[] {
  return globSync(
    folders.map((folder) => `${folder}/**/*.{ts,js,mjs}`),
    { cwd: root },
  ).sort();
}

export function importsOf(path: string): readonly Import[] {
  return importsIn(readFileSync(join(root, path), "utf8"), path);
}

/** What a source text at `path` imports: static, re-exported and dynamic. */
export function importsIn(source: string, path: string): readonly Import[] {
  const code = source.replace(/^\s*(\/\/.*|\/?\*.*)$/gm, "");
  const found = [
    ...code.matchAll(/^(?:import|export)\s+(type\s)?(?:[\w*{][^;"']*?\sfrom\s+)?["']([^"']+)["']/gm),
    ...code.matchAll(/\bimport\(\s*()["']([^"']+)["']\s*\)/g),
  ];
  return found.map(([, type, specifier = ""]) => ({
    specifier,
    typeOnly: type !== undefined && type !== "",
    ...(specifier.startsWith(".") ? { file: join(dirname(path), specifier) } : {}),
  }));
}

/** Every file and package that ends up in the process when `path` is loaded, with the way there. */
export function reachedFrom(path: string): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>([[path, [path]]]);
  for (const [from, way] of ways) {
    if (way.length > 1 && !from.startsWith("shared/") && !from.startsWith("functions/")) continue;
    for (const { specifier, file, typeOnly } of importsOf(from)) {
      const target = file ?? specifier;
      if (!typeOnly && !ways.has(target)) ways.set(target, [...way, target]);
    }
  }
  ways.delete(path);
  return ways;
}
