import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStateDirectory, type StackKind, type StateDirectory } from "../../../../infra/local/state-directory.ts";

let root: string;
const opened: StateDirectory[] = [];

const open = (name: string, more: { kind?: StackKind; empty?: boolean; pid?: number } = {}) => {
  const options = { path: join(root, name), kind: "demo" as const, pid: 4711, empty: false, ...more };
  const state = openStateDirectory(options);
  opened.push(state);
  return state;
};
const refusal = (work: () => unknown): { code: string; message: string } => {
  try {
    work();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
  throw new Error("was not refused");
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "knitbone-state-"));
});
afterEach(() => {
  for (const state of opened.splice(0)) state.release();
  rmSync(root, { recursive: true });
});

test("a second stack on a directory is refused with the pid of the first, until that one ends", () => {
  const first = open("a");
  expect(refusal(() => open("a"))).toEqual({
    code: "StateInUse",
    message: `the process 4711 runs a stack on ${join(root, "a")}; end it first, or give another --state DIR`,
  });
  first.release();
  expect(open("a").path).toBe(join(root, "a"));
});

test("two stacks on two directories do not know of each other", () => {
  expect([open("a").path, open("b").path]).toEqual([join(root, "a"), join(root, "b")]);
});

test("the lock of a killed process is free, whatever it left behind", async () => {
  const script = `
    const { openStateDirectory } = await import(${JSON.stringify(new URL("../../../../infra/local/state-directory.ts", import.meta.url).href)});
    const state = openStateDirectory({ path: ${JSON.stringify(join(root, "a"))}, kind: "demo", pid: process.pid, empty: false });
    state.publish({ pid: process.pid });
    process.stdout.write("held\\n");
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  expect(refusal(() => open("a"))).toMatchObject({ code: "StateInUse" });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(join(root, "a", "stack.json"))).toBe(true);
  open("a");
  expect(existsSync(join(root, "a", "stack.json"))).toBe(false);
});

test("a directory never changes its kind", () => {
  open("a", { kind: "real" }).release();
  expect(refusal(() => open("a", { kind: "demo" }))).toEqual({
    code: "StateInUse",
    message: `${join(root, "a")} holds the state of real clusters; give another --state DIR for this run`,
  });
  expect(open("a", { kind: "real" }).kind).toBe("real");
});

test("emptying takes everything but what holds the lock", () => {
  const first = open("a");
  writeFileSync(first.file("queues.db"), "old");
  mkdirSync(first.file("tables"));
  first.release();
  const kept = open("a");
  expect(existsSync(kept.file("queues.db"))).toBe(true);
  kept.release();
  const emptied = open("a", { empty: true });
  expect([existsSync(emptied.file("queues.db")), existsSync(emptied.file("tables"))]).toEqual([false, false]);
  expect(refusal(() => open("a"))).toMatchObject({ code: "StateInUse" });
});

test("somebody's folder is refused and left exactly as it is", () => {
  mkdirSync(join(root, "photos"));
  writeFileSync(join(root, "photos", "a.jpg"), "x");
  expect(refusal(() => open("photos", { empty: true }))).toEqual({
    code: "StateDirectoryUnusable",
    message: `${join(root, "photos")} is not empty and was not made by Knitbone (it holds a.jpg); give another --state DIR`,
  });
  expect(execFileSync("ls", [join(root, "photos")], { encoding: "utf8" })).toBe("a.jpg\n");
});

test("a path that cannot be a directory is named in one line", () => {
  writeFileSync(join(root, "file"), "x");
  expect(refusal(() => open("file"))).toEqual({
    code: "StateDirectoryUnusable",
    message: `cannot write to the state directory ${join(root, "file")}: it, or what should be a folder above it, is a file`,
  });
  expect(refusal(() => open("file/below"))).toEqual({
    code: "StateDirectoryUnusable",
    message: `cannot write to the state directory ${join(root, "file", "below")}: it, or what should be a folder above it, is a file`,
  });
});

test("stack.json says where the stack is, and goes away on a clean end", () => {
  const state = open("a");
  const stack = {
    version: "0.1.0",
    pid: 4711,
    kind: "demo" as const,
    endpoints: { dynamodb: "http://127.0.0.1:1", sqs: "http://127.0.0.1:2" },
    prefix: "knitbone",
    region: "local",
    startedAt: 1,
  };
  state.publish(stack);
  expect(JSON.parse(readFileSync(state.file("stack.json"), "utf8"))).toEqual(stack);
  state.release();
  expect(existsSync(state.file("stack.json"))).toBe(false);
});
