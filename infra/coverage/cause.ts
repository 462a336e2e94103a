import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import * as z from "zod/mini";
import { isThere } from "./code-words.ts";

const file = "infra/coverage/causes.yaml";
const text = z.string().check(z.trim(), z.minLength(3));

/** A cause of the signature catalogue, and which story on real Kubernetes goes from it to healed or left: "real/drain"; or why Kubernetes cannot show it there. */
const schema = z.union([
  z.strictObject({ cause: text, story: z.string().check(z.regex(/^real\/[a-z-]+$/)) }),
  z.strictObject({ cause: text, noStory: text }),
]);
export type CauseRow = z.infer<typeof schema>;

export interface CauseRows {
  readonly rows: readonly CauseRow[];
  readonly problems: readonly string[];
}

/** The rows of `infra/coverage/causes.yaml`, and what is wrong with their form. */
export function readCauses(root: string): CauseRows {
  const content: unknown = parseDocument(readFileSync(join(root, file), "utf8")).toJS();
  const read = z.array(schema).safeParse(content);
  if (!read.success)
    return { rows: [], problems: [`${file}: is to be a list of cause with story, or cause with noStory`] };
  return { rows: read.data, problems: [] };
}

/** What of the rows the catalogue (`causes`) or the stories do not bear out, one line each. */
export function causeProblems(root: string, rows: readonly CauseRow[], causes: readonly string[]): readonly string[] {
  const known = new Set(causes);
  const named = rows.map(({ cause }) => cause);
  const told = (cause: string, problem: string) => `cause ${cause}: ${problem}`;
  return [
    ...[...known].filter((cause) => !named.includes(cause)).map((cause) => told(cause, "has no row")),
    ...named.filter((cause) => !known.has(cause)).map((cause) => told(cause, "no signature has it")),
    ...named.filter((cause, index) => named.indexOf(cause) < index).map((cause) => told(cause, "is there twice")),
    ...rows.flatMap((row) =>
      "story" in row && !isThere(root, `test/${row.story}.test.ts`)
        ? [told(row.cause, `${row.story} is not there`)]
        : [],
    ),
  ].sort();
}
