import { expect, test } from "vitest";
import { pastClock } from "../../../../../infra/local/demo/past-clock.ts";
import { manualClock } from "../../../../fakes/manual-clock.ts";

test("it begins in the past, moves by hand up to the present and no further, and then is the real clock", () => {
  const real = manualClock();
  const past = pastClock(real, 60_000);
  expect(past.now()).toBe(real.now() - 60_000);
  past.advance(59_999);
  expect(past.now()).toBe(real.now() - 1);
  past.advance(10_000);
  expect(past.now()).toBe(real.now());
  past.arrive();
  real.set(real.now() + 5_000);
  expect(past.now()).toBe(real.now());
});
