import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readRows } from "../../../../infra/catalogue/read-rows.ts";
import type { Sample } from "../../../../shared/catalogue/signature.ts";
import { aSignature } from "../../../build/signature.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "knitbone-rows-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: unknown): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : stringify(content));
}

it("reads the rows of all files", () => {
  write("shared/catalogue/b.yaml", [aSignature({ id: "of-b" })]);
  write("shared/catalogue/a.yaml", [aSignature({ id: "of-a", fragments: ["disk sda is tired"] })]);
  expect(() => readRows(root)).toThrow("row of-b: samples.0: is taken by row of-a");
  write("shared/catalogue/a.yaml", [
    aSignature({ id: "of-a", seenIn: [{ channel: "event", reasons: ["Failed"] }], ...at("Failed") }),
  ]);
  expect(readRows(root).map(({ id }) => id)).toEqual(["of-a", "of-b"]);
});

const at = (reason: string) => ({
  samples: [{ channel: "event", reason, text: "disk sda is tired", source: "made up" }] satisfies readonly Sample[],
  nearMisses: [{ channel: "event", reason, text: "disk sda is awake" }] as const,
});

it("names every problem of every file at once", () => {
  write("shared/catalogue/a.yaml", "- id: [");
  write("shared/catalogue/b.yaml", { id: "not-a-list" });
  write("shared/catalogue/c.yaml", [{ ...aSignature(), cause: "Tired", sauce: 1 }]);
  write("shared/catalogue/d.yaml", [aSignature(), aSignature()]);
  expect(() => readRows(root)).toThrow(
    /^reading the catalogue:\n {2}shared\/catalogue\/a\.yaml: .*\n {2}shared\/catalogue\/b\.yaml: is not a list of rows\n {2}row disk-tired: cause: "Tired" is none of .*\n {2}row disk-tired: unknown field sauce\n {2}row disk-tired: the id is there twice$/,
  );
});

describe("recordings", () => {
  const samples: readonly Sample[] = [
    { channel: "event", reason: "FailedSync", text: "disk sda is tired", recorded: "kubernetes/v1/event/a.json" },
  ];
  const event = (reason: string, message: string) => JSON.stringify({ channel: "event", sample: { reason, message } });

  it("must say what the sample says", () => {
    write("shared/catalogue/a.yaml", [aSignature({ samples })]);
    expect(() => readRows(root)).toThrow(
      "row disk-tired: samples.0: test/fixtures/kubernetes/v1/event/a.json is not there",
    );
    for (const other of [event("FailedSync", "disk sdb is tired"), event("Failed", "disk sda is tired")]) {
      write("test/fixtures/kubernetes/v1/event/a.json", other);
      expect(() => readRows(root)).toThrow("does not say this");
    }
    write("test/fixtures/kubernetes/v1/event/a.json", event("FailedSync", "disk sda is tired"));
    expect(readRows(root)).toHaveLength(1);
  });

  it.each([
    [
      "containerStatus",
      {
        channel: "containerStatus",
        sample: { state: { waiting: { reason: "FailedSync", message: "disk sda is tired" } } },
      },
    ],
    [
      "containerStatus",
      {
        channel: "containerStatus",
        sample: {
          state: { running: {} },
          lastState: { terminated: { reason: "FailedSync", message: "disk sda is tired" } },
        },
      },
    ],
    ["podStatus", { channel: "podStatus", sample: { status: { reason: "FailedSync", message: "disk sda is tired" } } }],
    [
      "podCondition",
      {
        channel: "podStatus",
        sample: {
          status: {
            conditions: [
              { reason: "Other", message: "" },
              { reason: "FailedSync", message: "disk sda is tired" },
            ],
          },
        },
      },
    ],
    [
      "nodeCondition",
      { channel: "nodeCondition", sample: { type: "Ready", reason: "FailedSync", message: "disk sda is tired" } },
    ],
  ] as const)("are read where a %s says it", (channel, fixture) => {
    const place = {
      seenIn: [{ channel, reasons: ["FailedSync"] }],
      nearMisses: [{ channel, reason: "FailedSync", text: "awake" }],
    };
    write("shared/catalogue/a.yaml", [
      aSignature({ ...place, samples: samples.map((sample) => ({ ...sample, channel })) }),
    ]);
    write("test/fixtures/kubernetes/v1/event/a.json", JSON.stringify(fixture));
    expect(readRows(root)).toHaveLength(1);
  });
});
