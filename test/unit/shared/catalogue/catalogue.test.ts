import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogueOf } from "../../../../shared/catalogue/catalogue.ts";
import { containsInOrder } from "../../../../shared/catalogue/fragments.ts";
import type { Place, Sighting, Signature } from "../../../../shared/catalogue/signature.ts";
import { aSignature } from "../../../build/signature.ts";

const failedSync = (text: string): Sighting => ({ channel: "event", reason: "FailedSync", text });

function idOf(rows: readonly Signature[], sighting: Sighting): string | undefined {
  const match = catalogueOf(rows).match(sighting);
  return match.kind === "known" ? match.signature.id : undefined;
}

const row = (id: string, fragments: readonly string[], ...seenIn: readonly Place[]) =>
  aSignature({ id, fragments, ...(seenIn.length === 0 ? {} : { seenIn }) });

describe("which row a text has", () => {
  it("takes the one with the longest sum of fragments, wherever it stands in the list", () => {
    const short = row("a-short", ["disk sda is tired"]);
    const long = row("b-long", ["disk sda", " is tired", " of it"]);
    for (const rows of [
      [short, long],
      [long, short],
    ]) {
      expect(idOf(rows, failedSync("disk sda is tired of it"))).toBe("b-long");
      expect(idOf(rows, failedSync("disk sda is tired"))).toBe("a-short");
    }
  });

  it("takes of equals the id that comes first", () => {
    const rows = [row("b", ["tired"]), row("a", ["disk "]), row("c", ["disk "])];
    expect(idOf(rows, failedSync("disk tired"))).toBe("a");
  });

  it("wants all fragments, in their order, and none over another", () => {
    const rows = [row("ordered", ["aba", "ab"])];
    expect(idOf(rows, failedSync("xx aba yy ab zz"))).toBe("ordered");
    expect(idOf(rows, failedSync("abaab"))).toBe("ordered");
    expect(idOf(rows, failedSync("ababa"))).toBeUndefined();
    expect(idOf(rows, failedSync("ab aba"))).toBeUndefined();
  });

  it("wants channel and reason, exactly", () => {
    const rows = [row("here", ["disk"], { channel: "event", reasons: ["FailedSync", "Failed"] })];
    expect(idOf(rows, failedSync("disk"))).toBe("here");
    expect(idOf(rows, { channel: "event", reason: "Failed", text: "disk" })).toBe("here");
    expect(idOf(rows, { channel: "event", reason: "failed", text: "disk" })).toBeUndefined();
    expect(idOf(rows, { channel: "podStatus", reason: "FailedSync", text: "disk" })).toBeUndefined();
    expect(idOf(rows, failedSync("Disk"))).toBeUndefined();
  });

  it("compares rows for one reason with those for any", () => {
    const any = row("any-reason", ["disk is tired"], { channel: "event" });
    const one = row("one-reason", ["disk"], { channel: "event", reasons: ["FailedSync"] });
    expect(idOf([any, one], failedSync("disk is tired"))).toBe("any-reason");
    expect(idOf([any, one], failedSync("disk is awake"))).toBe("one-reason");
    expect(idOf([any, one], { channel: "event", reason: "Other", text: "disk is awake" })).toBeUndefined();
  });

  it("falls back on a reason that says it all, however short the text", () => {
    const rows = [
      row("all-of-it", [], { channel: "containerStatus", reasons: ["OOMKilled"] }),
      row("one-kind", ["limit"], { channel: "containerStatus", reasons: ["OOMKilled"] }),
    ];
    expect(idOf(rows, { channel: "containerStatus", reason: "OOMKilled", text: "" })).toBe("all-of-it");
    expect(idOf(rows, { channel: "containerStatus", reason: "OOMKilled", text: "limit" })).toBe("one-kind");
  });

  it("knows the spellings of the seed notes and of people (S0-27)", () => {
    const pull = row("pull", ["x"], { channel: "containerStatus", reasons: ["ErrImagePull"] });
    const sandbox = row("sandbox", ["x"], { channel: "event", reasons: ["FailedCreatePodSandBox"] });
    expect(idOf([pull], { channel: "containerStatus", reason: "ErrPullImage", text: "x" })).toBe("pull");
    expect(idOf([sandbox], { channel: "event", reason: "FailedCreatePodSandbox", text: "x" })).toBe("sandbox");
  });

  it("gives a text without a row its fingerprint", () => {
    expect(catalogueOf([]).match(failedSync("disk sda1 is tired"))).toEqual({
      kind: "unknown",
      fingerprint: "disk * is tired",
    });
  });

  it("finds fragments wherever a text is made of them", () => {
    const word = fc.string({ minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 5 }),
        fc.array(word, { minLength: 6, maxLength: 6 }),
        (fragments, between) => {
          const text = fragments.map((fragment, index) => between[index] + fragment).join("") + between[5];
          return containsInOrder(text, fragments);
        },
      ),
    );
  });
});

describe("how long it takes", () => {
  /** The whole of it on a machine that has other things to do; a row that went back over the text would take hours. */
  const limitMs = 5_000;
  const mebibyte = 1_048_576;

  const timed = (rows: readonly Signature[], text: string): number => {
    const catalogue = catalogueOf(rows);
    const began = performance.now();
    expect(catalogue.match(failedSync(text)).kind).toBe("unknown");
    return performance.now() - began;
  };

  it("ten thousand rows over a mebibyte of their own beginnings", () => {
    const rows = Array.from({ length: 10_000 }, (_, index) =>
      row(`row-${index}`, ["disk ", `number ${index}`, " is tired"]),
    );
    expect(timed(rows, "disk number ".repeat(mebibyte / 12))).toBeLessThan(limitMs);
  });

  it("ten thousand rows that nearly match at each character of a mebibyte", () => {
    const rows = Array.from({ length: 10_000 }, (_, index) =>
      row(`row-${index}`, ["a".repeat(100), `${"a".repeat(99)}b`]),
    );
    expect(timed(rows, "a".repeat(mebibyte))).toBeLessThan(limitMs);
  });

  it("a mebibyte of what fingerprints take out", () => {
    for (const piece of ["'", '"', "a=", "/", "0a", "[", "\u0000", "x' ", ".)"]) {
      expect(timed([], piece.repeat(mebibyte / piece.length))).toBeLessThan(limitMs / 10);
    }
  });
});
