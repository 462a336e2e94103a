import { markdownTable } from "../text/markdown-table.ts";
import type { CauseRow } from "./cause.ts";
import type { Proof } from "./proof.ts";
import { owners, type Requirement } from "./requirement.ts";

const ownerNames: Readonly<Record<(typeof owners)[number], string>> = {
  PR: "pending-rescheduler",
  TR: "terminating-reaper",
  OS: "orphan-sweeper",
  NH: "notready-handler",
  DI: "dependency-watch",
  NP: "node pack",
  PL: "pipeline and platform",
};

const sections: readonly (readonly [string, RegExp])[] = [
  ["S0: the self-healing notes", /^S0-/],
  ["S1: PLEG on dense nodes", /^S1-/],
  ["S2: the method", /^S2-/],
  ["S3: a hung runtime blocks the kubelet", /^S3-/],
  ["X: what cuts across", /^X-/],
];

/** `docs/coverage.md`: what becomes of each requirement, and what shows it. */
export function coveragePage(
  rows: readonly Requirement[],
  proofOf: (id: string) => Proof,
  causes: readonly CauseRow[],
): string {
  const open = rows.filter((row) => "open" in row).length;
  return [
    "# What becomes of each requirement",
    "",
    "Made by `npm run coverage` from `infra/coverage/requirements/*.yaml`, the titles of the tests and the signature catalogue: change it there.",
    "",
    `**${open} of ${rows.length} rows open.** An open row says what is decided, and claims nothing.`,
    "",
    `Owners: ${owners.map((each) => `${each} ${ownerNames[each]}`).join(", ")}. Tests and stories are files below \`test/\`; a story runs on real Kubernetes.`,
    "",
    ...sections.flatMap(([title, ids]) =>
      section(
        title,
        rows.filter(({ id }) => ids.test(id)),
        proofOf,
      ),
    ),
    ...causeSection(causes),
  ].join("\n");
}

function causeSection(causes: readonly CauseRow[]): readonly string[] {
  const shown = causes.filter((row) => "story" in row).length;
  return [
    "## Causes of the signature catalogue",
    "",
    `${shown} of ${causes.length} causes have a story on real Kubernetes, from the fault to healed or left; no kubelet, scheduler or controller of the test tier can show the others.`,
    "",
    markdownTable(
      ["cause", "real-tier story"],
      causes
        .toSorted((a, b) => a.cause.localeCompare(b.cause))
        .map((row) => [row.cause, "story" in row ? row.story : `none: ${row.noStory}`]),
    ),
    "",
  ];
}

function section(title: string, rows: readonly Requirement[], proofOf: (id: string) => Proof): readonly string[] {
  const head = ["id", "what", "owner", "sensed by", "healed by, or left because", "test", "real-tier story"];
  return [
    `## ${title}`,
    "",
    markdownTable(
      head,
      [...rows].sort(byNumber).map((row) => {
        const { tests, stories, signatures } = proofOf(row.id);
        const known = signatures.length === 0 ? "" : ` Signatures: ${signatures.join(", ")}.`;
        return [
          row.id,
          row.title,
          row.owner.join(" "),
          `${row.sensedBy}${/[.!?]$/.test(row.sensedBy) || known === "" ? "" : "."}${known}`,
          becomesOf(row),
          shown(tests, row.noTest, "open" in row),
          shown(stories, row.noStory, "open" in row),
        ];
      }),
    ),
    "",
  ];
}

function becomesOf(row: Requirement): string {
  if ("healedBy" in row) return `healed: ${codes(row.healedBy)}`;
  if ("left" in row) return `left: ${row.left}${row.told === undefined ? "" : `. Told as ${codes(row.told)}.`}`;
  if ("kept" in row) return `kept: ${row.kept} (${codes(row.by)})`;
  return `open: ${row.open}`;
}

const codes = (words: readonly string[]): string => words.map((each) => `\`${each}\``).join(", ");

function shown(files: readonly string[], none: string | undefined, isOpen: boolean): string {
  if (files.length > 0) return files.join(", ");
  if (none !== undefined) return `none: ${none}`;
  return isOpen ? "open" : "";
}

const numberOf = ({ id }: Requirement): number => Number(id.slice(id.indexOf("-") + 1));
const byNumber = (a: Requirement, b: Requirement): number => numberOf(a) - numberOf(b);
