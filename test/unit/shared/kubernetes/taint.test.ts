import { describe, expect, it } from "vitest";
import { tolerates } from "../../../../shared/kubernetes/taint.ts";

const toleration = { key: "", operator: "Equal", value: "", effect: "" };
const taint = { key: "k", value: "v", effect: "NoSchedule" };

describe("tolerates", () => {
  it.each([
    ["key, value and effect", { key: "k", value: "v", effect: "NoSchedule" }, true],
    ["any effect", { key: "k", value: "v" }, true],
    ["another value", { key: "k", value: "w" }, false],
    ["another effect", { key: "k", value: "v", effect: "NoExecute" }, false],
    ["Exists on the key", { key: "k", operator: "Exists" }, true],
    ["Exists on every key", { operator: "Exists" }, true],
    ["an empty key without Exists", { value: "v" }, false],
  ])("by %s: %s", (_, given, expected) => {
    expect(tolerates({ ...toleration, ...given }, taint)).toBe(expected);
  });
});
