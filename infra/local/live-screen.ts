import type { Terminal } from "./progress.ts";

/** A picture at the end of the terminal's text, redrawn in place. */
export interface LiveScreen {
  draw(lines: readonly string[]): void;
  /** Prints above the picture, so that it stays when the picture moves on. */
  print(line: string): void;
  /** Leaves the last picture standing and the cursor below it. */
  end(): void;
}

const csi = "\u001b[";
const hideCursor = `${csi}?25l`;
const showCursor = `${csi}?25h`;
/** Terminals that know it show everything between at once; the others ignore it. */
const begin = `${csi}?2026h`;
const finish = `${csi}?2026l`;
const eraseToEndOfLine = `${csi}K`;
const eraseBelow = `${csi}J`;

/** Each picture is one write that overwrites line by line and never clears first: nothing flickers. An unchanged picture is not written. */
export function liveScreen(terminal: Terminal): LiveScreen {
  let drawn: readonly string[] = [];
  let cursorHidden = false;

  const toTop = () => (drawn.length > 1 ? `\r${csi}${drawn.length - 1}A` : "\r");
  const body = (lines: readonly string[]) => lines.map((line) => `${line}${eraseToEndOfLine}`).join("\n");

  const write = (text: string) => {
    terminal.write(`${begin}${cursorHidden ? "" : hideCursor}${text}${eraseBelow}${finish}`);
    cursorHidden = true;
  };

  return {
    draw(lines) {
      if (lines.length === drawn.length && lines.every((line, index) => line === drawn[index])) return;
      write(`${toTop()}${body(lines)}`);
      drawn = lines;
    },
    print(line) {
      write(`${toTop()}${body([line, ...(drawn.length > 0 ? drawn : [""])])}`);
    },
    end() {
      if (!cursorHidden) return;
      terminal.write(`\n${showCursor}`);
      cursorHidden = false;
      drawn = [];
    },
  };
}
