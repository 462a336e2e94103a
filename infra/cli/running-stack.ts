import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { KnitboneError } from "../../shared/errors.ts";
import type { StackFile } from "../local/state-directory.ts";
import { UsageError } from "./usage-error.ts";

const stackFile = z.object({
  version: z.string(),
  pid: z.number(),
  kind: z.enum(["demo", "real"]),
  endpoints: z.object({ dynamodb: z.url(), sqs: z.url() }),
  prefix: z.string(),
  region: z.string(),
  startedAt: z.number(),
});

/** Where `npm start` keeps its state unless told otherwise (`design.md` §10). */
const usualDirectories = [join(".knitbone", "demo"), join(".knitbone", "real")];

/** The stack that runs on `directory`, or on one of the usual ones. Throws one line for people when none does. */
export function findRunningStack(directory: string | undefined): StackFile {
  if (directory !== undefined) {
    const found = runningOn(directory);
    if (found !== undefined) return found;
    throw noStack(`no stack runs on ${directory}; start one with: npm start -- --state ${directory}`);
  }
  const running = usualDirectories.flatMap((usual) => {
    const stack = runningOn(usual);
    return stack === undefined ? [] : [{ stack, directory: usual }];
  });
  const [only, ...others] = running;
  if (only === undefined) {
    throw noStack(
      `no stack runs on ${usualDirectories.join(" or ")}; start one with: npm start, or name a deployed one with --prefix`,
    );
  }
  if (others.length > 0) {
    throw new UsageError(
      `${running.length} stacks run here; say which: ${running.map((each) => `--state ${each.directory}`).join(" or ")}`,
    );
  }
  return only.stack;
}

/** A stack that was killed leaves its file behind; its process is gone. */
export function runningOn(directory: string): StackFile | undefined {
  const file = join(directory, "stack.json");
  if (!existsSync(file)) return undefined;
  const stack = readStack(file);
  return isAlive(stack.pid) ? stack : undefined;
}

function readStack(file: string): StackFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    content = undefined;
  }
  const parsed = z.safeParse(stackFile, content);
  if (!parsed.success) throw noStack(`${file} cannot be understood: it was not written by this version of npm start`);
  return parsed.data;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function noStack(words: string): KnitboneError {
  return new KnitboneError("StoreUnavailable", words);
}
