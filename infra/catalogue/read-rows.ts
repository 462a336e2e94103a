import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { checkRows } from "../../shared/catalogue/check-catalogue.ts";
import type { ProvenSignature } from "../../shared/catalogue/signature.ts";
import { recordingProblems } from "./recordings.ts";

const folder = "shared/catalogue";

/** The signatures of `shared/catalogue/*.yaml`, by file and place. Throws one error that lists every problem of every file. */
export function readRows(root: string): readonly ProvenSignature[] {
  const contents: unknown[] = [];
  const problems: string[] = [];
  for (const file of globSync(`${folder}/*.yaml`, { cwd: root }).sort()) {
    const document = parseDocument(readFileSync(join(root, file), "utf8"));
    const content: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    if (Array.isArray(content)) contents.push(...content);
    else problems.push(...problemsOfForm(file, document.errors));
  }
  const { signatures, problems: ofRows } = checkRows(contents, "release");
  problems.push(...ofRows, ...signatures.flatMap((signature) => recordingProblems(root, signature)));
  if (problems.length > 0)
    throw new Error(`reading the catalogue:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  return signatures;
}

function problemsOfForm(file: string, errors: readonly Error[]): readonly string[] {
  if (errors.length === 0) return [`${file}: is not a list of rows`];
  return errors.map(({ message }) => `${file}: ${message.split("\n")[0]}`);
}
