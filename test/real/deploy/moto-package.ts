import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../cache-folder.ts";
import { startDaemon } from "../daemon.ts";
import { exists, fillCache } from "../fill-cache.ts";
import { eventually } from "../wait.ts";

const requirements = join(import.meta.dirname, "requirements.txt");
const pythonHelp = "get Python 3.11 to 3.14 (Debian: the packages python3 and python3-pip)";

/** How to run a program of the installed moto: the interpreter, what goes before the program's own arguments, and where modules are. */
export interface MotoPackage {
  /** Absolute. */
  readonly python: string;
  /** -S: without the packages of the machine's own Python, so that what `requirements.txt` does not name is not there. */
  readonly pythonArgs: readonly string[];
  /** For PYTHONPATH. */
  readonly folder: string;
}

/**
 * Finds moto in the cache (KNITBONE_CACHE, else the user's cache folder, `moto/` in it), else installs it there with pip: 35 s and 290 MB, the
 * first time. `say` gets one line per step. Throws one message when Python or pip is missing, or when the installation fails.
 */
export async function motoPackage(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<MotoPackage> {
  const { tag, executable } = await pythonOf(env);
  const folder = join(cacheFolder(env, "moto"), await cacheKey(tag));
  if (!(await exists(folder))) await install(executable, env, folder, say);
  return { python: executable, pythonArgs: ["-S"], folder };
}

/** Some of the packages are compiled, for one version of Python on one platform. */
async function cacheKey(tag: string): Promise<string> {
  const hash = createHash("sha256").update(await readFile(requirements));
  return hash
    .update(JSON.stringify([tag, process.platform, process.arch]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * The interpreter behind `python3`, which may be a shim that answers otherwise in another environment, and the tag of what is compiled for it,
 * such as "cpython-311".
 */
async function pythonOf(env: NodeJS.ProcessEnv): Promise<{ readonly tag: string; readonly executable: string }> {
  const why = "test/real needs Python to run moto, the AWS that it deploys to";
  const program = "import sys; print(sys.implementation.cache_tag, *sys.version_info[:2], sys.executable, sep='\\n')";
  let answer: string;
  try {
    answer = (await promisify(execFile)("python3", ["-c", program], { env })).stdout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new Error(`${why}, and there is no \`python3\` in the PATH: ${pythonHelp}`, { cause });
    }
    throw new Error(`${why}, and \`python3\` does not run: ${(cause as Error).message.trim()}: ${pythonHelp}`, {
      cause,
    });
  }
  const [tag = "", major = "", minor = "", executable = ""] = answer.split("\n");
  if (major !== "3" || !["11", "12", "13", "14"].includes(minor)) {
    throw new Error(`${why}, and \`python3\` is ${major}.${minor}: ${pythonHelp}`);
  }
  return { tag, executable };
}

async function install(
  python: string,
  env: NodeJS.ProcessEnv,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  await checkPip(python, env);
  await fillCache({
    path: folder,
    doing: "installing moto, from test/real/deploy/requirements.txt",
    done: "installed moto",
    say,
    make: (packages, scratch) => pipInstall(python, env, packages, scratch),
  });
}

async function checkPip(python: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)(python, ["-m", "pip", "--version"], { env });
  } catch (cause) {
    throw new Error(
      "test/real needs pip to install moto, and `python3 -m pip` does not run: get it with `python3 -m ensurepip` (Debian: the package python3-pip)",
      { cause },
    );
  }
}

async function pipInstall(python: string, env: NodeJS.ProcessEnv, into: string, scratch: string): Promise<void> {
  const options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"];
  const pip = startDaemon({
    name: "pip",
    command: python,
    args: ["-m", "pip", "install", ...options, "--target", into, "--requirement", requirements],
    env,
    logFile: join(scratch, "pip.log"),
  });
  try {
    const ending = await eventually("pip to end", 900_000, () => pip.ended(), pip.tail);
    if (ending === "exit 0") return;
    const why = "is a package index within reach (pip's own settings name it)?";
    throw new Error(`installing moto: pip ended with ${ending}: ${why}\n${pip.output().trim().slice(-4_000)}`);
  } finally {
    await pip.stop();
  }
}
