import { expect, it } from "vitest";
import { KnitboneError } from "../../../../shared/errors.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { aRegisteredCluster } from "../../../build/cluster-state.ts";
import { aFlagRow } from "../../../build/flag-row.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { testDesk } from "./test-desk.ts";

it("sets a flag with its end, reason and author", async () => {
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "eu-1" }));
  const said = await run("flag", "set", "eu-1/shop", "terminating-reaper", "act", "--until", "2h", "--reason", "trial");
  expect(said).toEqual({ code: 0, out: "terminating-reaper in eu-1/shop: act, for 2h", err: "" });
  expect(await stores.flags.list()).toEqual([
    {
      kind: "row",
      row: {
        scope: "eu-1/shop",
        healer: "terminating-reaper",
        mode: "act",
        until: atNoon(hours(2)),
        reason: "trial",
        by: "alice",
        updatedAt: noon,
      },
    },
  ]);
});

it("sets a flag for every cluster of a ring, so that a healer begins in the canaries (S3-14)", async () => {
  const { run, stores } = testDesk();
  for (const [id, ring] of [
    ["eu-1", 1],
    ["canary-2", 0],
    ["canary-1", 0],
  ] as const) {
    await stores.clusters.register(aRegisteredCluster({ id, ring }));
  }
  const said = await run("flag", "set", "ring=0", "terminating-reaper", "act", "--until", "2h");
  expect(said).toEqual({
    code: 0,
    out: "terminating-reaper in canary-1: act, for 2h\nterminating-reaper in canary-2: act, for 2h",
    err: "",
  });
  const scopes = (await stores.flags.list()).map((flag) => (flag.kind === "row" ? flag.row.scope : ""));
  expect(scopes.sort()).toEqual(["canary-1", "canary-2"]);
  expect(await run("flag", "set", "ring=3", "*", "act")).toMatchObject({
    code: 2,
    err: expect.stringContaining("no registered cluster is in ring 3 (there are: 0, 1)"),
  });
  expect(await run("flag", "set", "ring=one", "*", "act")).toMatchObject({
    code: 2,
    err: expect.stringContaining('scope "ring=one": "one" is not the number of a ring'),
  });
});

it("sets a flag without an end when none is given", async () => {
  const { run, stores } = testDesk();
  const said = await run("flag", "set", "*", "*", "off");
  expect(said).toEqual({ code: 0, out: "all healers everywhere: off, without an end", err: "" });
  expect(await stores.flags.list()).toEqual([
    {
      kind: "row",
      row: { scope: "*", healer: "*", mode: "off", reason: "set on the command line", by: "alice", updatedAt: noon },
    },
  ]);
});

it("writes a flag for a cluster that is not registered, and says so", async () => {
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "eu-1" }));
  const said = await run("flag", "set", "eu-l", "*", "off");
  expect(said).toEqual({
    code: 0,
    out: "all healers in eu-l: off, without an end",
    err: "note: cluster eu-l is not registered (registered: eu-1); the flag waits for it",
  });
  expect(await stores.flags.list()).toHaveLength(1);
});

it.each([
  [["*", "terminator", "act"], 'healer "terminator" is not known; known: "*", orphan-sweeper, terminating-reaper'],
  [["*", "*", "on"], 'mode "on" is not known; known: off, observe, act'],
  [["a/b/c", "*", "act"], 'scope "a/b/c" has more than one slash: it is "*", a cluster, or cluster/namespace'],
  [
    ["eu-1/Shop", "*", "act"],
    'scope "eu-1/Shop": namespace "Shop" is not a Kubernetes name (lower-case letters, digits and dashes, at most 63)',
  ],
  [
    ["/shop", "*", "act"],
    'scope "/shop": cluster "" is not a cluster\'s id (letters, digits, ".", "_", ":", "@" and dashes, at most 128, beginning with a letter or digit)',
  ],
  [["*", "*", "act", "--until", "0s"], '--until "0s" is no time at all'],
  [["*", "*", "act", "--until", "2026-11-21T11:59:59Z"], '--until "2026-11-21T11:59:59Z" is in the past'],
  [["*", "*", "act", "--reason", " "], "--reason must have 1 to 500 characters, not 0"],
])("refuses flag set %j in one line and writes nothing", async (args, words) => {
  const { run, stores, places } = testDesk();
  expect(await run("flag", "set", ...args)).toEqual({ code: 2, out: "", err: `knitbone: ${words}` });
  expect(await stores.flags.list()).toEqual([]);
  expect(places).toEqual([]);
});

it("lists flags from wide to narrow, with ends as time left and a mark on act without an end", async () => {
  const { run, stores } = testDesk();
  await stores.flags.set(aFlagRow({ scope: "eu-1/shop", healer: "*", mode: "off", until: atNoon(minutes(30)) }));
  await stores.flags.set(aFlagRow({ scope: "eu-1", healer: "*", mode: "act" }));
  await stores.flags.set(
    aFlagRow({ scope: "eu-1", healer: "orphan-sweeper", mode: "act", until: atNoon(-minutes(5)) }),
  );
  await stores.flags.set(aFlagRow({ scope: "*", healer: "*", mode: "observe", reason: "new" }));
  const { code, out, err } = await run("flag", "list");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n")).toEqual([
    "SCOPE      HEALER          MODE        UNTIL   BY     AGE  REASON",
    "*          *               observe     no end  alice  1d   new",
    "eu-1       *               act !       no end  alice  1d   trial over",
    "eu-1       orphan-sweeper  act (over)  5m ago  alice  1d   trial over",
    "eu-1/shop  *               off         in 30m  alice  1d   trial over",
    "",
    "!  acts without an end (--until gives it one)",
  ]);
});

it("shows only the flags that have a say in a cluster and for a healer", async () => {
  const { run, stores } = testDesk();
  for (const [scope, healer] of [
    ["*", "*"],
    ["eu-1", "*"],
    ["eu-1/shop", "orphan-sweeper"],
    ["eu-1", "terminating-reaper"],
    ["eu-10", "*"],
  ] as const) {
    await stores.flags.set(aFlagRow({ scope, healer }));
  }
  const { out } = await run("flag", "list", "--cluster", "eu-1", "--healer", "orphan-sweeper", "--json");
  expect(JSON.parse(out).map(({ scope, healer }: Record<string, string>) => `${scope} ${healer}`)).toEqual([
    "* *",
    "eu-1 *",
    "eu-1/shop orphan-sweeper",
  ]);
});

it("gives programs instants in UTC and says whether a flag still counts", async () => {
  const { run, stores } = testDesk();
  await stores.flags.set(aFlagRow({ until: noon }));
  stores.flags.putMalformed("eu-2", "*", "mode is 7");
  const { out } = await run("flag", "list", "--json");
  expect(JSON.parse(out)).toEqual([
    {
      scope: "eu-1",
      healer: "*",
      mode: "act",
      until: "2026-11-21T12:00:00.000Z",
      over: true,
      reason: "trial over",
      by: "alice",
      updatedAt: "2026-11-20T12:00:00.000Z",
    },
    { scope: "eu-2", healer: "*", malformed: "mode is 7" },
  ]);
});

it("shows a row that cannot be read as one under which nothing acts", async () => {
  const { run, stores } = testDesk();
  stores.flags.putMalformed("eu-2", "*", "mode is 7");
  const { out } = await run("flag", "list");
  expect(out.split("\n")[1]?.replace(/ +/g, " ")).toBe("eu-2 * unreadable nothing acts here: mode is 7");
});

it("says that nothing is switched on where there are no flags", async () => {
  const { run } = testDesk();
  expect(await run("flag", "list")).toEqual({
    code: 0,
    out: "No flags: no healer does anything until one is set (flag set '*' '*' observe).",
    err: "",
  });
});

it("ends with 1 and one line when the table does not answer", async () => {
  const { run, stores } = testDesk();
  stores.flags.breakWith(new KnitboneError("StoreUnavailable", "reading table knitbone-flags: connect ECONNREFUSED"));
  expect(await run("flag", "list")).toEqual({
    code: 1,
    out: "",
    err: "knitbone: reading table knitbone-flags: connect ECONNREFUSED",
  });
});
