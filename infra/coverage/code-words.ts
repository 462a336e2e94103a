import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the code can say and do: "terminating-reaper/FinalizersHold" for each reason of a healer, "ForceDeletePod" for each kind of heal. A healer whose
 * `Reason` takes in `Cause` has the catalogue's causes as reasons as well.
 */
export function codeWords(root: string): ReadonlySet<string> {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const healers = globSync("functions/*/healer.ts", { cwd: root }).map((path) => path.split("/")[1] ?? "");
  const reasons = healers.flatMap((healer) =>
    globSync(`functions/${healer}/*.ts`, { cwd: root }).flatMap((path) =>
      unionsIn(read(path), /^export type \w*Reason =\s(.*?);$/gms).map((reason) => `${healer}/${reason}`),
    ),
  );
  const [, listed = ""] = /^export const causes = \[(.*?)^\]/ms.exec(read("shared/catalogue/signature.ts")) ?? [];
  const causes = healers
    .filter((healer) => /^export type Reason =[^;]*\bCause\b/m.test(read(`functions/${healer}/decide.ts`)))
    .flatMap((healer) => [...listed.matchAll(/"(\w+)"/g)].map(([, cause = ""]) => `${healer}/${cause}`));
  const [, heals = ""] = /^export type Heal =\n(.*?)^\s*\};/ms.exec(read("shared/heal/heal.ts")) ?? [];
  const kinds = [...heals.matchAll(/kind: "(\w+)"/g)].map(([, kind = ""]) => kind);
  return new Set([...reasons, ...causes, ...kinds]);
}

const unionsIn = (source: string, union: RegExp): readonly string[] =>
  [...source.matchAll(union)].flatMap(([, members = ""]) =>
    [...members.matchAll(/"(\w+)"/g)].map(([, word = ""]) => word),
  );

export const isThere = (root: string, path: string): boolean => existsSync(join(root, path));
