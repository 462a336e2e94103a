import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { releasedSignatures } from "../../../../shared/catalogue/release.ts";
import type { UnknownSighting } from "../../../../shared/catalogue/unknown-store.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon } from "../../../build/instant.ts";
import { aSignature } from "../../../build/signature.ts";
import { testDesk } from "./test-desk.ts";

const folder = mkdtempSync(join(tmpdir(), "knitbone-catalogue-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : stringify(content));
  return path;
}

const seen = ["--channel", "event", "--reason", "FailedSync"] as const;

describe("catalogue explain", () => {
  it("says the cause of a message, which words say so, and where those come from", async () => {
    const { out, code } = await testDesk().run(
      "catalogue",
      "explain",
      "container runtime is down",
      "--channel",
      "nodeCondition",
      "--reason",
      "KubeletNotReady",
    );
    expect(code).toBe(0);
    expect(out.split("\n")).toEqual([
      "RuntimeDown: The runtime has not answered the kubelet for 30 s.",
      'because    it says "container runtime is down"',
      "signature  runtime-is-down version 1, of the release",
      "scope      node",
      "remedy     handOver",
      expect.stringContaining("S3-02"),
      "versions   kubelet any",
      expect.stringContaining("pkg/kubelet/runtime.go"),
    ]);
  });

  it("gives the fingerprint of a message that nobody knows", async () => {
    const { out } = await testDesk().run("catalogue", "explain", "disk sda7 fell asleep at 3m2s", ...seen);
    expect(out.split("\n")).toEqual([
      "unknown: no signature says anything of it as event FailedSync",
      "  fingerprint  disk * fell asleep at *",
    ]);
  });

  it("knows what was added at run time, and with --release only what was not, without a stack", async () => {
    const desk = testDesk();
    await desk.run("catalogue", "add", "--file", file("a.yaml", aSignature()));
    const with_ = await desk.run("catalogue", "explain", "disk sda is tired", ...seen);
    expect(with_.out).toContain("signature  disk-tired version 1, added at run time");
    const opened = desk.places.length;
    const without = await desk.run("catalogue", "explain", "disk sda is tired", ...seen, "--release");
    expect(without.out).toContain("unknown");
    expect(desk.places).toHaveLength(opened);
  });

  it("gives programs the match", async () => {
    const { out } = await testDesk().run(
      "catalogue",
      "explain",
      "oh",
      "--channel",
      "containerStatus",
      "--reason",
      "OOMKilled",
      "--json",
    );
    expect(JSON.parse(out)).toMatchObject({ kind: "known", signature: { id: "out-of-memory", cause: "AppMemory" } });
  });

  it("refuses a channel that there is not, and a message without one", async () => {
    expect(await testDesk().run("catalogue", "explain", "x", "--channel", "rumour")).toMatchObject({ code: 2 });
    expect(await testDesk().run("catalogue", "explain", "x")).toMatchObject({ code: 2, out: "" });
  });
});

describe("catalogue list", () => {
  it("has every row of the release and of the table, by id, with where it is from", async () => {
    const { run } = testDesk();
    await run("catalogue", "add", "--file", file("b.yaml", aSignature({ id: "aaa-first" })));
    const { out } = await run("catalogue", "list", "--limit", "1000");
    const lines = out.split("\n");
    expect(lines).toHaveLength(releasedSignatures.length + 2);
    expect(lines[0]?.split(/ {2,}/)).toEqual(["ID", "CAUSE", "SCOPE", "REMEDY", "SEEN AS", "FROM", "MEANING"]);
    expect(lines[1]?.split(/ {2,}/)).toEqual([
      "aaa-first",
      "NodeDiskFull",
      "node",
      "tell",
      "event FailedSync",
      "table v1",
      "The disk of the node is tired.",
    ]);
    const all = JSON.parse((await run("catalogue", "list", "--json")).out);
    expect(all[0]).toMatchObject({ id: "aaa-first", origin: "table" });
    expect(all[1]).toMatchObject({ origin: "release" });
  });

  it("filters by cause, and refuses one that there is not", async () => {
    const { run } = testDesk();
    const { out } = await run("catalogue", "list", "--cause", "PlegStalled", "--json", "--release");
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(["pleg-not-healthy"]);
    expect(await run("catalogue", "list", "--cause", "Pleg")).toMatchObject({ code: 2, out: "" });
  });

  it("says which rows of the table are not in force", async () => {
    const { run, stores } = testDesk();
    stores.catalogue.putMalformed("disk-tired", 4, "cause: is bad");
    const { code, err } = await run("catalogue", "list");
    expect({ code, err }).toEqual({ code: 0, err: "note: version 4 is not in force: row disk-tired: cause: is bad" });
  });
});

describe("catalogue add and remove", () => {
  it("adds a version, a higher one, and takes it out of force", async () => {
    const { run, stores } = testDesk();
    const first = await run("catalogue", "add", "--file", file("c.yaml", aSignature()));
    expect(first).toEqual({
      code: 0,
      err: "",
      out: "signature disk-tired added; it is in force everywhere within 30 s",
    });
    expect(await run("catalogue", "add", "--file", file("c.yaml", aSignature()))).toMatchObject({
      code: 2,
      err: expect.stringContaining("must be above 1, which the table has"),
    });
    await run("catalogue", "add", "--file", file("c.yaml", aSignature({ version: 2, remedy: "hold" })));
    expect(await run("catalogue", "remove", "disk-tired")).toMatchObject({
      out: "signature disk-tired removed; added again, its version begins at 4",
    });
    expect(await run("catalogue", "remove", "disk-tired")).toMatchObject({ code: 2 });
    expect((await stores.catalogue.versions()).map((each) => each.kind)).toEqual(["removed", "row", "row"]);
    expect((await stores.catalogue.versions())[1]).toMatchObject({ by: "alice" });
  });

  it.each([
    [{ ...aSignature({ samples: [] }), sauce: 1 }, ["samples: must have 1 to 12 entries", "unknown field sauce"]],
    [aSignature({ remedy: "incident" }), ["incident comes only with a release"]],
    [aSignature({ fragments: ["disk .* tired"] }), ["fragments.0: looks like a regular expression"]],
    [aSignature({ id: "runtime-is-down" }), ["the release has a signature of this id, which cannot be replaced"]],
    [
      aSignature({
        fragments: ["runtime is down"],
        seenIn: [{ channel: "nodeCondition", reasons: ["KubeletNotReady"] }],
        samples: [
          { channel: "nodeCondition", reason: "KubeletNotReady", text: "container runtime is down", source: "made up" },
        ],
        nearMisses: [{ channel: "nodeCondition", reason: "KubeletNotReady", text: "runtime" }],
      }),
      ["samples.0: is taken by row runtime-is-down, which is more specific"],
    ],
    ["{", ["is not YAML"]],
    ["just words", ["must be a group of fields"]],
  ])("refuses %j and writes nothing", async (content, words) => {
    const { run, stores } = testDesk();
    const { code, out, err } = await run("catalogue", "add", "--file", file("d.yaml", content));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    for (const each of words) expect(err).toContain(each);
    expect(await stores.catalogue.versions()).toEqual([]);
  });

  it("refuses a file that is not there, and to remove what was never added or is the release's", async () => {
    const { run } = testDesk();
    expect(await run("catalogue", "add", "--file", join(folder, "none"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot be read"),
    });
    expect((await run("catalogue", "remove", "nothing")).err).toBe(
      "knitbone: signature nothing was not added (see: catalogue list)",
    );
    expect((await run("catalogue", "remove", "runtime-is-down")).err).toBe(
      "knitbone: signature runtime-is-down is the release's: it cannot be removed",
    );
  });
});

describe("catalogue unknown", () => {
  const sighting: UnknownSighting = {
    cluster: "eu-1",
    channel: "event",
    reason: "FailedSync",
    fingerprint: "disk * is odd",
    text: "disk sda1 is odd",
    at: atNoon(-minutes(3)),
  };

  it("lists what no signature has, the most frequent first", async () => {
    const { run, stores } = testDesk();
    await stores.unknowns.count({ ...sighting, cluster: "eu-2", fingerprint: "seldom" });
    await stores.unknowns.count(sighting);
    await stores.unknowns.count({ ...sighting, at: atNoon(-seconds(5)) });
    expect((await run("catalogue", "unknown")).out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["COUNT", "CLUSTER", "CHANNEL", "REASON", "SEEN", "FINGERPRINT"],
      ["2", "eu-1", "event", "FailedSync", "5s ago", "disk * is odd"],
      ["1", "eu-2", "event", "FailedSync", "3m ago", "seldom"],
    ]);
    const programs = await run("catalogue", "unknown", "--cluster", "eu-1", "--json");
    expect(JSON.parse(programs.out)).toEqual([
      {
        cluster: "eu-1",
        channel: "event",
        reason: "FailedSync",
        fingerprint: "disk * is odd",
        count: 2,
        firstSeenAt: "2026-11-21T11:57:00.000Z",
        lastSeenAt: "2026-11-21T11:59:55.000Z",
        sample: "disk sda1 is odd",
      },
    ]);
  });

  it("says so when there are none", async () => {
    expect((await testDesk().run("catalogue", "unknown")).out).toBe(
      "No unknown messages: the catalogue had an answer to all of them.",
    );
  });
});
