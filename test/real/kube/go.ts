import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { guardGroup, releaseGroup } from "../guardian.ts";
import type { Tool } from "./tools.ts";
import { type Kubernetes, pinsOf } from "./versions.ts";

/** Where the go.mod files are. */
export const moduleFolder = import.meta.dirname;

const goHelp = "get it from https://go.dev/dl/ (Debian: the golang package, if new enough)";

/** The same for all tools of one Kubernetes, or Go compiles what they share several times. */
export function buildFlags(tool: Tool, kubernetes: Kubernetes): readonly string[] {
  const { modFile, tags } = pinsOf(tool, kubernetes);
  const [major, minor] = kubernetes.version.slice(1).split(".");
  const variables = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
    `-X ${path}.gitVersion=${kubernetes.version}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
  ]);
  return [
    "-mod=readonly",
    `-modfile=${modFile}`,
    `-tags=${tags.join(",")}`,
    "-buildvcs=false",
    "-trimpath",
    "-ldflags",
    // Kwok has a version of its own, which its own module tells it.
    tool === "kwok" ? "-s -w" : `-s -w ${variables.join(" ")}`,
  ];
}

/** GOFLAGS is set, not emptied (empty means "as `go env -w` says"): a flag of the user's own would build something else under the same key. */
const goEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  CGO_ENABLED: "0",
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
});

/** Runs it in a process group of its own, which ends with this process, however that ends. */
export function go(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: moduleFolder,
      env: goEnvironment(env),
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) guardGroup(pid);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
    });
    child.on("error", (cause) => reject(new Error(`running go: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      if (pid !== undefined) releaseGroup(pid);
      if (code === 0) resolve();
      else reject(new Error(`running go ${args.join(" ")}: ended with ${signal ?? code}\n${said.trim()}`));
    });
  });
}

/** Throws when there is no Go that is new enough for these tools. */
export async function checkGo(wanted: readonly Tool[], kubernetes: Kubernetes, env: NodeJS.ProcessEnv): Promise<void> {
  const needed = (await Promise.all(wanted.map((tool) => neededGo(pinsOf(tool, kubernetes).modFile)))).toSorted(newer);
  const [neededMajor, neededMinor] = needed[0] ?? [];
  const why = `test/real needs Go ${neededMajor}.${neededMinor} or newer to build ${wanted.join(", ")}`;
  let version: string;
  try {
    // In the module's folder, so that a Go that fetches its newer self (GOTOOLCHAIN=auto) answers for that one.
    const asked = await promisify(execFile)("go", ["env", "GOVERSION"], { cwd: moduleFolder, env: goEnvironment(env) });
    version = asked.stdout.trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new Error(`${why}, and there is no \`go\` in the PATH: ${goHelp}`, { cause });
    }
    throw new Error(`${why}, and this one does not do: ${firstLine((cause as Error).message)}: ${goHelp}`, { cause });
  }
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const newEnough = Number(major) * 1_000 + Number(minor) >= Number(neededMajor) * 1_000 + Number(neededMinor);
  if (!newEnough) throw new Error(`${why}, and this one is ${version}: ${goHelp}`);
}

type GoVersion = readonly [major: number, minor: number];

async function neededGo(modFile: string): Promise<GoVersion> {
  const [, major, minor] = /^go (\d+)\.(\d+)/m.exec(await readFile(join(moduleFolder, modFile), "utf8")) ?? [];
  return [Number(major), Number(minor)];
}

const newer = (a: GoVersion, b: GoVersion): number => b[0] - a[0] || b[1] - a[1];

function firstLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Command failed"));
  return (lines[0] ?? text).trim();
}
