import { describe, expect, it } from "vitest";
import { messageBytes, messageRefusal } from "../../../../shared/queue/message-refusal.ts";

const limit = 1_048_576;

describe("messageRefusal", () => {
  it("refuses nothing that SQS takes", () => {
    expect(messageRefusal({ body: "x", delayMs: 0 })).toBeUndefined();
    expect(messageRefusal({ body: "x", delayMs: 900_000, attributes: { traceId: "t" } })).toBeUndefined();
    expect(messageRefusal({ body: "\t\n\r ~\ud7ff\ue000\ufffd\u{1f9f6}" })).toBeUndefined();
    expect(messageRefusal({ body: "x".repeat(limit) })).toBeUndefined();
  });

  it.each([
    ["an empty body", { body: "" }, "MissingParameter"],
    ["a control character", { body: "a\u0000b" }, "InvalidMessageContents"],
    ["U+FFFE", { body: "\ufffe" }, "InvalidMessageContents"],
    ["U+FFFF", { body: "\uffff" }, "InvalidMessageContents"],
    ["half a surrogate pair", { body: "\ud83e" }, "InvalidMessageContents"],
    ["a control character in an attribute", { body: "x", attributes: { a: "\u0007" } }, "InvalidMessageContents"],
    ["an empty attribute", { body: "x", attributes: { a: "" } }, "InvalidParameterValue"],
    ["a delay beyond 15 min", { body: "x", delayMs: 900_001 }, "InvalidParameterValue"],
    ["a negative delay", { body: "x", delayMs: -1 }, "InvalidParameterValue"],
    ["a delay that is no number", { body: "x", delayMs: Number.NaN }, "InvalidParameterValue"],
    ["one byte too many", { body: "x".repeat(limit + 1) }, "InvalidParameterValue"],
    [
      "one byte too many in attributes",
      { body: "x".repeat(limit - 7), attributes: { a: "b" } },
      "InvalidParameterValue",
    ],
  ] as const)("refuses %s", (_, message, code) => {
    expect(messageRefusal(message)).toBe(code);
  });

  it("refuses more than ten attributes", () => {
    const attributes = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`a${index}`, "x"]));
    expect(messageRefusal({ body: "x", attributes: attributes(10) })).toBeUndefined();
    expect(messageRefusal({ body: "x", attributes: attributes(11) })).toBe("InvalidParameterValue");
  });
});

describe("messageBytes", () => {
  it("counts UTF-8 bytes of the body, and of each attribute's name, type and value", () => {
    expect(messageBytes({ body: "é" })).toBe(2);
    expect(messageBytes({ body: "ab", attributes: { name: "value" } })).toBe(2 + 4 + 6 + 5);
  });
});
