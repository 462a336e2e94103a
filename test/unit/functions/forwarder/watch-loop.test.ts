import { afterEach, beforeEach, expect, it } from "vitest";
import { clusterTime } from "../../../../functions/forwarder/cluster-time.ts";
import { forwarderMetrics } from "../../../../functions/forwarder/metrics.ts";
import { type WatchLoop, watchLoop } from "../../../../functions/forwarder/watch-loop.ts";
import { watchedResources } from "../../../../functions/forwarder/watched-resource.ts";
import { type Raw, rawObject } from "../../../../shared/kubernetes/raw.ts";
import { silentLog } from "../../../../shared/log/log.ts";
import { type ManualClock, manualClock } from "../../../fakes/manual-clock.ts";
import { type ScriptedConnection, scriptedConnection } from "../../../fakes/scripted-connection.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";
import { rawPod } from "./raw-objects.ts";

const path = "/api/v1/pods";
let clock: ManualClock;
let api: ScriptedConnection;
let loop: WatchLoop;
let heard: string[];
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
  const take = (what: string, object: Raw) => {
    const name = String(rawObject(object["metadata"])["name"]);
    if (poison.has(name)) throw new Error(`no ${name}`);
    heard.push(`${what} ${name}`);
  };
  loop = watchLoop({
    resource: watchedResources.pods,
    sink: {
      seen: (object) => take("seen", object),
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
    metrics: forwarderMetrics("eu-1", () => {
      throw new Error("nobody asks");
    }),
    watchIdleMs: 90_000,
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
