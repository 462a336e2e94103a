import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { guardGroup, releaseGroup } from "./guardian.ts";
import { signalGroup } from "./process-identity.ts";
import { eventually, sleep } from "./wait.ts";

/** A long-running program in a process group of its own; what it says goes into a file. */
export interface Daemon {
  readonly name: string;
  /** Its process group's leader. */
  readonly pid: number;
  readonly logFile: string;
  /** Undefined while it runs, else how it ended: "exit 1", "SIGKILL". */
  ended(): string | undefined;
  output(): string;
  /** The last lines of its output, for error messages. */
  tail(): string;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, after `graceMs` SIGKILL; resolves when the whole group is gone. */
  stop(graceMs?: number): Promise<void>;
  /** kill -9 of the whole group. */
  kill(): Promise<void>;
}

export interface DaemonOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export function startDaemon(options: DaemonOptions): Daemon {
  const log = openSync(options.logFile, "a");
  let child: ChildProcess;
  try {
    child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", log, log],
      detached: true, // a group of its own, so that it is killed whole, and not by a Ctrl-C before its turn
    });
  } finally {
    closeSync(log);
  }
  let ending: string | undefined;
  child.on("error", (error) => {
    ending = error.message;
  });
  child.on("exit", (code, signal) => {
    ending ??= signal ?? `exit ${code}`;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`starting ${options.name}: ${options.command} cannot be run`);
  guardGroup(pid);

  const output = () => readFileSync(options.logFile, "utf8");
  const end = async () => {
    signalGroup(pid, "SIGKILL");
    if (ending === undefined) await once(child, "exit");
    // The leader is reaped; others of the group are reaped by whoever adopted them.
    await eventually(`the processes of ${options.name} to be gone`, 10_000, () =>
      signalGroup(pid, "SIGKILL") ? undefined : true,
    );
    releaseGroup(pid);
  };
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    ended: () => ending,
    output,
    tail: () =>
      `--- the end of what ${options.name} said ---\n${output().split("\n").slice(-25).join("\n").slice(-4_000)}`,
    signal: (signal) => {
      signalGroup(pid, signal);
    },
    kill: end,
    async stop(graceMs = 5_000) {
      signalGroup(pid, "SIGTERM");
      const deadline = performance.now() + graceMs;
      while (ending === undefined && performance.now() < deadline) await sleep(50);
      await end();
    },
  };
}

/** Waits until `ready` answers true; fails at once, with the end of its log, when the program ends instead. */
export async function daemonReady(daemon: Daemon, withinMs: number, ready: () => Promise<boolean>): Promise<void> {
  await eventually(
    `${daemon.name} to be ready`,
    withinMs,
    async () => {
      if (daemon.ended() !== undefined) return "ended";
      return (await ready()) ? "ready" : undefined;
    },
    daemon.tail,
  );
  if (daemon.ended() !== undefined) {
    throw new Error(`${daemon.name} ended (${daemon.ended()}) instead of becoming ready\n${daemon.tail()}`);
  }
}
