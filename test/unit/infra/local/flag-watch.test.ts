import { describe, expect, it } from "vitest";
import { watchFlags } from "../../../../infra/local/flag-watch.ts";
import { silentLog } from "../../../../shared/log/log.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { aFlagRow } from "../../../build/flag-row.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { memoryFlagStore } from "../../../fakes/memory-flag-store.ts";

async function watching() {
  const clock = manualClock();
  const flags = memoryFlagStore();
  await flags.set(aFlagRow({ scope: "*", mode: "observe" }));
  const end = new AbortController();
  const told: number[] = [];
  const done = watchFlags("eu-1", {
    flags,
    clock,
    log: silentLog,
    ended: end.signal,
    changed: () => told.push(clock.now()),
  });
  await clock.advance(seconds(5));
  return { clock, flags, told, end, done };
}

describe("watchFlags", () => {
  it.each([
    ["the cluster", "eu-1"],
    ["one of its namespaces", "eu-1/shop"],
    ["everything", "*"],
  ])("tells of a change for %s, once", async (_, scope) => {
    const { clock, flags, told } = await watching();
    await flags.set(aFlagRow({ scope, mode: "act" }));
    await clock.advance(minutes(1));
    expect(told).toHaveLength(1);
  });

  it("says nothing at the start, nor of other clusters, nor when a row is written again", async () => {
    const { clock, flags, told } = await watching();
    await flags.set(aFlagRow({ scope: "eu-10", mode: "act" }));
    await flags.set(aFlagRow({ scope: "*", mode: "observe", by: "bob", reason: "again" }));
    await clock.advance(minutes(1));
    expect(told).toEqual([]);
  });

  it("tells when a row runs out", async () => {
    const { clock, flags, told } = await watching();
    await flags.set(aFlagRow({ scope: "eu-1", mode: "off", until: clock.now() + minutes(5) }));
    await clock.advance(minutes(4));
    expect(told).toHaveLength(1);
    await clock.advance(minutes(2));
    expect(told).toHaveLength(2);
  });

  it("goes on when the table does not answer for a while", async () => {
    const { clock, flags, told } = await watching();
    flags.breakWith(new Error("timed out"));
    await clock.advance(seconds(10));
    flags.mend();
    await flags.set(aFlagRow({ scope: "eu-1", mode: "act" }));
    await clock.advance(seconds(10));
    expect(told).toHaveLength(1);
  });

  it("ends when it is told to", async () => {
    const { end, done } = await watching();
    end.abort();
    await expect(done).resolves.toBeUndefined();
  });
});
