import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs `work` while holding `file`, so that two commands started side by side in one clone do not write into the same output folder. A lock
 * whose process is gone is taken over. Gives up after two minutes.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 120_000;
  mkdirSync(dirname(file), { recursive: true });
  while (!taken(file)) {
    if (Date.now() > giveUpAt) throw new Error(`waiting for ${file}: process ${holder(file)} holds it`);
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function taken(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const pid = Number(holder(file));
  // An empty file is a holder that has not written its number yet.
  if (pid > 0 && !alive(pid)) rmSync(file, { force: true });
  return false;
}

function holder(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
