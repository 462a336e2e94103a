import type { Clock } from "../../shared/time/clock.ts";

/** Tells people what takes so long. Where somebody looks, one line that counts; elsewhere plain lines. */
export interface Progress {
  /** Runs `work`, shown under `what` while it lasts; a step that lasted stays readable with its time. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
  say(line: string): void;
}

export interface Terminal {
  readonly isTty: boolean;
  write(text: string): void;
}

/** Shorter steps are not worth a line. */
const worthALineMs = 1_000;

export function progressOn(terminal: Terminal, clock: Clock): Progress {
  const redraw = (line: string) => terminal.write(`\r${line}\u001b[K`);
  const style: Style = terminal.isTty
    ? {
        everyMs: 200,
        begin: () => {},
        tick: (what, ms) => redraw(`  ${what} … ${seconds(ms)}`),
        end(what, ms) {
          redraw("");
          if (ms >= worthALineMs) terminal.write(`  ${what}: ${seconds(ms)}\n`);
        },
      }
    : {
        everyMs: 5_000,
        begin: (what) => terminal.write(`  ${what}\n`),
        tick: (what, ms) => terminal.write(`  still ${what}, ${seconds(ms)}\n`),
        end: () => {},
      };

  return {
    async step(what, work) {
      const over = new AbortController();
      const begun = clock.monotonic();
      const elapsed = () => clock.monotonic() - begun;
      style.begin(what);
      const ticking = every(style.everyMs, clock, over.signal, () => style.tick(what, elapsed()));
      try {
        return await work();
      } finally {
        over.abort();
        await ticking;
        style.end(what, elapsed());
      }
    },
    say(line) {
      terminal.write(`${line}\n`);
    },
  };
}

interface Style {
  readonly everyMs: number;
  begin(what: string): void;
  tick(what: string, ms: number): void;
  end(what: string, ms: number): void;
}

async function every(ms: number, clock: Clock, signal: AbortSignal, work: () => void): Promise<void> {
  for (;;) {
    await clock.sleep(ms, signal);
    if (signal.aborted) return;
    work();
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
