import { describe, expect, it } from "vitest";
import { type WatchEnding, watchPauses } from "../../../../functions/forwarder/watch-ending.ts";

/** Draws the middle every time: 500 ms after one failure, 1 s after two … */
const pauses = () => watchPauses({ next: () => 0.5, id: () => "" });

const clean: WatchEnding = { kind: "clean" };
const broken: WatchEnding = { kind: "broken", words: "reset" };
const expired: WatchEnding = { kind: "relist", cause: "expired", words: "too old" };
const garbage: WatchEnding = { kind: "relist", cause: "garbage", words: "no JSON" };

/** Pauses after these endings, each of a stream that lived so long. */
function pausesAfter(...endings: readonly (readonly [WatchEnding, number])[]): readonly number[] {
  const pacing = pauses();
  return endings.map(([ending, livedMs]) => pacing.after(ending, livedMs));
}

describe("the pause after a watch", () => {
  it("is none after an end in order, unless the stream lived less than a second", () => {
    expect(pausesAfter([clean, 300_000], [clean, 1_000], [clean, 999], [clean, 0])).toEqual([0, 0, 500, 1_000]);
  });

  it("doubles with every failure in a row, up to a bound of 30 s", () => {
    const endings = Array.from({ length: 8 }, () => [broken, 0] as const);
    expect(pausesAfter(...endings)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it("begins anew after a stream that lived for ten seconds", () => {
    expect(pausesAfter([broken, 0], [garbage, 9_999], [broken, 10_000])).toEqual([500, 1_000, 500]);
  });

  it("is none after the first expired history, but after the next one", () => {
    expect(pausesAfter([expired, 20_000], [expired, 0], [expired, 20_000])).toEqual([0, 1_000, 0]);
  });

  it("is never shorter than the server asks for", () => {
    const asked: WatchEnding = { ...broken, retryAfterMs: 7_000 };
    expect(pausesAfter([asked, 0], [broken, 0])).toEqual([7_000, 1_000]);
  });
});
