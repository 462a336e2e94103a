import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { catalogueOf } from "../../shared/catalogue/catalogue.ts";
import { idOf, numberOf } from "../../shared/catalogue/catalogue-store.ts";
import { checkRows } from "../../shared/catalogue/check-catalogue.ts";
import { releasedSignatures } from "../../shared/catalogue/release.ts";
import type { RowInForce } from "../../shared/catalogue/rows-in-force.ts";
import {
  type Channel,
  causes,
  type ProvenSignature,
  type Place as SeenAt,
  type Signature,
} from "../../shared/catalogue/signature.ts";
import { type CatalogueView, storedCatalogue } from "../../shared/catalogue/stored-catalogue.ts";
import type { UnknownMessage } from "../../shared/catalogue/unknown-store.ts";
import { describeError } from "../../shared/errors.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, rfc3339 } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import { plainJson, plainText } from "./plain-text.ts";
import type { Cell } from "./text-table.ts";
import { UsageError } from "./usage-error.ts";

interface Within {
  readonly release?: true;
}

export async function listSignatures(
  desk: Desk,
  options: Place & ListOptions & Within & { readonly cause?: string },
): Promise<void> {
  const { cause } = options;
  if (cause !== undefined && !causes.some((known) => known === cause)) {
    throw new UsageError(`cause "${cause}" is not known; known: ${causes.join(", ")}`);
  }
  const view = await inForce(desk, options);
  const items = view.rows
    .filter(({ signature }) => cause === undefined || signature.cause === cause)
    .sort((a, b) => (a.signature.id < b.signature.id ? -1 : 1));
  showList(
    desk,
    {
      items,
      none: `No signatures of cause ${cause}.`,
      head: ["ID", "CAUSE", "SCOPE", "REMEDY", "SEEN AS", "FROM", "MEANING"],
      spare: ["FROM", "SEEN AS", "SCOPE"],
      row: signatureCells,
      json: ({ signature, origin }) => ({ ...signature, origin }),
    },
    options,
  );
  for (const problem of view.problems) desk.err(plainText(`note: ${problem}`));
}

function signatureCells({ signature, origin }: RowInForce): readonly Cell[] {
  return [
    { text: signature.id },
    { text: signature.cause },
    { text: signature.scope },
    { text: signature.remedy ?? "names only" },
    { text: signature.seenIn.map(placeText).join("; ") },
    origin === "table" ? { text: `table v${signature.version}`, style: "yellow" } : { text: "release" },
    { text: signature.meaning },
  ];
}

function placeText({ channel, reasons }: SeenAt): string {
  return reasons === undefined ? channel : `${channel} ${reasons.join(",")}`;
}

/** The catalogue as healers see it: with `--release` without what people added, which needs no stack. */
async function inForce(desk: Desk, options: Place & Within): Promise<CatalogueView> {
  const nothing = { versions: async () => [], write: async () => ({ kind: "refused", problems: [] }) as const };
  const store = options.release ? nothing : (await desk.open(options)).catalogue;
  return storedCatalogue(store, releasedSignatures, desk.clock).current();
}

export async function explainMessage(
  desk: Desk,
  text: string,
  options: Place & Within & { readonly channel: Channel; readonly reason?: string; readonly json?: true },
): Promise<void> {
  const { channel, reason = "" } = options;
  const view = await inForce(desk, options);
  const match = view.catalogue.match({ channel, reason, text });
  if (options.json) {
    desk.out(plainJson(match));
    return;
  }
  if (match.kind === "unknown") {
    desk.out(`unknown: no signature says anything of it as ${placeText(seenAt(channel, reason))}`);
    desk.out(`  fingerprint  ${match.fingerprint}`);
    return;
  }
  const origin = view.rows.find(({ signature }) => signature.id === match.signature.id)?.origin;
  for (const line of explanation(match.signature, origin === "table" ? "added at run time" : "of the release")) {
    desk.out(plainText(line));
  }
}

function seenAt(channel: Channel, reason: string): SeenAt {
  return reason === "" ? { channel } : { channel, reasons: [reason] };
}

function explanation(signature: Signature, from: string): readonly string[] {
  const { fragments } = signature;
  const why =
    fragments.length === 0
      ? "its reason alone says so"
      : `it says ${fragments.map((fragment) => `"${fragment}"`).join(", then ")}`;
  return [
    `${signature.cause}: ${signature.meaning}`,
    `because    ${why}`,
    `signature  ${signature.id} version ${signature.version}, ${from}`,
    `scope      ${signature.scope}`,
    `remedy     ${signature.remedy ?? "none: it only names the cause"}`,
    `for        ${signature.requirements.join(", ")}`,
    `versions   ${versionWords(signature)}`,
    `words from ${signature.source}`,
  ];
}

function versionWords({ versions }: Signature): string {
  const words = Object.entries(versions).map(([component, range]) => `${component} ${range}`);
  return words.length === 0 ? "not said" : words.join(", ");
}

export async function listUnknown(
  desk: Desk,
  options: Place & ListOptions & { readonly cluster?: string },
): Promise<void> {
  const { cluster } = options;
  const { unknowns } = await desk.open(options);
  const items = (await unknowns.list()).filter((item) => cluster === undefined || item.cluster === cluster);
  const now = desk.clock.now();
  showList(
    desk,
    {
      items,
      none: "No unknown messages: the catalogue had an answer to all of them.",
      head: ["COUNT", "CLUSTER", "CHANNEL", "REASON", "SEEN", "FINGERPRINT"],
      spare: ["CHANNEL", "CLUSTER"],
      row: (item) => unknownCells(item, now),
      json: (item) => ({ ...item, firstSeenAt: rfc3339(item.firstSeenAt), lastSeenAt: rfc3339(item.lastSeenAt) }),
    },
    options,
  );
}

function unknownCells(item: UnknownMessage, now: Instant): readonly Cell[] {
  return [
    { text: String(item.count) },
    { text: item.cluster },
    { text: item.channel },
    { text: item.reason },
    { text: `${ageOf(item.lastSeenAt, now)} ago` },
    { text: item.fingerprint },
  ];
}

export async function addSignature(desk: Desk, options: Place & { readonly file: string }): Promise<void> {
  const content = readRow(options.file);
  const { signatures, problems } = checkRows([content], "table");
  const [signature] = signatures;
  if (signature === undefined || problems.length > 0) throw new UsageError(`${options.file}: ${problems.join("; ")}`);
  const { id } = signature;
  if (releasedSignatures.some((row) => row.id === id)) {
    throw new UsageError(`row ${id}: the release has a signature of this id, which cannot be replaced`);
  }
  const { catalogue } = await desk.open(options);
  const view = await storedCatalogue(catalogue, releasedSignatures, desk.clock).current();
  refuseWithoutTurn(signature, view);
  const written = await catalogue.write({ kind: "row", content }, desk.user, desk.clock.now());
  if (written.kind === "refused") throw new UsageError(`${options.file}: ${written.problems.join("; ")}`);
  desk.out(`signature ${id} added; it is in force everywhere within 30 s`);
}

/** A row whose own samples are another one's would be in the table and never be heard of. */
function refuseWithoutTurn(signature: ProvenSignature, view: CatalogueView): void {
  const others = view.rows.map((row) => row.signature).filter(({ id }) => id !== signature.id);
  const catalogue = catalogueOf([...others, signature]);
  for (const [index, sample] of signature.samples.entries()) {
    const match = catalogue.match(sample);
    if (match.kind === "known" && match.signature.id !== signature.id) {
      throw new UsageError(
        `row ${signature.id}: samples.${index}: is taken by row ${match.signature.id}, which is more specific`,
      );
    }
  }
}

function readRow(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--file ${file} cannot be read: ${describeError(error)}`);
  }
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new UsageError(`--file ${file} is not YAML: ${problem.message.split("\n")[0]}`);
  return document.toJS();
}

export async function removeSignature(desk: Desk, id: string, options: Place): Promise<void> {
  const { catalogue } = await desk.open(options);
  const [newest] = (await catalogue.versions()).filter((each) => idOf(each) === id);
  if (newest === undefined || newest.kind === "removed") {
    const released = releasedSignatures.some((row) => row.id === id);
    throw new UsageError(
      released
        ? `signature ${id} is the release's: it cannot be removed`
        : `signature ${id} was not added (see: catalogue list)`,
    );
  }
  const version = numberOf(newest) + 1;
  const written = await catalogue.write({ kind: "removed", id, version }, desk.user, desk.clock.now());
  if (written.kind === "refused") throw new UsageError(written.problems.join("; "));
  desk.out(`signature ${id} removed; added again, its version begins at ${version + 1}`);
}
