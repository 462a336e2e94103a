import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRows } from "../../infra/catalogue/read-rows.ts";
import { catalogueFiles } from "../../infra/catalogue.ts";
import { catalogueOf } from "../../shared/catalogue/catalogue.ts";
import { releasedSignatures } from "../../shared/catalogue/release.ts";
import { type Channel, causes, type Sighting } from "../../shared/catalogue/signature.ts";
import { type Raw, rawMessage, rawObject, rawText } from "../../shared/kubernetes/raw.ts";
import { root } from "./source-imports.ts";

// readRows throws what is wrong with the rows: forms, remedies, samples, near misses, recordings, doubles, shadows.
const rows = readRows(root);

it.each([...catalogueFiles(root)])("%s is what npm run catalogue makes of the rows", (path, text) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});

describe("what the rows are for", () => {
  it("every signature that the requirements name has one (S0-21…40, 42, 43, 81…94, 97, S3-02, 08, 10)", () => {
    const named = new Set(rows.flatMap(({ requirements }) => requirements));
    const signatures = [...range(21, 43), ...range(81, 94), 97].map((number) => `S0-${number}`);
    expect([...signatures, "S3-02", "S3-08", "S3-10"].filter((id) => !named.has(id))).toEqual([]);
  });

  it("every cause has a row that names it", () => {
    const named = new Set(rows.map(({ cause }) => cause));
    expect(causes.filter((cause) => !named.has(cause))).toEqual([]);
  });

  it("nothing of an application or of what many stand on is handed to a node, and only the latter makes incidents", () => {
    expect(
      rows.filter(({ scope, remedy }) => scope === "application" && (remedy === "handOver" || remedy === "incident")),
    ).toEqual([]);
    expect(rows.filter(({ scope, remedy }) => scope === "dependency" && remedy === "handOver")).toEqual([]);
    expect(rows.filter(({ scope, remedy }) => scope !== "dependency" && remedy === "incident")).toEqual([]);
  });
});

/** Recorded failures that are nobody's to look up, with what reads them instead. */
const readOtherwise: readonly (readonly [RegExp, string])[] = [
  [/^(event|podStatus)\/unschedulable-/, "the scheduler's message, read by classes (S0-13)"],
  [/^containerStatus\/init-fails\.PodInitializing/, "on its way: the init container's own status says why (S0-26)"],
  [/^event\/quota-used-up/, "about a ReplicaSet, which nobody watches (S0-12)"],
];

it("every recorded failure has a signature, or is read otherwise", () => {
  const catalogue = catalogueOf(releasedSignatures);
  const folder = join(root, "test/fixtures/kubernetes");
  const unknown = globSync("*/*/*.json", { cwd: folder }).filter((path) => {
    const fixture = JSON.parse(readFileSync(join(folder, path), "utf8"));
    return failuresOf(fixture).some((sighting) => catalogue.match(sighting).kind === "unknown");
  });
  const unread = unknown
    .map((path) => path.slice(path.indexOf("/") + 1))
    .filter((path) => !readOtherwise.some(([paths]) => paths.test(path)));
  expect(unread).toEqual([]);
});

/** What says in a recording that something is wrong: a Warning, a container that waits, a Failed pod, a node's condition that is not well. */
function failuresOf({ channel, sample }: { channel: string; sample: Raw }): readonly Sighting[] {
  const { type, state, status, reason, message } = sample;
  const told = (where: Channel, { reason: why, message: words }: Raw): Sighting[] =>
    rawText(why) === undefined ? [] : [{ channel: where, reason: String(why), text: rawText(words) ?? "" }];
  if (channel === "event" && type === "Warning") return told("event", { reason, message });
  if (channel === "containerStatus") return told("containerStatus", rawObject(rawObject(state)["waiting"]));
  if (channel === "podStatus") return told("podStatus", rawObject(status));
  const well = type === "Ready" ? "True" : "False";
  if (channel === "nodeCondition" && status !== well) return told("nodeCondition", { reason, message });
  return [];
}

it.each(rows.flatMap(({ id, samples }) => samples.map((sample, index) => ({ id, index, sample }))))(
  "$id: sample $index is known by what the release carries, and by what a forwarder lets through of it",
  ({ id, sample }) => {
    const catalogue = catalogueOf(releasedSignatures);
    for (const text of [sample.text, rawMessage(sample.text) ?? ""]) {
      expect(catalogue.match({ ...sample, text })).toMatchObject({ kind: "known", signature: { id } });
    }
  },
);

it.each(rows.flatMap(({ id, nearMisses }) => nearMisses.map((miss, index) => ({ id, index, miss }))))(
  "$id: near miss $index is something else",
  ({ id, miss }) => {
    const match = catalogueOf(releasedSignatures).match(miss);
    expect(match.kind === "known" && match.signature.id).not.toBe(id);
  },
);

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
