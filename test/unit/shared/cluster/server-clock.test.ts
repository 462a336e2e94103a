import fc from "fast-check";
import { expect, it } from "vitest";
import { serverClock } from "../../../../shared/cluster/server-clock.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

/** Thousands of runs on a machine that does other things as well. */
const busyMs = 60_000;

const header = (instant: number) => new Date(instant).toUTCString();

it("knows nothing before the first readable Date", () => {
  const time = serverClock(manualClock());
  time.learn(undefined, 0);
  time.learn("yesterday", 0);
  expect(time.now()).toBeUndefined();
});

it("keeps the higher of two lower bounds", async () => {
  const clock = manualClock("2026-11-21T12:00:00Z");
  const time = serverClock(clock);
  const server = Date.parse("2026-11-21T12:00:00.000Z");
  time.learn(header(server), clock.monotonic());
  await clock.advance(900);
  time.learn(header(server), clock.monotonic());
  await clock.advance(100);
  expect(time.now()).toBe(server + 1_000);
});

it("follows a server whose clock was set back, at once", async () => {
  const clock = manualClock();
  const time = serverClock(clock);
  const server = Date.parse("2026-11-21T12:00:00Z");
  time.learn(header(server + 10_000), clock.monotonic());
  time.learn(header(server), clock.monotonic());
  expect(time.now()).toBe(server);
});

it(
  "is never ahead of the server that answered last, whatever the latencies, and at most their sum and a second behind",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -3_600_000, max: 3_600_000 }),
        fc.array(fc.tuple(fc.nat(3_000), fc.nat(3_000), fc.nat(90_000)), { minLength: 1, maxLength: 30 }),
        async (skew, calls) => {
          const clock = manualClock();
          const time = serverClock(clock);
          const server = () => clock.now() + skew;
          for (const [out, back, pause] of calls) {
            const sentAt = clock.monotonic();
            await clock.advance(out);
            const date = header(server());
            await clock.advance(back);
            time.learn(date, sentAt);
            const told = time.now() ?? Number.NaN;
            expect(told).toBeLessThanOrEqual(server());
            expect(told).toBeGreaterThan(server() - back - 2_000);
            expect(told % 1_000).toBe(0);
            await clock.advance(pause);
            expect(time.now()).toBeLessThanOrEqual(server());
          }
        },
      ),
      { numRuns: 300 },
    );
  },
  busyMs,
);
