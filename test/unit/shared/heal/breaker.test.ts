import { describe, expect, it } from "vitest";
import { breakerAfterFailure } from "../../../../shared/heal/breaker.ts";

describe("breakerAfterFailure", () => {
  const failures = (count: number) => {
    let breaker = breakerAfterFailure(undefined, "refused", 0);
    for (let failure = 1; failure < count; failure++) breaker = breakerAfterFailure(breaker, "refused", 0);
    return breaker;
  };

  it.each([
    [1, 0],
    [2, 0],
    [3, 30_000],
    [4, 60_000],
    [7, 300_000],
    [500, 300_000],
  ])("after %d failures in a row it is open for %d ms", (count, openMs) => {
    expect(failures(count)).toEqual({ consecutiveFailures: count, openUntil: openMs, reason: "refused" });
  });
});
