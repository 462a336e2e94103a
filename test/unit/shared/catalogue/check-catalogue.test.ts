import { describe, expect, it } from "vitest";
import { checkRows } from "../../../../shared/catalogue/check-catalogue.ts";
import type { ProvenSignature, Sighting } from "../../../../shared/catalogue/signature.ts";
import { aSignature } from "../../../build/signature.ts";

const problemsOf = (...rows: readonly unknown[]) => checkRows(rows, "release").problems;
const event = (text: string, reason = "FailedSync"): Sighting => ({ channel: "event", reason, text });

it("takes a row that nothing is wrong with as it is", () => {
  const row = aSignature();
  expect(checkRows([row], "release")).toEqual({ signatures: [row], problems: [] });
  expect(checkRows([row], "table")).toEqual({ signatures: [row], problems: [] });
});

it("names every problem of form at once, each with its field", () => {
  const { cause: _cause, ...row } = aSignature();
  const bad = {
    ...row,
    id: "Disk Tired",
    requirements: [],
    version: 0,
    fragments: ["disk .* tired", "", "d\u00efsk"],
    scope: "world",
    versions: { kubelet: "new", coffee: "any" },
    samples: [],
    nearMisses: [],
    remeddy: "tell",
  };
  expect(problemsOf(bad)).toEqual([
    "row Disk Tired: id: must be kebab-case and at most 60 characters",
    "row Disk Tired: requirements: must have 1 to 12 entries",
    "row Disk Tired: version: must be a whole number from 1",
    "row Disk Tired: fragments.0: looks like a regular expression; fragments are looked for as they stand",
    "row Disk Tired: fragments.1: must be 1 to 200 printable ASCII characters",
    "row Disk Tired: fragments.2: must be 1 to 200 printable ASCII characters",
    expect.stringMatching(/^row Disk Tired: cause: nothing is none of AddressesExhausted, /),
    'row Disk Tired: scope: "world" is none of application, pod, node, dependency',
    expect.stringContaining("versions.kubelet: must be"),
    "row Disk Tired: versions: unknown field coffee",
    "row Disk Tired: samples: must have 1 to 12 entries",
    "row Disk Tired: nearMisses: must have 1 to 12 entries",
    "row Disk Tired: unknown field remeddy",
  ]);
});

it.each([
  [undefined, "row number 1: must be a group of fields"],
  ["disk", "row number 1: must be a group of fields"],
  [[], "row number 1: must be a group of fields"],
  [
    { ...aSignature(), samples: [{ ...event("disk sda is tired"), sauce: "x" }] },
    "row disk-tired: samples.0: unknown field sauce",
  ],
  [
    { ...aSignature(), seenIn: [{ channel: "rumour" }] },
    expect.stringContaining('seenIn.0.channel: "rumour" is none of event'),
  ],
  [
    { ...aSignature(), seenIn: [{ channel: "event", reasons: ["not a reason"] }] },
    expect.stringContaining("seenIn.0.reasons.0: is not a reason"),
  ],
])("%j is refused in words that name the place", (row, problem) => {
  expect(problemsOf(row)).toContainEqual(problem);
});

describe("what a row says of itself", () => {
  const of = (overrides: Partial<ProvenSignature>) => problemsOf(aSignature(overrides));

  it("needs each sample to match, and one of each channel (S0-95)", () => {
    const seenIn = [{ channel: "event", reasons: ["FailedSync"] }, { channel: "journalLine" }] as const;
    const samples = [{ ...event("the disk sleeps"), source: "made up" }];
    expect(of({ seenIn, samples })).toEqual([
      "row disk-tired: samples.0: is not matched by its own row",
      "row disk-tired: samples: none was seen as journalLine",
    ]);
  });

  it("needs a recording or a source for each sample", () => {
    expect(of({ samples: [event("disk sda is tired")] })).toEqual([
      "row disk-tired: samples.0: needs a recorded file, or the source of its words",
    ]);
  });

  it("needs near misses that do not match, and are near", () => {
    const nearMisses = [
      event("disk sda is tired"),
      event("nothing of it", "Other"),
      event("disk sdb is tired", "Other"),
    ];
    expect(of({ nearMisses })).toEqual([
      "row disk-tired: nearMisses.0: is matched",
      "row disk-tired: nearMisses.1: has neither the row's channel and reason nor its words: it proves nothing",
    ]);
  });

  it("needs fragments that say something", () => {
    expect(of({ fragments: ["t", "ired"] })).toEqual([
      "row disk-tired: fragments: 5 characters say too little; at least 6 together",
    ]);
  });

  it("does not take a reason where there is none, nor an alias, nor everything", () => {
    expect(of({ seenIn: [{ channel: "kernelLine", reasons: ["TaskHung"] }] })).toContain(
      "row disk-tired: seenIn.0: a kernelLine has no reason",
    );
    expect(of({ seenIn: [{ channel: "event", reasons: ["ErrPullImage"] }] })).toContain(
      "row disk-tired: seenIn.0: reason ErrPullImage is an alias; write ErrImagePull",
    );
    expect(of({ seenIn: [{ channel: "event" }], fragments: [] })).toContain(
      "row disk-tired: seenIn.0: without a reason and without fragments every event would match",
    );
  });
});

describe("what a remedy may be", () => {
  const of = (remedy: ProvenSignature["remedy"], origin: "release" | "table") => {
    const { remedy: _remedy, ...row } = aSignature();
    return checkRows([remedy === undefined ? row : { ...row, remedy }], origin).problems;
  };

  it("each of them in a release, and never none", () => {
    expect(
      (["leave", "tell", "hold", "handOver", "incident"] as const).flatMap((remedy) => of(remedy, "release")),
    ).toEqual([]);
    expect(of(undefined, "release")).toEqual(["row disk-tired: remedy: is missing"]);
  });

  it("none, hold or tell at run time, and nothing that heals", () => {
    expect([...of(undefined, "table"), ...of("hold", "table"), ...of("tell", "table")]).toEqual([]);
    for (const remedy of ["leave", "handOver", "incident"] as const) {
      expect(of(remedy, "table")).toEqual([
        `row disk-tired: remedy: ${remedy} comes only with a release; a row of the table may say hold or tell, or nothing`,
      ]);
    }
  });
});

it("wants a release to name the components whose words they are, and lets people's rows be about their own (S0-96)", () => {
  expect(problemsOf(aSignature({ versions: {} }))).toEqual(["row disk-tired: versions: names no component"]);
  expect(checkRows([aSignature({ versions: {} })], "table").problems).toEqual([]);
});

describe("how rows stand to each other", () => {
  it("refuses an id that is there twice", () => {
    expect(problemsOf(aSignature(), aSignature({ version: 2 }))).toEqual(["row disk-tired: the id is there twice"]);
  });

  it("names the row that another one shadows", () => {
    const shadow = aSignature({ id: "a-disk-tired" });
    expect(problemsOf(aSignature(), shadow)).toContain("row disk-tired: as event it is shadowed by row a-disk-tired");
  });

  it("names a row in one of two places only where the other row is", () => {
    const row = aSignature({
      seenIn: [{ channel: "event", reasons: ["FailedSync"] }, { channel: "journalLine" }],
      samples: [
        ...aSignature().samples,
        { channel: "journalLine", reason: "", text: "disk a is tired", source: "made up" },
      ],
    });
    const problems = problemsOf(row, aSignature({ id: "a-disk-tired", seenIn: [{ channel: "event" }] }));
    expect(problems.filter((problem) => problem.includes("shadowed"))).toEqual([
      "row disk-tired: as event it is shadowed by row a-disk-tired",
    ]);
  });

  it("lets a more general row stand beside a special one", () => {
    const general = aSignature({
      id: "any-tired",
      fragments: [" tired"],
      samples: [{ ...event("so tired"), source: "made up" }],
    });
    expect(problemsOf(aSignature(), general)).toEqual([]);
  });

  it("names the row that takes another one's sample", () => {
    const taker = aSignature({ id: "sda", fragments: ["disk sda is tired"] });
    expect(problemsOf(aSignature(), taker)).toEqual([
      "row disk-tired: samples.0: is taken by row sda, which is more specific",
    ]);
  });
});
