import { expect, it } from "vitest";
import { minutes } from "../../../../shared/time/duration.ts";
import { aRegisteredCluster } from "../../../build/cluster-state.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { testDesk } from "./test-desk.ts";

it("sets a log level for a while, and lists it until it is over and after (S2-05)", async () => {
  const { run, stores, clock } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "eu-1" }));
  const said = await run(
    "log-level",
    "set",
    "eu-1/shop",
    "orphan-sweeper",
    "debug",
    "--until",
    "30m",
    "--reason",
    "why",
  );
  expect(said).toEqual({ code: 0, out: "orphan-sweeper in eu-1/shop: log level debug, for 30m", err: "" });
  const row = {
    scope: "eu-1/shop",
    healer: "orphan-sweeper",
    level: "debug",
    until: atNoon(minutes(30)),
    reason: "why",
    by: "alice",
    updatedAt: noon,
  };
  expect(await stores.flags.listLevels()).toEqual([{ kind: "row", row }]);
  expect(await stores.flags.list()).toEqual([]);
  expect((await run("log-level", "list")).out).toMatch(/eu-1\/shop +orphan-sweeper +debug +.*alice.*why/);
  await clock.advance(minutes(30));
  expect((await run("log-level", "list")).out).toContain("debug (over)");
  expect(JSON.parse((await run("log-level", "list", "--json")).out)).toEqual([
    { ...row, until: "2026-11-21T12:30:00.000Z", updatedAt: "2026-11-21T12:00:00.000Z", over: true },
  ]);
});

it("says that none is set, and which one cannot be read", async () => {
  const { run, stores } = testDesk();
  expect((await run("log-level", "list")).out).toBe(
    "No log levels: every function logs at the level that it was deployed with.",
  );
  stores.flags.putMalformedLevel("eu-1", "*", "level: Invalid option");
  expect((await run("log-level", "list")).out).toMatch(/eu-1 +\* +unreadable +.*has no say: level: Invalid option/);
});

it("sets it in every cluster of a ring, and waits for a cluster that is to come", async () => {
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "canary", ring: 0 }));
  expect((await run("log-level", "set", "ring=0", "*", "warn", "--until", "1h")).out).toBe(
    "all healers in canary: log level warn, for 1h",
  );
  expect(await run("log-level", "set", "eu-9", "*", "warn", "--until", "1h")).toMatchObject({
    code: 0,
    err: "note: cluster eu-9 is not registered (registered: canary); the log level waits for it",
  });
});

it.each([
  [
    "an unknown level",
    ["*", "*", "loud", "--until", "1h"],
    'log level "loud" is not known; known: debug, info, warn, error',
  ],
  ["an unknown healer", ["*", "reaper", "debug", "--until", "1h"], 'healer "reaper" is not known'],
  ["no scope", ["a/b/c", "*", "debug", "--until", "1h"], 'scope "a/b/c" has more than one slash'],
  ["no end", ["*", "*", "debug"], "required option '--until <time>' not specified"],
  ["an end in the past", ["*", "*", "debug", "--until", "2020-01-01T00:00:00Z"], "is in the past"],
  ["no reason", ["*", "*", "debug", "--until", "1h", "--reason", ""], "--reason must have 1 to 500 characters"],
] as const)("refuses %s, and writes nothing (S2-05)", async (_, args, words) => {
  const { run, stores } = testDesk();
  expect(await run("log-level", "set", ...args)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
  expect(await stores.flags.listLevels()).toEqual([]);
});
