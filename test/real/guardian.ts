import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { startOf } from "./process-identity.ts";

/** One line on the guardian's standard input. */
export type GuardianOrder =
  | { readonly kind: "guardGroup"; readonly leader: number; readonly start: string }
  | { readonly kind: "releaseGroup"; readonly leader: number }
  | { readonly kind: "guardFolder"; readonly path: string }
  | { readonly kind: "releaseFolder"; readonly path: string };

let guardian: ChildProcess | undefined;

/**
 * A process of its own that outlives this one by a moment: when this one ends, however it ends (Ctrl-C, kill -9, a crash), the pipe
 * between them closes, and the guardian kills every process group and removes every folder that was not released. Afterhooks of a test
 * clean up first and politely; this is for when they never run.
 */
function tell(order: GuardianOrder): void {
  guardian ??= startGuardian();
  guardian.stdin?.write(`${JSON.stringify(order)}\n`);
}

function startGuardian(): ChildProcess {
  // Detached: a Ctrl-C on the terminal must not end it together with what it guards against.
  const child = spawn(process.execPath, [join(import.meta.dirname, "guardian-process.ts")], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  child.unref();
  if (child.stdin !== null && "unref" in child.stdin) (child.stdin as { unref(): void }).unref();
  return child;
}

/** A process group is guarded from its leader's start until it is released. */
export function guardGroup(leader: number): void {
  const start = startOf(leader);
  if (start !== undefined) tell({ kind: "guardGroup", leader, start });
}

export function releaseGroup(leader: number): void {
  tell({ kind: "releaseGroup", leader });
}

export function guardFolder(path: string): void {
  tell({ kind: "guardFolder", path });
}

export function releaseFolder(path: string): void {
  tell({ kind: "releaseFolder", path });
}
