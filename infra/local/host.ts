import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Terminal } from "./progress.ts";

export interface OutputTerminal extends Terminal {
  readonly colour: boolean;
  /** As it is now: people resize windows. */
  size(): { readonly width: number; readonly height: number };
}

/** The process that a run lives in, passed in so that runs can be tried without one. */
export interface Host {
  /** The repository's folder. */
  readonly root: string;
  readonly version: string;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly stdout: OutputTerminal;
  readonly stderr: OutputTerminal;
  /** Aborts on Ctrl-C, on SIGTERM, and when `fail` was called. */
  readonly ended: AbortSignal;
  /** Something broke that no part can live with: the run ends with this as its one line. */
  fail(error: unknown): void;
}
