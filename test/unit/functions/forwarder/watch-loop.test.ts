import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clusterTime } from "../../../../functions/forwarder/cluster-time.ts";
import { type ForwarderMetrics, forwarderMetrics, type Measured } from "../../../../functions/forwarder/metrics.ts";
import { type WatchLoop, watchLoop } from "../../../../functions/forwarder/watch-loop.ts";
import { watchedResources } from "../../../../functions/forwarder/watched-resource.ts";
import { type Raw, rawObject } from "../../../../shared/kubernetes/raw.ts";
import { silentLog } from "../../../../shared/log/log.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { type ManualClock, manualClock } from "../../../fakes/manual-clock.ts";
import { type ScriptedConnection, scriptedConnection } from "../../../fakes/scripted-connection.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";
import { rawPod } from "./raw-objects.ts";

const path = "/api/v1/pods";
const nothingMeasured: Measured = {
  suspects: 0,
  unsent: 0,
  coalesced: 0,
  synced: true,
  objects: { pods: 0, nodes: 0, events: 0, leases: 0 },
  silenceSeconds: {},
};
let clock: ManualClock;
let api: ScriptedConnection;
let loop: WatchLoop;
let heard: string[];
/** "uid version" of what the sink took. */
let taken: Set<string>;
let metrics: ForwarderMetrics;
/** Names that the sink throws at. */
let poison: Set<string>;
let stop: AbortController;
let ended: Promise<void>;

async function advance(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 250) {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(Math.min(250, left));
  }
}

beforeEach(async () => {
  clock = manualClock();
  api = scriptedConnection(clock);
  heard = [];
  poison = new Set();
  stop = new AbortController();
  taken = new Set();
  metrics = forwarderMetrics("eu-1", () => nothingMeasured);
  const take = (what: string, object: Raw) => {
    const { name: given, uid, resourceVersion } = rawObject(object["metadata"]);
    const name = String(given);
    taken.add(`${uid} ${resourceVersion}`);
    if (poison.has(name)) throw new Error(`no ${name}`);
    heard.push(`${what} ${name}`);
  };
  loop = watchLoop({
    resource: watchedResources.pods,
    sink: {
      seen: (object) => take("seen", object),
      has: (uid, version) => taken.has(`${uid} ${version}`),
      deleted: (object) => take("deleted", object),
      listed: (uids) => heard.push(`listed ${[...uids]}`),
      rewound: () => heard.push("rewound"),
      watching: () => heard.push("watching"),
    },
    connection: api,
    clock,
    time: clusterTime(clock),
    random: seededRandom(3),
    log: silentLog,
    metrics,
    watchIdleMs: 90_000,
    compareEveryMs: minutes(60),
  });
  api.serve(path, "100", [rawPod()]);
  ended = loop.run(stop.signal);
  await advance(20_000);
});
afterEach(async () => {
  stop.abort();
  await ended;
});

it("hands on the list, then the watch, in order", async () => {
  api.stream1(path).event("MODIFIED", rawPod({ version: "101" }));
  api.stream1(path).event("DELETED", rawPod({ version: "102" }));
  await advance(0);
  expect(heard).toEqual(["seen web", "listed uid-web", "watching", "seen web", "deleted web"]);
});

it("lists again when its handler fails, and leaves out only the object that fails again", async () => {
  poison.add("bad");
  api.serve(path, "200", [rawPod({ name: "bad" }), rawPod({ name: "good" })]);
  api.stream1(path).event("ADDED", rawPod({ name: "bad", version: "101" }));
  api.stream1(path).event("ADDED", rawPod({ name: "after", version: "102" }));
  await advance(2_000);
  expect(heard.slice(3)).toEqual(["seen good", "listed uid-bad,uid-good", "watching"]);
  expect(loop.status()).toMatchObject({ synced: true, watching: true });
});

it("tells the trouble of a failed request until one goes well", async () => {
  api.onWatch(path, () => "unreachable");
  api.stream1(path).cut("connection reset");
  await advance(5_000);
  expect(loop.status()).toMatchObject({ watching: false, trouble: "asking scripted: no answer to /api/v1/pods" });
  api.onWatch(path, {});
  await advance(30_000);
  expect(loop.status().watching).toBe(true);
  expect(loop.status().trouble).toBeUndefined();
});

it("remembers when it last heard the server, and when it last moved", async () => {
  api.onWatch(path, () => "unreachable");
  api.stream1(path).bookmark("101");
  await advance(0);
  const heardAt = loop.status().lastByteAt;
  api.stream1(path).cut();
  await advance(300_000);
  expect(loop.status().lastByteAt).toBe(heardAt);
  expect(clock.monotonic() - (loop.status().lastActiveAt ?? 0)).toBeLessThanOrEqual(30_000);
});

it("leaves no request open behind a stream that it gave up", async () => {
  const stream = api.stream1(path);
  stream.bytes("garbage\n");
  await advance(5_000);
  expect([stream.open, stream.request.signal?.aborted, api.streams(path).length]).toEqual([false, true, 2]);
});

it("closes its stream when it is stopped", async () => {
  const stream = api.stream1(path);
  stop.abort();
  await ended;
  expect(stream.open).toBe(false);
});

describe("compares what its watch brought with a whole list, about once an hour (S0-70)", () => {
  /** Bookmarks keep the watch alive; the server ends it in order every five minutes. */
  async function anHourAndAQuarter(): Promise<void> {
    for (let minute = 1; minute <= 75; minute += 1) {
      const stream = api.streams(path).findLast(({ open }) => open);
      stream?.bookmark(String(1_000 + minute));
      if (minute % 5 === 0) stream?.end();
      await advance(60_000);
    }
  }
  const drift = async () => /^knitbone_forwarder_drift_total\{.*\} (\d+)$/m.exec(await metrics.text())?.[1];

  it("takes what the watch had passed and not brought, and counts it; what is newer is news, what is known is left", async () => {
    const missed = rawPod({ name: "missed", version: "900" });
    const news = rawPod({ name: "news", version: "3000" });
    api.serve(path, "3000", [rawPod(), missed, news]);
    heard.length = 0;
    await anHourAndAQuarter();
    const seen = heard.filter((each) => each.startsWith("seen"));
    expect(seen).toEqual(["seen missed", "seen news"]);
    expect(heard).toContain("listed uid-web,uid-missed,uid-news");
    expect(await drift()).toBe("1");
  });

  it("goes on watching from where it stood when that list fails", async () => {
    api.on(path, () => "unreachable");
    await anHourAndAQuarter();
    expect(loop.status()).toMatchObject({ synced: true, watching: true });
    expect(await drift()).toBeUndefined();
  });
});
