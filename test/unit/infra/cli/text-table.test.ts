import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textTable } from "../../../../infra/cli/text-table.ts";

const rows = [
  [{ text: "eu-1" }, { text: "Pod shop/web-7c9f8d5b-x2x9k" }, { text: "ten minutes past its grace" }],
  [{ text: "eu-west-2" }, { text: "Node n1" }, { text: "silent" }],
];
const head = ["CLUSTER", "OBJECT", "WHAT"];

it("aligns columns and leaves no blanks at line ends", () => {
  expect(textTable({ head, rows }, { colour: false, width: Number.POSITIVE_INFINITY }).split("\n")).toEqual([
    "CLUSTER    OBJECT                       WHAT",
    "eu-1       Pod shop/web-7c9f8d5b-x2x9k  ten minutes past its grace",
    "eu-west-2  Node n1                      silent",
  ]);
});

it("cuts the last column to the screen", () => {
  expect(textTable({ head, rows }, { colour: false, width: 60 }).split("\n")[1]).toBe(
    "eu-1       Pod shop/web-7c9f8d5b-x2x9k  ten minutes past it…",
  );
});

it("drops the last column when next to nothing would be left of it, then cuts the widest", () => {
  expect(textTable({ head, rows }, { colour: false, width: 30 }).split("\n")).toEqual([
    "CLUSTER    OBJECT",
    "eu-1       Pod shop/web-7c9f8…",
    "eu-west-2  Node n1",
  ]);
});

it("leaves out spare columns before it cuts the others", () => {
  expect(textTable({ head, spare: ["CLUSTER"], rows }, { colour: false, width: 30 }).split("\n")).toEqual([
    "OBJECT",
    "Pod shop/web-7c9f8d5b-x2x9k",
    "Node n1",
  ]);
});

it("styles a cell without moving the columns", () => {
  const [, line] = textTable(
    { head: ["A", "B"], rows: [[{ text: "x", style: "red" }, { text: "y" }]] },
    {
      colour: true,
      width: 80,
    },
  ).split("\n");
  expect(line).toBe("\u001b[31mx\u001b[39m  y");
});

it("never exceeds a screen on which every column has room for eight characters", () => {
  void fc.assert(
    fc.property(
      fc.array(fc.array(fc.string(), { minLength: 4, maxLength: 4 })),
      fc.integer({ min: 40 }),
      (texts, width) => {
        const cells = texts.map((row) => row.map((text) => ({ text })));
        for (const line of textTable({ head: ["A", "B", "C", "D"], rows: cells }, { colour: false, width }).split(
          "\n",
        )) {
          expect(line.length).toBeLessThanOrEqual(width);
        }
      },
    ),
  );
});
