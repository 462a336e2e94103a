import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHealerMessage } from "../../../../shared/heal/parse-healer-message.ts";
import { aRound, aRounds, aSighting, aWakeUp, aWord } from "../../../build/message.ts";
import { aRef } from "../../../build/object-ref.ts";

/** Thousands of runs on a machine that does other things as well. */
const busyMs = 60_000;

const parse = (value: unknown) => parseHealerMessage(JSON.stringify(value));

it.each([
  ["a sighting", aSighting()],
  ["a sighting of what vanished unseen", aSighting({ delta: "gone", signals: [], finalStateUnknown: true })],
  [
    "a sighting of a node",
    aSighting({ object: aRef({ kind: "Node", namespace: "", name: "n1" }), signals: ["NodeNotReady"] }),
  ],
  ["a sighting of its own round", aSighting({ signals: [], byItself: true })],
  ["a wake-up", aWakeUp({ hops: 20 })],
  ["the schedule's word", aRounds()],
  ["one cluster's round", aRound({ putOff: 3 })],
  ["the last word on what was told", aWord({ hops: 4 })],
])("%s comes out as it went in", (_, message) => {
  expect(parse(message)).toEqual({ kind: "parsed", message });
});

describe("a malformed message is refused", () => {
  it.each([
    ["a milestone, which is nobody's to heal", { ...aSighting(), delta: "milestone" }, "SchemaViolation"],
    ["another kind", { ...aSighting(), kind: "order" }, "SchemaViolation"],
    ["no object", { ...aSighting(), object: undefined }, "SchemaViolation"],
    ["a healer that is no name", aSighting({ healer: "../x" }), "SchemaViolation"],
    ["a cluster with a slash", aSighting({ cluster: "a/b" }), "SchemaViolation"],
    ["a wake-up for half a version", aWakeUp({ caseVersion: 0.5 }), "SchemaViolation"],
    ["a wake-up with fewer than no hops", aWakeUp({ hops: -1 }), "SchemaViolation"],
    ["a wake-up that is never due", { ...aWakeUp(), dueAt: null }, "SchemaViolation"],
    ["a round that was put off fewer than no times", aRound({ putOff: -1 }), "SchemaViolation"],
    ["rounds of nobody", { ...aRounds(), healer: undefined }, "SchemaViolation"],
    ["a last word on nothing", aWord({ actionId: "" }), "SchemaViolation"],
    ["a version to come", aSighting({ v: 2 }), "UnknownVersion"],
    ["nothing", undefined, "NotJson"],
  ])("%s", (_, message, code) => {
    expect(parseHealerMessage(JSON.stringify(message) ?? "")).toMatchObject({ kind: "malformed", code });
  });
});

it(
  "never throws, whatever arrives (10,000 payloads)",
  () => {
    const valid = [aSighting(), aWakeUp(), aRounds(), aRound(), aWord()];
    const members = [...new Set(valid.flatMap((each) => Object.keys(each)))];
    const grafted = fc
      .tuple(fc.constantFrom(...valid), fc.constantFrom(...members), fc.jsonValue())
      .map(([message, member, value]) => JSON.stringify({ ...message, [member]: value }));
    fc.assert(
      fc.property(fc.oneof(grafted, fc.string({ maxLength: 200 }), fc.json({ maxDepth: 14 })), (body) => {
        const result = parseHealerMessage(body);
        if (result.kind === "parsed")
          expect(["sighting", "wakeUp", "rounds", "round", "word"]).toContain(result.message.kind);
        else expect(result.detail.length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 10_000 },
    );
  },
  busyMs,
);
