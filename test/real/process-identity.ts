import { readFileSync } from "node:fs";

/**
 * When a process started, in ticks since boot (field 22 of /proc/<pid>/stat); undefined once it is gone or a zombie. With the pid this names
 * one process for ever, so that nobody kills a stranger who got the number later.
 */
export function startOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold spaces and parentheses itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Sends a signal to a whole process group; false when there is none of it left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
