import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { type Requirement, readRequirement } from "./requirement.ts";

const folder = "infra/coverage/requirements";

export interface Requirements {
  readonly rows: readonly Requirement[];
  readonly problems: readonly string[];
}

/** The rows of `infra/coverage/requirements/*.yaml`, file by file, and everything that is wrong with their form. */
export function readRequirements(root: string): Requirements {
  const read = globSync(`${folder}/*.yaml`, { cwd: root })
    .sort()
    .flatMap((file): readonly (Requirement | string)[] => {
      const document = parseDocument(readFileSync(join(root, file), "utf8"));
      const [error] = document.errors;
      if (error !== undefined) return [`${file}: ${error.message.split("\n")[0]}`];
      const content: unknown = document.toJS();
      return Array.isArray(content) ? content.map(readRequirement) : [`${file}: is not a list of rows`];
    });
  const rows = read.filter((each) => typeof each !== "string");
  const ids = rows.map(({ id }) => id);
  const doubles = ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `row ${id}: is there twice`);
  return { rows, problems: [...read.filter((each) => typeof each === "string"), ...doubles] };
}

/** How many rows are allowed to be open: falls with every one that is closed. */
export function openRowsAllowed(root: string): number {
  const content: unknown = parseDocument(readFileSync(join(root, "infra/coverage/open-rows.yaml"), "utf8")).toJS();
  const { open } = (content ?? {}) as { readonly open?: unknown };
  return typeof open === "number" ? open : 0;
}
