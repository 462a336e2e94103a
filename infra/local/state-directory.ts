import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError, KnitboneError } from "../../shared/errors.ts";

export type StackKind = "demo" | "real";

/** What the CLI reads to find a running stack: `DIR/stack.json`. Written last, removed on a clean end. */
export interface StackFile {
  readonly version: string;
  readonly pid: number;
  readonly kind: StackKind;
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string };
  readonly prefix: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/**
 * One stack's tables, queues and logs. Held by one process at a time: the lock is the operating system's own (SQLite's exclusive
 * lock on `lock.db`), so it ends with the process, however that ends, and a number that was given to another process cannot look like a holder.
 *
 *   DIR/lock.db  the lock          DIR/kind       "demo" or "real": a directory never changes its kind
 *   DIR/holder   pid, for words    DIR/stack.json where the running stack is
 *   DIR/tables/  LevelDB           DIR/queues.db  SQLite           DIR/log/  one file a function
 */
export interface StateDirectory {
  readonly path: string;
  readonly kind: StackKind;
  file(name: string): string;
  publish(stack: StackFile): void;
  /** Takes stack.json away and gives the lock back. */
  release(): void;
}

export const defaultStateDirectory = (kind: StackKind): string => join(".knitbone", kind);

export function openStateDirectory(options: {
  readonly path: string;
  readonly kind: StackKind;
  readonly pid: number;
  /** The demo's own default directory begins empty every time. */
  readonly empty: boolean;
}): StateDirectory {
  const { kind, pid, empty } = options;
  const path = resolve(options.path);
  const file = (name: string) => join(path, name);
  const lock = usable(path, () => {
    makeDirectories(path);
    refuseForeign(path);
    return takeLock(path, file);
  });
  try {
    usable(path, () => {
      refuseOtherKind(path, file, kind);
      if (empty) clear(path);
      rmSync(file("stack.json"), { force: true });
      writeFileSync(file("kind"), `${kind}\n`);
      writeFileSync(file("holder"), `${pid}\n`);
      mkdirSync(file("log"), { recursive: true });
      probeSpace(file("probe"));
    });
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    path,
    kind,
    file,
    publish(stack) {
      usable(path, () =>
        writeFileSync(file("stack.json"), `${JSON.stringify(stack, undefined, 2)}\n`, { mode: 0o600 }),
      );
    },
    release() {
      if (!lock.isOpen) return;
      rmSync(file("stack.json"), { force: true });
      rmSync(file("holder"), { force: true });
      lock.close();
    },
  };
}

/** Files that outlive emptying: the lock is held through its open file, and the kind has just been judged. */
const kept = new Set(["lock.db", "lock.db-journal", "kind"]);

function clear(path: string): void {
  for (const name of readdirSync(path)) {
    if (!kept.has(name)) rmSync(join(path, name), { recursive: true, force: true });
  }
}

function takeLock(path: string, file: (name: string) => string): DatabaseSync {
  const lock = new DatabaseSync(file("lock.db"), { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (!/database is locked/.test(describeError(error))) throw error;
    const pid = contentOf(file("holder"));
    const who = pid === undefined ? "another process" : `the process ${pid}`;
    throw new KnitboneError("StateInUse", `${who} runs a stack on ${path}; end it first, or give another --state DIR`);
  }
}

/** One by one: Node's own `recursive` answers ENOENT on a read-only file system, and never comes back from /proc. */
function makeDirectories(path: string): void {
  if (existsSync(path)) {
    readdirSync(path);
    return;
  }
  const parent = dirname(path);
  if (parent !== path) makeDirectories(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** Somebody's folder, given by mistake, is left exactly as it is. */
function refuseForeign(path: string): void {
  const names = readdirSync(path);
  if (names.length === 0 || names.includes("lock.db")) return;
  throw new KnitboneError(
    "StateDirectoryUnusable",
    `${path} is not empty and was not made by Knitbone (it holds ${names[0]}); give another --state DIR`,
  );
}

function refuseOtherKind(path: string, file: (name: string) => string, kind: StackKind): void {
  const other = contentOf(file("kind"));
  if (other === undefined || other === kind) return;
  const made = other === "real" ? "real clusters" : "the demo";
  throw new KnitboneError("StateInUse", `${path} holds the state of ${made}; give another --state DIR for this run`);
}

/** A full disk shows at once instead of in the middle of a heal: 1 MiB must fit. */
function probeSpace(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(1_048_576));
    statSync(file);
  } finally {
    rmSync(file, { force: true });
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The system's words ("EROFS: read-only file system, mkdir …") in one line that names the directory. */
function usable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KnitboneError) throw error;
    throw new KnitboneError(
      "StateDirectoryUnusable",
      `cannot write to the state directory ${path}: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** A store in the directory failed while the stack ran. */
export function storeFailure(path: string, error: unknown): KnitboneError {
  return new KnitboneError(
    "StateDirectoryUnusable",
    `writing to the state directory ${path}: ${reasonOf(error)}; nothing that was acknowledged is lost, start again when that is mended`,
    { cause: error },
  );
}

function reasonOf(error: unknown): string {
  const words = describeError(error);
  const plain: Record<string, string> = {
    ENOSPC: "no space left on the device",
    EROFS: "the file system is read-only",
    EACCES: "permission denied",
    EPERM: "not permitted",
    ENOTDIR: "it, or what should be a folder above it, is a file",
    EDQUOT: "the disk quota is used up",
  };
  const code = /^([A-Z]+):/.exec(words)?.[1];
  if (code !== undefined && plain[code] !== undefined) return plain[code];
  if (/readonly database|unable to open database/.test(words)) return "it cannot be written to";
  return /database or disk is full|No space left/.test(words) ? "no space left on the device" : words;
}
