import { expect, it } from "vitest";
import { briefDuration } from "../../../../infra/cli/brief-time.ts";
import { plainText } from "../../../../infra/cli/plain-text.ts";
import { parseUntil } from "../../../../infra/cli/until.ts";
import { wrapWords } from "../../../../infra/cli/wrap-words.ts";
import { atNoon, noon } from "../../../build/instant.ts";

it.each([
  [0, "0s"],
  [999, "0s"],
  [1_000, "1s"],
  [59_999, "59s"],
  [60_000, "1m"],
  [61_000, "1m1s"],
  [9 * 60_000 + 59_000, "9m59s"],
  [10 * 60_000 + 59_000, "10m"],
  [3_600_000, "1h"],
  [2 * 3_600_000 + 3 * 60_000 + 4_000, "2h3m"],
  [26 * 3_600_000, "1d2h"],
  [400 * 86_400_000, "400d"],
])("says %i ms as %s", (ms, words) => {
  expect(briefDuration(ms)).toBe(words);
});

it.each([
  ["90s", atNoon(90_000)],
  ["1h30m", atNoon(5_400_000)],
  ["2026-11-21T12:00:00.001Z", atNoon(1)],
  ["2026-11-21T14:00:00+01:00", atNoon(3_600_000)],
])("reads --until %s", (text, instant) => {
  expect(parseUntil(text, noon)).toBe(instant);
});

it.each([
  ["", "is neither a duration"],
  ["tomorrow", "is neither a duration"],
  ["2026-11-22", "is neither a duration"],
  ["2026-11-22T10:00:00", "is neither a duration"],
  ["2027-02-30T10:00:00Z", "is neither a duration"],
  ["2027-13-01T10:00:00Z", "is neither a duration"],
  ["2026-11-21T12:00:00Z", "is in the past"],
  ["999999999d", "is later than a date can say"],
])("refuses --until %j", (text, words) => {
  expect(() => parseUntil(text, noon)).toThrow(words);
});

it("turns escape sequences, line breaks and direction marks into spaces", () => {
  expect(plainText("a\u001b[31mb\r\nc\u202ed\u200be\u009bf")).toBe("a [31mb c d e f");
});

it("leaves letters of every script alone", () => {
  expect(plainText("Größe 東京 ✓")).toBe("Größe 東京 ✓");
});

it.each([
  ["one line is enough", 40, ["one line is enough"]],
  ["one line is enough", 18, ["one line is enough"]],
  ["one line is not enough", 11, ["one line is", "not enough"]],
  ["a word-that-is-longer than that", 8, ["a", "word-that-is-longer", "than", "that"]],
  ["", 8, [""]],
  ["wherever nobody looks", Number.POSITIVE_INFINITY, ["wherever nobody looks"]],
])("breaks %j at %d columns", (text, width, lines) => {
  expect(wrapWords(text, width)).toEqual(lines);
});
