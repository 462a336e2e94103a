import {
  causes,
  type Place,
  type ProvenSignature,
  type Remedy,
  remedies,
  scopes,
} from "../../shared/catalogue/signature.ts";
import { markdownTable as table } from "../text/markdown-table.ts";
import { byId } from "./release-text.ts";

const remedyWords = {
  leave: "nothing is done; the cause is the reason that people read",
  tell: "people are told, once",
  hold: "nobody acts on the object while it says so",
  handOver: "evidence for the node's case",
  incident: "evidence for an incident of what many stand on",
  evict: "a new pod is made, wherever it lands; only where nothing of this one ever ran",
} as const satisfies Record<Remedy, string>;

/** `docs/catalogue.md`: what the catalogue knows, for people. */
export function cataloguePage(signatures: readonly ProvenSignature[]): string {
  const rows = [...signatures].sort(byId);
  return [
    "# The signature catalogue",
    "",
    "Made from `shared/catalogue/*.yaml` by `npm run catalogue`: change it there.",
    "",
    `${rows.length} signatures name ${new Set(rows.map(({ cause }) => cause)).size} causes. Of several that match, the one with the longest fragments counts. A message that none matches is`,
    "counted (`knitbone catalogue unknown`); `knitbone catalogue explain` says what a message means and why.",
    "",
    table(
      ["remedy", "what becomes of it", "signatures"],
      remedies.map((remedy) => [remedy, remedyWords[remedy], counted(rows, (row) => row.remedy === remedy)]),
    ),
    "",
    ...scopes.flatMap((scope) =>
      scopeSection(
        scope,
        rows.filter((row) => row.scope === scope),
      ),
    ),
    "## Causes",
    "",
    table(
      ["cause", "signatures"],
      [...causes].sort().map((cause) => [
        cause,
        rows
          .filter((row) => row.cause === cause)
          .map(({ id }) => id)
          .join(", "),
      ]),
    ),
    "",
  ].join("\n");
}

const scopeTitles = {
  application: "Of the application",
  pod: "Of one pod",
  node: "Of the node",
  dependency: "Of what many stand on",
} as const;

function scopeSection(scope: ProvenSignature["scope"], rows: readonly ProvenSignature[]): readonly string[] {
  return [
    `## ${scopeTitles[scope]}`,
    "",
    table(
      [
        "id",
        "what it means",
        "cause",
        "remedy",
        "seen as",
        "says",
        "requirements",
        "versions",
        "words from",
        "version",
      ],
      rows.map((row) => [
        row.id,
        row.meaning,
        row.cause,
        row.remedy ?? "",
        row.seenIn.map(placeWords).join("; "),
        row.fragments.map((fragment) => `\`${fragment.trim()}\``).join(" … "),
        row.requirements.join(" "),
        Object.entries(row.versions)
          .map(([component, range]) => `${component} ${range}`)
          .join(", "),
        row.source,
        String(row.version),
      ]),
    ),
    "",
  ];
}

function placeWords({ channel, reasons }: Place): string {
  return reasons === undefined ? channel : `${channel} ${reasons.join(", ")}`;
}

function counted(rows: readonly ProvenSignature[], wanted: (row: ProvenSignature) => boolean): string {
  return String(rows.filter(wanted).length);
}
