import { execFile } from "node:child_process";
import { promisify } from "node:util";

const neededJava = 17;
const why = `test/real needs Java ${neededJava} or newer to run DynamoDB Local and ElasticMQ`;
const help = "get it from https://adoptium.net (Debian: the openjdk-17-jre-headless package)";

/** Throws, with where to get it, when the `java` in the PATH is missing, does not run or is too old. */
export async function checkJava(env: NodeJS.ProcessEnv): Promise<void> {
  let said: string;
  try {
    const { stdout, stderr } = await promisify(execFile)("java", ["-version"], { env });
    said = `${stderr}${stdout}`;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no `java` in the PATH" : `this one does not run (${message.trim()})`;
    throw new Error(`${why}, and ${problem}: ${help}`, { cause });
  }
  // openjdk version "17.0.15" 2025-04-15; before 9: java version "1.8.0_402"
  const version = /version "([^"]+)"/.exec(said)?.[1];
  if (version === undefined) throw new Error(`${why}, and this one says "${said.trim()}": ${help}`);
  if (Number.parseInt(version, 10) < neededJava) throw new Error(`${why}, and this one is ${version}: ${help}`);
}
