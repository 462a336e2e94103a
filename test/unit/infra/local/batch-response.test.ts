import { expect, test } from "vitest";
import { judgeBatch } from "../../../../infra/local/batch-response.ts";

const ids = new Set(["m1", "m2"]);
const returned = (value: unknown) => judgeBatch({ kind: "returned", value }, ids, true);
const failing = (...identifiers: unknown[]) =>
  returned({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) });

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a text", "done"],
  ["an empty object", {}],
  ["no list", { batchItemFailures: null }],
  ["an empty list", { batchItemFailures: [] }],
])("%s means that the batch succeeded", (_name, value) => {
  expect(returned(value)).toEqual({ kind: "succeeded" });
});

test("known ids fail, the others succeed, and a repeated id counts once", () => {
  expect(failing("m2")).toEqual({ kind: "partly", failedIds: new Set(["m2"]) });
  expect(failing("m1", "m1", "m2")).toEqual({ kind: "partly", failedIds: new Set(["m1", "m2"]) });
});

test.each([
  ["an unknown id", "m3", '"m3"'],
  ["an empty id", "", '""'],
  ["a null id", null, "null"],
  ["a missing id", undefined, "null"],
  ["an id that is no text", 1, "1"],
])("%s fails the whole batch, even beside known ones", (_name, id, words) => {
  expect(failing("m1", id)).toEqual({
    kind: "failed",
    because: `batchItemFailures names ${words}, which is not in the batch`,
  });
});

test("a list that is no list and an entry that is no object fail the whole batch", () => {
  expect(returned({ batchItemFailures: { itemIdentifier: "m1" } })).toEqual({
    kind: "failed",
    because: "batchItemFailures is not a list",
  });
  expect(returned({ batchItemFailures: [null] })).toMatchObject({ kind: "failed" });
});

test("a function that throws or runs out of time fails the whole batch", () => {
  expect(judgeBatch({ kind: "failed", errorType: "TypeError", message: "x is undefined" }, ids, true)).toEqual({
    kind: "failed",
    because: "TypeError: x is undefined",
  });
  expect(judgeBatch({ kind: "timedOut", afterMs: 3_000 }, ids, true)).toEqual({
    kind: "failed",
    because: "timed out after 3000 ms",
  });
});

test("without ReportBatchItemFailures what is returned means nothing", () => {
  const value = { batchItemFailures: [{ itemIdentifier: "m1" }] };
  expect(judgeBatch({ kind: "returned", value }, ids, false)).toEqual({ kind: "succeeded" });
});
