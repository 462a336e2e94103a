import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readRows } from "../catalogue/read-rows.ts";
import { idsIn } from "./requirement-ids.ts";
import { testTitles } from "./test-titles.ts";

/** What the repository shows of one requirement. Paths below `test/`, without ending. */
export interface Proof {
  readonly tests: readonly string[];
  /** Tests on real Kubernetes. */
  readonly stories: readonly string[];
  /** Rows of the signature catalogue. */
  readonly signatures: readonly string[];
}

const nothing: Proof = { tests: [], stories: [], signatures: [] };

/** By requirement id: which tests name it in a title, and which signatures are for it. */
export function proofs(root: string): (id: string) => Proof {
  const tests = namedBy(root, ["test/*/**/*.test.ts", "test/contract/*.contract.ts", "test/simulation/**/*.ts"]);
  const signatures = new Map<string, string[]>();
  for (const row of readRows(root)) for (const id of row.requirements) push(signatures, id, row.id);
  return (id) => {
    const files = tests.get(id) ?? [];
    const isStory = (file: string) => file.startsWith("real/");
    return {
      ...nothing,
      tests: files.filter((file) => !isStory(file)),
      stories: files.filter(isStory),
      signatures: (signatures.get(id) ?? []).sort(),
    };
  };
}

function namedBy(root: string, patterns: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>();
  for (const path of globSync([...patterns], { cwd: root }).sort()) {
    const titles = testTitles(readFileSync(join(root, path), "utf8"));
    const file = path.replace(/^test\//, "").replace(/\.(test|contract)\.ts$/, "");
    for (const id of new Set(titles.flatMap(idsIn))) push(named, id, file);
  }
  return named;
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
