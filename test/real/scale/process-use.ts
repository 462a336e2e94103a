import { readFileSync } from "node:fs";

/** What a process takes of the machine, as Linux counts it. */
export interface ProcessUse {
  readonly rssBytes: number;
  /** The most that `rssBytes` ever was. */
  readonly peakRssBytes: number;
  /** User and system time together. */
  readonly cpuSeconds: number;
}

/** USER_HZ: 100 on every platform that Node runs on. */
const ticksPerSecond = 100;

/** Throws when the process is gone. */
export function useOf(pid: number): ProcessUse {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Fields 14 and 15; the name before them may hold spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return {
    rssBytes: bytes("VmRSS"),
    peakRssBytes: bytes("VmHWM"),
    cpuSeconds: (Number(user) + Number(system)) / ticksPerSecond,
  };
}
