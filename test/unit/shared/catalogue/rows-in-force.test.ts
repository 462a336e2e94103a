import { expect, it } from "vitest";
import type { StoredVersion } from "../../../../shared/catalogue/catalogue-store.ts";
import { rowsInForce } from "../../../../shared/catalogue/rows-in-force.ts";
import { noon } from "../../../build/instant.ts";
import { aSignature } from "../../../build/signature.ts";

const release = [aSignature({ id: "released" })];
const row = (version: number, id = "disk-tired"): StoredVersion => ({
  kind: "row",
  signature: aSignature({ id, version }),
  by: "jo",
  at: noon,
});
const malformed = (version: number): StoredVersion => ({
  kind: "malformed",
  id: "disk-tired",
  version,
  problems: ["row disk-tired: cause: is bad"],
});
const removed = (version: number): StoredVersion => ({
  kind: "removed",
  id: "disk-tired",
  version,
  by: "jo",
  at: noon,
});

const names = (rows: ReturnType<typeof rowsInForce>["rows"]) =>
  rows.map(({ signature, origin }) => `${origin} ${signature.id} ${signature.version}`);

it("has the release's rows and of each row of the table the newest version", () => {
  const { rows, problems } = rowsInForce(release, [row(1), row(3), row(2), row(1, "other")]);
  expect(names(rows)).toEqual(["release released 1", "table disk-tired 3", "table other 1"]);
  expect(problems).toEqual([]);
});

it("leaves the version before a bad one in force, and says so", () => {
  const { rows, problems } = rowsInForce(release, [row(1), malformed(2), malformed(3)]);
  expect(names(rows)).toEqual(["release released 1", "table disk-tired 1"]);
  expect(problems).toEqual([
    "version 2 is not in force: row disk-tired: cause: is bad",
    "version 3 is not in force: row disk-tired: cause: is bad",
  ]);
});

it("leaves what was in force where no good version is left, and nothing where it never was", () => {
  const before = rowsInForce(release, [row(1)]).rows;
  expect(names(rowsInForce(release, [malformed(1)], before).rows)).toEqual([
    "release released 1",
    "table disk-tired 1",
  ]);
  expect(names(rowsInForce(release, [malformed(1)]).rows)).toEqual(["release released 1"]);
});

it("ends a row with its removal, and begins it again above", () => {
  expect(names(rowsInForce(release, [row(1), removed(2)]).rows)).toEqual(["release released 1"]);
  expect(names(rowsInForce(release, [row(1), removed(2), row(3)]).rows)).toContain("table disk-tired 3");
  // A bad version after a removal does not bring the row back.
  expect(names(rowsInForce(release, [row(1), removed(2), malformed(3)]).rows)).toEqual(["release released 1"]);
});

it("forgets a row that is not in the table any more", () => {
  const before = rowsInForce(release, [row(1)]).rows;
  expect(names(rowsInForce(release, [], before).rows)).toEqual(["release released 1"]);
});

it("never lets the table replace a row of the release", () => {
  const { rows, problems } = rowsInForce(release, [row(9, "released")]);
  expect(names(rows)).toEqual(["release released 1"]);
  expect(problems).toEqual(["row released of the table is not in force: the release has one of this id"]);
});
