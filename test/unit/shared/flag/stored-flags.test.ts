import { describe, expect, it } from "vitest";
import { KnitboneError } from "../../../../shared/errors.ts";
import type { FlagAnswer, FlagRow, LogLevelRow, Mode } from "../../../../shared/flag/flag.ts";
import { storedFlags } from "../../../../shared/flag/stored-flags.ts";
import type { LogLevel } from "../../../../shared/log/log.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { memoryFlagStore } from "../../../fakes/memory-flag-store.ts";

const query = { healer: "terminating-reaper", cluster: "eu-1", namespace: "shop" };

function setup() {
  const clock = manualClock();
  const store = memoryFlagStore();
  const row = (mode: Mode, overrides: Partial<FlagRow> = {}): FlagRow => ({
    scope: "*",
    healer: "*",
    mode,
    reason: "",
    by: "jo",
    updatedAt: clock.now(),
    ...overrides,
  });
  return { clock, store, row, flags: storedFlags(store, clock) };
}

const level = (name: LogLevel, until: number): LogLevelRow => ({
  scope: "*",
  healer: "*",
  level: name,
  until,
  reason: "",
  by: "jo",
  updatedAt: 0,
});

const modeOf = (answer: FlagAnswer) => (answer.kind === "mode" ? answer.mode : answer.kind);

describe("storedFlags", () => {
  it("answers from the table, and that nothing is there", async () => {
    const { store, row, flags } = setup();
    expect(await flags.mode(query, "now")).toEqual({ kind: "absent" });
    await store.set(row("act"));
    expect(await flags.mode(query, "now")).toEqual({ kind: "mode", mode: "act", row: row("act") });
  });

  it("reads once in two seconds for recent answers, and again at two seconds", async () => {
    const { clock, store, row, flags } = setup();
    await store.set(row("act"));
    expect(modeOf(await flags.mode(query, "recent"))).toBe("act");
    await store.set(row("off"));
    await clock.advance(1_999);
    expect(modeOf(await flags.mode(query, "recent"))).toBe("act");
    expect(store.calls("read")).toBe(1);
    await clock.advance(1);
    expect(modeOf(await flags.mode(query, "recent"))).toBe("off");
    expect(store.calls("read")).toBe(2);
  });

  it("never answers from the cache for now", async () => {
    const { store, row, flags } = setup();
    await store.set(row("act"));
    await flags.mode(query, "recent");
    await store.set(row("off"));
    expect(modeOf(await flags.mode(query, "now"))).toBe("off");
    expect(store.calls("read")).toBe(2);
  });

  it("shares one read among recent questions asked at once", async () => {
    const { store, row, flags } = setup();
    await store.set(row("act"));
    await Promise.all(Array.from({ length: 20 }, () => flags.mode(query, "recent")));
    expect(store.calls("read")).toBe(1);
  });

  it("reads for each query of its own", async () => {
    const { store, row, flags } = setup();
    await store.set(row("act"));
    await flags.mode(query, "recent");
    await flags.mode({ ...query, namespace: "bank" }, "recent");
    await flags.mode({ ...query, healer: "orphan-sweeper" }, "recent");
    await flags.mode({ healer: query.healer, cluster: query.cluster }, "recent");
    expect(store.calls("read")).toBe(4);
  });

  it("lets a cached row expire", async () => {
    const { clock, store, row, flags } = setup();
    await store.set(row("act", { until: clock.now() + 500 }));
    expect(modeOf(await flags.mode(query, "recent"))).toBe("act");
    await clock.advance(500);
    expect(modeOf(await flags.mode(query, "recent"))).toBe("absent");
    expect(store.calls("read")).toBe(1);
  });

  it("is unreadable when the table throws, in its words", async () => {
    const { store, flags } = setup();
    store.breakWith(new KnitboneError("StoreUnavailable", "reading table flags: access denied"));
    expect(await flags.mode(query, "now")).toEqual({
      kind: "unreadable",
      detail: "reading table flags: access denied",
    });
  });

  it("is unreadable at 300 ms without an answer, not before", async () => {
    const { clock, store, row, flags } = setup();
    await store.set(row("act"));
    store.stall("read");
    let answer: FlagAnswer | undefined;
    const asked = flags.mode(query, "now").then((given) => {
      answer = given;
    });
    await clock.advance(299);
    expect(answer).toBeUndefined();
    await clock.advance(1);
    await asked;
    expect(answer).toEqual({ kind: "unreadable", detail: "reading flags: no answer within 300 ms" });
  });

  it("does not ask a table in trouble again within two seconds, and recovers after", async () => {
    const { clock, store, row, flags } = setup();
    await store.set(row("act"));
    store.breakWith(new Error("down"));
    expect(modeOf(await flags.mode(query, "recent"))).toBe("unreadable");
    store.mend();
    expect(modeOf(await flags.mode(query, "recent"))).toBe("unreadable");
    expect(store.calls("read")).toBe(1);
    await clock.advance(2_000);
    expect(modeOf(await flags.mode(query, "recent"))).toBe("act");
  });

  it("says with the mode what level the log is switched to, by the same read; not at the last look (S2-05)", async () => {
    const { clock, store, row, flags } = setup();
    await store.set(row("act"));
    await store.setLevel(level("debug", clock.now() + 1_500));
    expect(await flags.mode(query, "recent")).toMatchObject({ mode: "act", logLevel: "debug" });
    expect(store.calls("read")).toBe(1);
    expect(await flags.mode(query, "now")).not.toHaveProperty("logLevel");
    await clock.advance(1_500);
    expect(await flags.mode(query, "recent")).not.toHaveProperty("logLevel");
    expect(store.calls("read")).toBe(2);
  });

  it("says no level where the table does not answer, and one beside a flag that is malformed (S2-05)", async () => {
    const { clock, store, flags } = setup();
    await store.setLevel(level("debug", clock.now() + 60_000));
    store.putMalformed("eu-1", "*", "mode: Invalid input");
    expect(await flags.mode(query, "recent")).toMatchObject({ kind: "unreadable", logLevel: "debug" });
    store.breakWith(new Error("down"));
    await clock.advance(2_000);
    expect(await flags.mode(query, "recent")).toEqual({ kind: "unreadable", detail: "down" });
  });

  it("is unreadable for a malformed row", async () => {
    const { store, row, flags } = setup();
    await store.set(row("act"));
    store.putMalformed("eu-1", "*", "mode: Invalid input");
    expect(await flags.mode(query, "now")).toEqual({
      kind: "unreadable",
      detail: "flag row eu-1 *: mode: Invalid input",
    });
  });
});
