import { expect, test } from "vitest";
import { liveScreen } from "../../../../infra/local/live-screen.ts";

/** The few movements that the screen uses, on a grid: what people would see. */
function fakeTerminal() {
  const writes: string[] = [];
  const lines: string[] = [""];
  let line = 0;
  let column = 0;
  const put = (character: string) => {
    const text = (lines[line] ?? "").padEnd(column);
    lines[line] = text.slice(0, column) + character + text.slice(column + 1);
    column += 1;
  };
  const control = (sequence: string) => {
    const up = /^\[(\d+)A$/.exec(sequence);
    if (up) line -= Number(up[1]);
    if (sequence === "[K") lines[line] = (lines[line] ?? "").slice(0, column);
    if (sequence === "[J") {
      lines[line] = (lines[line] ?? "").slice(0, column);
      lines.length = line + 1;
    }
  };
  return {
    isTty: true,
    writes,
    shown: () => [...lines],
    write(text: string) {
      writes.push(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: reading escape sequences is the point
      for (const [token] of text.matchAll(/\u001b(\[[?0-9;]*[A-Za-z])|[\s\S]/g)) {
        if (token.length > 1) control(token.slice(1));
        else if (token === "\n") {
          line += 1;
          column = 0;
          lines[line] ??= "";
        } else if (token === "\r") column = 0;
        else put(token);
      }
    },
  };
}

test("a picture is overwritten in place, also by a shorter one", () => {
  const terminal = fakeTerminal();
  terminal.write("before\n");
  const screen = liveScreen(terminal);
  screen.draw(["one", "two long", "three"]);
  expect(terminal.shown()).toEqual(["before", "one", "two long", "three"]);
  screen.draw(["one", "two"]);
  expect(terminal.shown()).toEqual(["before", "one", "two"]);
  screen.draw(["one", "two", "three", "four"]);
  expect(terminal.shown()).toEqual(["before", "one", "two", "three", "four"]);
});

test("a printed line stays above the picture", () => {
  const terminal = fakeTerminal();
  const screen = liveScreen(terminal);
  screen.print("hello");
  screen.draw(["one", "two"]);
  screen.print("cluster b is back");
  screen.draw(["one", "2"]);
  expect(terminal.shown()).toEqual(["hello", "cluster b is back", "one", "2"]);
});

test("an unchanged picture is not written, and a changed one is a single write that clears nothing first", () => {
  const terminal = fakeTerminal();
  const screen = liveScreen(terminal);
  screen.draw(["one"]);
  screen.draw(["one"]);
  expect(terminal.writes).toHaveLength(1);
  screen.draw(["two"]);
  expect(terminal.writes).toHaveLength(2);
  expect(terminal.writes[1]).not.toContain("\u001b[2J");
});

test("at the end the cursor is back, below the picture", () => {
  const terminal = fakeTerminal();
  const screen = liveScreen(terminal);
  screen.draw(["one", "two"]);
  screen.end();
  screen.end();
  terminal.write("after");
  expect(terminal.shown()).toEqual(["one", "two", "after"]);
  expect(terminal.writes.join("").split("\u001b[?25h")).toHaveLength(2);
});
