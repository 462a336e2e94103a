import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningForwarder } from "../../functions/forwarder/forwarder.ts";
import { type ForwarderRig, forwarderRig, paths } from "../unit/functions/forwarder/forwarder-rig.ts";
import { failedPod, rawNode, rawPod } from "../unit/functions/forwarder/raw-objects.ts";

let rig: ForwarderRig;
let forwarder: RunningForwarder;
const pods = () => rig.api.stream1(paths.pods);
const podWatches = () => rig.api.streams(paths.pods).map((each) => each.request.query?.["resourceVersion"]);
const podLists = () =>
  rig.api.requests.filter((each) => each.path === paths.pods && each.query?.["watch"] === undefined).length;
const metric = async (line: string) =>
  (await forwarder.metricsText())
    .split("\n")
    .find((each) => each.startsWith(`knitbone_forwarder_${line}`))
    ?.split(" ")
    .at(-1);

beforeEach(async () => {
  rig = forwarderRig();
  rig.api.serve(paths.nodes, "50", [rawNode()]);
  rig.api.serve(paths.pods, "100", [rawPod()]);
  forwarder = rig.start({ resyncMs: 600_000 });
  await rig.advance(20_000);
});
afterEach(() => rig.stopAll());

describe("the end of a watch", () => {
  it("in order goes on at once from the last object's version, without a list", async () => {
    pods().event("MODIFIED", rawPod({ version: "105" }));
    await rig.settle();
    pods().end();
    await rig.settle();
    expect(podWatches()).toEqual(["100", "105"]);
    expect(podLists()).toBe(1);
  });

  it("goes on from a bookmark that is newer than every object", async () => {
    pods().event("MODIFIED", rawPod({ version: "105" }));
    pods().bookmark("900");
    await rig.settle();
    pods().end();
    await rig.settle();
    expect(podWatches()).toEqual(["100", "900"]);
  });

  it("by a broken connection goes on from the last version, within a second", async () => {
    pods().event("MODIFIED", rawPod({ version: "105" }));
    await rig.settle();
    pods().cut();
    await rig.advance(1_000);
    expect(podWatches()).toEqual(["100", "105"]);
    expect(podLists()).toBe(1);
  });

  it("inside a line loses nothing: what was cut is sent again", async () => {
    const line = JSON.stringify({ type: "ADDED", object: failedPod({ name: "new", version: "105" }) });
    pods().bytes(line.slice(0, 40));
    await rig.settle();
    pods().end();
    await rig.advance(1_000);
    expect(podWatches()).toEqual(["100", "100"]);
    pods().bytes(`${line}\n`);
    await rig.advance(250);
    expect(rig.told()).toEqual(["suspect new 105 PodFailed"]);
  });

  it("again and again at once is answered with growing pauses", async () => {
    rig.api.onWatch(paths.pods, { body: "" });
    pods().end();
    await rig.advance(120_000);
    const opened = podWatches().length;
    expect(opened).toBeGreaterThan(5);
    expect(opened).toBeLessThan(25);
  });

  it("with 429 stays away as long as the server asks", async () => {
    rig.api.onWatch(paths.pods, {
      status: 429,
      headers: { "retry-after": "20" },
      body: { message: "too many requests" },
    });
    pods().end();
    await rig.advance(19_000);
    expect(podWatches()).toHaveLength(2);
    expect(forwarder.status().resources.pods.trouble).toBe("429 too many requests");
    rig.api.onWatch(paths.pods, {});
    await rig.advance(20_000);
    expect(podWatches()).toHaveLength(3);
    expect(forwarder.status().resources.pods).toMatchObject({ watching: true });
    expect(forwarder.status().resources.pods.trouble).toBeUndefined();
  });
});

describe("history that does not reach back far enough (S0-69)", () => {
  it.each([
    ["an ERROR event 410", () => pods().event("ERROR", { code: 410, reason: "Expired", message: "too old" })],
    [
      "an answer 410",
      () => {
        rig.api.onWatch(paths.pods, ({ query }) => (query?.["resourceVersion"] === "100" ? { status: 410 } : {}));
        pods().end();
      },
    ],
  ])("%s: lists again, tells what vanished and what is new", async (_, expire) => {
    pods().event("ADDED", failedPod({ name: "sick", version: "101" }));
    await rig.advance(1_000);
    rig.api.serve(paths.pods, "300", [rawPod(), failedPod({ name: "new", version: "250" })]);
    pods().bookmark("100");
    expire();
    await rig.advance(1_000);
    expect(rig.told()).toEqual([
      "suspect sick 101 PodFailed",
      "suspect new 250 PodFailed",
      "gone sick 101 finalStateUnknown",
    ]);
    expect(rig.deltas()[2]?.state).toBeUndefined();
    expect(podWatches().at(-1)).toBe("300");
  });

  it("in the middle of a paged list begins the list anew and takes nothing for gone that it did not reach", async () => {
    const many = Array.from({ length: 700 }, (_, n) => failedPod({ name: `old-${n}`, version: "90" }));
    rig.api.serve(paths.pods, "300", many);
    pods().event("ERROR", { code: 410, message: "too old" });
    await rig.advance(5_000);
    expect(forwarder.status().resources.pods.objects).toBe(700);
    let refusals = 1;
    rig.api.on(paths.pods, ({ query }) => {
      if (query?.["continue"] === undefined) {
        return { body: { metadata: { resourceVersion: "400", continue: "500" }, items: many.slice(0, 500) } };
      }
      refusals -= 1;
      if (refusals >= 0) return { status: 410, body: { reason: "Expired", message: "continue too old" } };
      return { body: { metadata: { resourceVersion: "400" }, items: many.slice(500) } };
    });
    pods().event("ERROR", { code: 410, message: "too old" });
    await rig.advance(15_000);
    expect(refusals).toBe(-1);
    expect(forwarder.status().resources.pods).toMatchObject({ objects: 700, watching: true });
    expect(rig.deltas().filter((each) => each.kind === "gone")).toEqual([]);
  });
});

describe("what a watch brings", () => {
  it("reads objects whose lines and characters are cut anywhere", async () => {
    const message = "Überlast 🐛 überall";
    const line = `${JSON.stringify({ type: "ADDED", object: failedPod({ name: "neu", version: "105", status: { message } }) })}\n`;
    for (const byte of new TextEncoder().encode(line)) pods().bytes(Uint8Array.of(byte));
    await rig.advance(1_000);
    expect(rig.deltas()).toMatchObject([{ object: { name: "neu" }, state: { message } }]);
  });

  it.each([
    ["no JSON", "{oops\n"],
    ["an unknown type", '{"type":"RENAMED","object":{}}\n'],
  ])("counts and logs a line that is %s, and lists again", async (_, line) => {
    pods().bytes(line);
    await rig.advance(2_000);
    expect(podLists()).toBe(2);
    expect(await metric('garbage_lines_total{resource="pods"')).toBe("1");
    expect(rig.log.filter((each) => each.level === "warn").map((each) => [each.words, each["resource"]])).toEqual([
      ["listing again", "pods"],
    ]);
    pods().event("ADDED", failedPod({ name: "new", version: "105" }));
    await rig.advance(250);
    expect(rig.told()).toEqual(["suspect new 105 PodFailed"]);
  });

  it("does not wait for the end of a line without end", async () => {
    pods().bytes(new Uint8Array(17 * 2 ** 20).fill(120));
    await rig.advance(2_000);
    expect(podLists()).toBe(2);
  });

  it("drops the same version and older ones", async () => {
    pods().event("MODIFIED", failedPod({ version: "1000" }));
    await rig.advance(250);
    pods().event("MODIFIED", failedPod({ version: "1000", status: { message: "again" } }));
    pods().event("MODIFIED", rawPod({ version: "999" }));
    await rig.advance(1_000);
    expect(rig.told()).toEqual(["suspect web 1000 PodFailed"]);
    expect(await metric('old_versions_total{resource="pods"')).toBe("2");
  });

  it("logs an object that our own code cannot take, lists again, and goes on with the others", async () => {
    const bad = {
      ...failedPod({ name: "bad", version: "106" }),
      metadata: { ...(failedPod()["metadata"] as object), name: "bad", uid: "" },
    };
    rig.api.serve(paths.pods, "300", [bad, failedPod({ name: "good", version: "107" })]);
    pods().event("ERROR", { code: 410, message: "too old" });
    await rig.advance(5_000);
    expect(rig.told()).toEqual(["suspect good 107 PodFailed"]);
    expect(await metric('handler_errors_total{resource="pods"')).toBe("1");
    expect(rig.log.filter((each) => each.level === "error")).toMatchObject([
      { words: "handling an object", namespace: "shop", name: "bad", err: "an object without a uid: shop/bad" },
    ]);
    expect(forwarder.status().resources.pods.watching).toBe(true);
  });

  it("says loudly when versions go back, and believes the list", async () => {
    pods().event("MODIFIED", failedPod({ version: "1000" }));
    await rig.advance(1_000);
    rig.api.serve(paths.pods, "70", [rawPod({ version: "60" })]);
    pods().event("ERROR", { code: 410, message: "too old" });
    await rig.advance(1_000);
    expect(rig.told()).toEqual(["suspect web 1000 PodFailed", "recovered web 60"]);
    expect(rig.log.filter((each) => each.level === "error").map((each) => each.words)).toEqual([
      "resourceVersion went back: another cluster, or an etcd restore",
    ]);
    expect(await metric('version_went_back_total{resource="pods"')).toBe("1");
  });
});

it("a node that vanished while nobody watched is told as gone (S0-69)", async () => {
  rig.api.stream1(paths.nodes).event("MODIFIED", rawNode({ version: "51", ready: "False" }));
  await rig.advance(250);
  rig.api.serve(paths.nodes, "300", []);
  rig.api.stream1(paths.nodes).event("ERROR", { code: 410, message: "too old" });
  await rig.advance(1_000);
  expect(rig.told()).toEqual(["suspect n1 51 NodeNotReady", "gone n1 51 finalStateUnknown"]);
});

describe("delete and recreate under one name", () => {
  const recreated = () => failedPod({ uid: "uid-second", version: "210" });

  it("during a disconnect is the end of the first and a second object", async () => {
    pods().event("MODIFIED", failedPod({ version: "105" }));
    await rig.advance(250);
    rig.api.serve(paths.pods, "300", [recreated()]);
    pods().event("ERROR", { code: 410, message: "too old" });
    await rig.advance(1_000);
    expect(rig.told()).toEqual([
      "suspect web 105 PodFailed",
      "gone web 105 finalStateUnknown",
      "suspect web 210 PodFailed",
    ]);
    expect(rig.deltas().map((each) => each.object.uid)).toEqual(["uid-web", "uid-web", "uid-second"]);
  });

  it("in a watch that lost the deletion is the same", async () => {
    pods().event("MODIFIED", failedPod({ version: "105" }));
    await rig.advance(250);
    pods().event("ADDED", recreated());
    await rig.advance(1_000);
    expect(rig.deltas().map((each) => [each.kind, each.object.uid])).toEqual([
      ["suspect", "uid-web"],
      ["gone", "uid-web"],
      ["suspect", "uid-second"],
    ]);
  });

  it("of a node, seen or unseen, is the same", async () => {
    const nodes = () => rig.api.stream1(paths.nodes);
    nodes().event("MODIFIED", rawNode({ version: "51", ready: "False" }));
    await rig.advance(250);
    nodes().event("ADDED", rawNode({ uid: "uid-second", version: "60", ready: "False" }));
    await rig.advance(250);
    rig.api.serve(paths.nodes, "300", [rawNode({ uid: "uid-third", version: "70" })]);
    nodes().event("ERROR", { code: 410, message: "too old" });
    await rig.advance(1_000);
    expect(rig.deltas().map((each) => [each.kind, each.object.uid])).toEqual([
      ["suspect", "uid-n1"],
      ["gone", "uid-n1"],
      ["suspect", "uid-second"],
      ["gone", "uid-second"],
    ]);
    expect(forwarder.status()).toMatchObject({ suspects: 0, resources: { nodes: { objects: 1 } } });
  });

  it("keeps the second when the end of the first comes late", async () => {
    pods().event("ADDED", recreated());
    pods().event("DELETED", rawPod({ version: "211" }));
    await rig.advance(1_000);
    expect(forwarder.status().resources.pods.objects).toBe(1);
    expect(rig.told()).toEqual(["suspect web 210 PodFailed"]);
  });
});

describe("silence", () => {
  it("of ninety seconds opens the watch anew from where it stood", async () => {
    pods().event("MODIFIED", rawPod({ version: "105" }));
    await rig.advance(89_750);
    expect(podWatches()).toEqual(["100"]);
    await rig.advance(500);
    expect(podWatches()).toEqual(["100", "105"]);
    expect(podLists()).toBe(1);
    expect(await metric('watch_idle_total{resource="pods"')).toBe("1");
  });

  it("broken by a bookmark a minute tears nothing down", async () => {
    for (let minute = 1; minute <= 10; minute += 1) {
      await rig.advance(60_000);
      pods().bookmark(String(1_000 + minute));
    }
    await rig.settle();
    expect(podWatches()).toEqual(["100"]);
  });
});
