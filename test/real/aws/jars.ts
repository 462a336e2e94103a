import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { exists, fillCache } from "../fill-cache.ts";
import { guardGroup, releaseGroup } from "../guardian.ts";
import { checkJava } from "./java.ts";

const pom = join(import.meta.dirname, "pom.xml");
const mavenHelp = "get it from https://maven.apache.org/download.cgi (Debian: the maven package)";
const networkHelp = "a proxy or a mirror of Maven Central goes into ~/.m2/settings.xml";

/**
 * The folder with the jars of DynamoDB Local and ElasticMQ: from the cache, else fetched by Maven into it (84 MB, about 15 s with a quick
 * connection, the first time). Checks Java as well, which runs them. `say` gets one line per step.
 */
export async function jars(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<string> {
  await checkJava(env);
  const cached = join(cacheFolder(env, "aws"), await cacheKey());
  if (!(await exists(cached))) await fetchJars(cached, env, say);
  return cached;
}

/** Same pins: same jars, on every platform. */
async function cacheKey(): Promise<string> {
  return createHash("sha256")
    .update(await readFile(pom))
    .digest("hex")
    .slice(0, 16);
}

function fetchJars(path: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  return fillCache({
    path,
    doing: "fetching DynamoDB Local and ElasticMQ (Maven)",
    done: "fetched DynamoDB Local and ElasticMQ",
    say,
    make: (jars) => copyDependencies(jars, env),
  });
}

function copyDependencies(into: string, env: NodeJS.ProcessEnv): Promise<void> {
  const why = "test/real needs Maven to fetch DynamoDB Local and ElasticMQ, once";
  const args = [
    "--batch-mode",
    "--strict-checksums",
    "--update-snapshots", // asks again for what a failed fetch noted down as missing
    `--file=${pom}`,
    // In full, with the version that pom.xml pins: of the short "dependency:" Maven only says that it knows none when it cannot be fetched.
    "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies",
    `-DoutputDirectory=${into}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn("mvn", args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const { pid } = child;
    if (pid !== undefined) guardGroup(pid);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-16_000);
      });
    }
    child.on("error", (cause: NodeJS.ErrnoException) => {
      const problem =
        cause.code === "ENOENT" ? "there is no `mvn` in the PATH" : `this one cannot be run (${cause.message})`;
      reject(new Error(`${why}, and ${problem}: ${mavenHelp}`, { cause }));
    });
    child.on("close", (code, signal) => {
      if (pid !== undefined) releaseGroup(pid);
      if (code === 0) resolve();
      else reject(new Error(`${why}, and it ended with ${signal ?? code}: ${complaint(said)} (${networkHelp})`));
    });
  });
}

/** Maven's own first error, which says what could not be resolved and why; the rest explains how to ask Maven for more. */
function complaint(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const error = lines.find((line) => line.startsWith("[ERROR] ")) ?? lines.at(-1) ?? "it said nothing";
  return error.replace("[ERROR] ", "").replace(/( -> \[Help \d+\])?$/, "");
}
