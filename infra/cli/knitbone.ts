#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../shared/time/system-clock.ts";
import { awsStores } from "./aws-stores.ts";
import type { Stores } from "./desk.ts";
import { knownHealers } from "./known-healers.ts";
import { runKnitbone } from "./program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { version: string };

// `knitbone case list | head` closes our output early: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const opened: Stores[] = [];
process.exitCode = await runKnitbone(
  process.argv.slice(2),
  {
    async open(place) {
      const stores = await awsStores(place);
      opened.push(stores);
      return stores;
    },
    clock: systemClock,
    healers: knownHealers(root),
    user: userName(),
    screen: {
      colour: process.stdout.isTTY === true && !process.env["NO_COLOR"],
      width: process.stdout.columns ?? Number.POSITIVE_INFINITY,
    },
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
  },
  version,
);
for (const stores of opened) await stores.close?.();

/** A user without an entry in the password file has no name to look up. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
