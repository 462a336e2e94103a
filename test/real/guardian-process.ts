import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import type { GuardianOrder } from "./guardian.ts";
import { signalGroup, startOf } from "./process-identity.ts";

// The program of `guardian.ts`: remembers what is guarded, and cleans it up when its standard input ends.
const groups = new Map<number, string>();
const folders = new Set<string>();

function obey(order: GuardianOrder): void {
  switch (order.kind) {
    case "guardGroup":
      groups.set(order.leader, order.start);
      break;
    case "releaseGroup":
      groups.delete(order.leader);
      break;
    case "guardFolder":
      folders.add(order.path);
      break;
    case "releaseFolder":
      folders.delete(order.path);
      break;
  }
}

for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as GuardianOrder);

for (const [leader, start] of groups) {
  const now = startOf(leader);
  // A leader that is gone may have left others of its group behind; its number is taken by nobody while they live.
  if (now === undefined || now === start) signalGroup(leader, "SIGKILL");
}
for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
