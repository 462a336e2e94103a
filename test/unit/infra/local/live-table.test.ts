import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type LiveRow, type LiveView, liveLines } from "../../../../infra/local/live-table.ts";

const now = 1_000_000;
const row = (more: Partial<LiveRow> = {}): LiveRow => ({
  cluster: "north",
  object: "shop/web…x8k2p",
  what: "stuck Terminating",
  verdict: { kind: "escalate", mode: "act" },
  reason: "PinnedRejectionLoop",
  since: now - 61_000,
  healed: false,
  ...more,
});
const view = (rows: readonly LiveRow[], more: Partial<LiveView> = {}): LiveView => ({
  title: "Knitbone",
  notices: [],
  rows,
  foot: "1 healed",
  ...more,
});
const sheet = { width: 80, height: 24, colour: false };

test("a row says where, what, the verdict, why and since when", () => {
  expect(liveLines(view([row()]), sheet, now)).toEqual([
    "Knitbone",
    "",
    " CLUSTER  OBJECT          WHAT IS WRONG      VERDICT   REASON               AGE",
    " north    shop/web…x8k2p  stuck Terminating  escalate  PinnedRejectionLoop  1m",
    "",
    "1 healed",
  ]);
});

test.each([
  ["a heal that has had its effect", { verdict: { kind: "heal", mode: "act" }, healed: true } as const, "healed"],
  ["a heal whose effect is not seen yet", { verdict: { kind: "heal", mode: "act" } } as const, "heal  "],
  ["observe mode", { verdict: { kind: "heal", mode: "observe" } } as const, "would heal"],
  ["waiting, in observe mode too", { verdict: { kind: "wait", mode: "observe" } } as const, "wait  "],
  ["a hand-over", { verdict: { kind: "handOver", mode: "act" } } as const, "hand over"],
])("%s is told apart", (_name, more, word) => {
  expect(liveLines(view([row(more)]), sheet, now)[3]).toContain(`  ${word}`);
});

test("nothing is sick", () => {
  expect(liveLines(view([]), sheet, now)).toEqual(["Knitbone", "", " Nothing is sick.", "", "1 healed"]);
});

test("no line is wider than the terminal, whatever names there are", () => {
  const long = row({
    cluster: "arn-aws-eks-eu-west-1-000000000000-cluster",
    object: `${"namespace-with-a-name".repeat(4)}/pod-x8k2p`,
    reason: "OverdueOnNotReadyNode",
  });
  for (const width of [60, 80, 100, 200]) {
    const lines = liveLines(
      view([row(), long], { title: "t".repeat(300), notices: ["n".repeat(300)], foot: "f".repeat(300) }),
      { ...sheet, width },
      now,
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(width);
  }
});

test("a name gives way in its middle, so that its end stays readable", () => {
  const named = (object: string) => liveLines(view([row({ object })]), sheet, now)[3]?.slice(10, 24);
  expect(named("payments/ledger…x8k2p")).toBe("payments…x8k2p");
  expect(named("payments/stateful-0")).toBe("payments…ful-0");
});

test("the picture is never higher than the terminal, and says what it hides", () => {
  const lines = liveLines(view(Array.from({ length: 40 }, () => row())), sheet, now);
  expect(lines).toHaveLength(23);
  expect(lines.at(-1)).toBe("1 healed · 22 more below");
});

test("words of a cluster cannot move the cursor", () => {
  const lines = liveLines(view([row({ reason: "\u001b[2Jgone\u0007" })]), sheet, now);
  expect(stripVTControlCharacters(lines.join("\n"))).toBe(lines.join("\n"));
  expect(lines.join("\n")).toContain("[2Jgone");
});

test("colours change nothing but the looks", () => {
  const rows = [row(), row({ healed: true }), row({ object: "" })];
  const coloured = liveLines(view(rows, { notices: ["cluster b: away"] }), { ...sheet, colour: true }, now);
  const plain = liveLines(view(rows, { notices: ["cluster b: away"] }), sheet, now);
  expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(plain);
  expect(coloured.join("")).toContain("\u001b[");
});
