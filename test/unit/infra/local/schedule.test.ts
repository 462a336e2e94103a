import { expect, test } from "vitest";
import { startSchedule } from "../../../../infra/local/schedule.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

const spec = { name: "rounds", everyMs: hours(1), queue: "sweeper", body: "go" };

function aSchedule(lab: number, failure?: Error) {
  const clock = manualClock();
  const sent: unknown[] = [];
  const failures: unknown[] = [];
  const schedule = startSchedule({
    spec,
    queues: {
      send(queue, messages) {
        if (failure !== undefined) throw failure;
        sent.push([queue, ...messages.map(({ body }) => body)]);
        return [];
      },
    },
    lab,
    clock,
    onFailure: (error) => failures.push(error),
  });
  return { clock, sent, failures, schedule };
}

test.each([
  { lab: 1, period: hours(1) },
  { lab: 20, period: minutes(3) },
])("sends at once, then every period; divided by the lab's $lab", async ({ lab, period }) => {
  const { clock, sent, schedule } = aSchedule(lab);
  expect(sent).toEqual([["sweeper", "go"]]);
  await clock.advance(period - 1);
  expect(sent).toHaveLength(1);
  await clock.advance(1);
  expect(sent).toHaveLength(2);
  await schedule.stop();
  await clock.advance(period);
  expect(sent).toHaveLength(2);
});

test("a store that fails ends it, and is told", async () => {
  const full = new Error("disk full");
  const { clock, failures, schedule } = aSchedule(1, full);
  await clock.advance(hours(5));
  expect(failures).toEqual([full]);
  await schedule.stop();
});
