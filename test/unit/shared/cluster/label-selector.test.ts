import { expect, it } from "vitest";
import { selectorMatches } from "../../../../shared/cluster/label-selector.ts";

const labels = { app: "web", tier: "front", empty: "" };

it.each([
  ["no selector", undefined, false],
  ["null", null, false],
  ["an empty selector", {}, true],
  ["equal labels", { matchLabels: { app: "web", tier: "front" } }, true],
  ["one different label", { matchLabels: { app: "web", tier: "back" } }, false],
  ["a label it has not", { matchLabels: { zone: "a" } }, false],
  ["an empty value", { matchLabels: { empty: "" } }, true],
  ["an inherited name", { matchLabels: { constructor: "x" } }, false],
  ["In, listed", { matchExpressions: [{ key: "app", operator: "In", values: ["api", "web"] }] }, true],
  ["In, not listed", { matchExpressions: [{ key: "app", operator: "In", values: ["api"] }] }, false],
  ["In, absent", { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }, false],
  ["NotIn, listed", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, false],
  ["NotIn, not listed", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["api"] }] }, true],
  ["NotIn, absent", { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true],
  ["Exists", { matchExpressions: [{ key: "empty", operator: "Exists" }] }, true],
  ["Exists, absent", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
  ["DoesNotExist", { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] }, true],
  ["DoesNotExist, present", { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, false],
  [
    "both, one failing",
    { matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "In", values: ["back"] }] },
    false,
  ],
  ["an unknown operator", { matchExpressions: [{ key: "app", operator: "Gt", values: ["1"] }] }, "unreadable"],
  [
    "an unknown operator beside one that fails",
    { matchLabels: { app: "api" }, matchExpressions: [{ key: "a", operator: "?" }] },
    false,
  ],
])("%s", (_, selector, expected) => {
  expect(selectorMatches(selector, labels)).toBe(expected);
});
