import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineSplitter, parseWatchLine } from "../../../../functions/forwarder/watch-lines.ts";

describe("cutting at newlines", () => {
  it("gives the same lines wherever the chunks are cut, inside a character too", () => {
    const text = "first é\n\n🐛 second\r\nthird";
    const bytes = new TextEncoder().encode(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (given) => {
        const cuts = [0, ...given.sort((a, b) => a - b), bytes.length];
        const splitter = lineSplitter();
        const lines = cuts.slice(1).flatMap((end, at) => [...splitter.push(bytes.subarray(cuts[at], end))]);
        expect(lines).toEqual(["first é", "🐛 second\r"]);
        expect(splitter.rest()).toBe(5);
      }),
    );
  });
});

describe("a line", () => {
  const object = { metadata: { name: "web", uid: "u", resourceVersion: "7" } };

  it.each([
    ["ADDED", "changed"],
    ["MODIFIED", "changed"],
    ["DELETED", "deleted"],
  ])("%s", (type, kind) => {
    expect(parseWatchLine(JSON.stringify({ type, object }))).toEqual({ kind, object, resourceVersion: "7" });
  });

  it("BOOKMARK moves the position", () => {
    const line = JSON.stringify({ type: "BOOKMARK", object: { kind: "Pod", metadata: { resourceVersion: "9" } } });
    expect(parseWatchLine(line)).toEqual({ kind: "bookmark", resourceVersion: "9" });
  });

  it.each([
    ["410", { code: 410, reason: "Expired", message: "too old" }, { gone: true, words: "410 too old" }],
    ["Expired without a code", { reason: "Expired", message: "too old" }, { gone: true, words: "no code too old" }],
    ["500", { code: 500, message: "etcd is gone" }, { gone: false, words: "500 etcd is gone" }],
    ["nothing", null, { gone: false, words: "no code" }],
  ])("ERROR with %s", (_, status, expected) => {
    expect(parseWatchLine(JSON.stringify({ type: "ERROR", object: status }))).toEqual({ kind: "error", ...expected });
  });

  it.each([
    ["no JSON", "{oops"],
    ["no object", "42"],
    ["null", "null"],
    ["no type", "{}"],
    ["an unknown type", JSON.stringify({ type: "RENAMED", object })],
    ["no object to the type", JSON.stringify({ type: "ADDED" })],
    ["no uid", JSON.stringify({ type: "ADDED", object: { metadata: { name: "web", resourceVersion: "7" } } })],
    ["no version", JSON.stringify({ type: "ADDED", object: { metadata: { name: "web", uid: "u" } } })],
    ["a bookmark without a version", JSON.stringify({ type: "BOOKMARK", object: {} })],
  ])("%s is garbage", (_, line) => {
    expect(parseWatchLine(line).kind).toBe("garbage");
  });

  it("never throws, whatever it says", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(["changed", "deleted", "bookmark", "error", "garbage"]).toContain(parseWatchLine(line).kind);
      }),
    );
  });
});
