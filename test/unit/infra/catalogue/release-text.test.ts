import { expect, it } from "vitest";
import { releaseText, versionProblems } from "../../../../infra/catalogue/release-text.ts";
import type { Signature } from "../../../../shared/catalogue/signature.ts";
import { aSignature } from "../../../build/signature.ts";

const released = (...rows: Parameters<typeof releaseText>[0]) => JSON.parse(releaseText(rows)) as readonly Signature[];

it("is the rows by id, without what only proves them", () => {
  const rows = released(aSignature({ id: "b" }), aSignature({ id: "a" }));
  expect(rows.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(rows[0]).toMatchObject({ fragments: ["disk ", " is tired"], cause: "NodeDiskFull" });
  expect(Object.keys(rows[0] ?? {})).not.toContain("samples");
  expect(Object.keys(rows[0] ?? {})).not.toContain("nearMisses");
});

it("wants a higher version for a row that has changed, and for no other", () => {
  const before = released(aSignature({ version: 2 }));
  expect(versionProblems(before, [aSignature({ version: 2 })])).toEqual([]);
  expect(versionProblems(before, [aSignature({ version: 2, samples: [] })])).toEqual([]);
  expect(versionProblems(before, [aSignature({ version: 3, meaning: "Other." }), aSignature({ id: "new" })])).toEqual(
    [],
  );
  for (const change of [{ meaning: "Other." }, { fragments: ["disk"] }, { remedy: "leave" }, { version: 1 }] as const) {
    expect(versionProblems(before, [aSignature({ version: 2, ...change })])).toEqual([
      "row disk-tired: has changed; its version must rise above 2",
    ]);
  }
});
