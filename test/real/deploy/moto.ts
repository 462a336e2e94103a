import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Daemon, daemonReady, startDaemon } from "../daemon.ts";
import { freePort } from "../free-port.ts";
import { guardFolder, releaseFolder } from "../guardian.ts";
import type { Found, Inventory } from "./inventory.ts";
import { motoPackage } from "./moto-package.ts";

/** An AWS of its own, empty at first: a moto server on a loopback port. */
export interface Moto {
  /** http://127.0.0.1:<port> */
  readonly server: string;
  /** Temporary, gone after `stop`. */
  readonly folder: string;
  /** All that a program needs to take it for AWS, and nothing of the machine's own AWS settings. */
  readonly env: NodeJS.ProcessEnv;
  /** What is there now, of the kinds that Knitbone deploys. */
  inventory(): Promise<Inventory>;
  /** Puts alarms past CloudFormation, by their resolved properties; answers what CloudWatch then has, by name. */
  putAlarms(alarms: readonly unknown[]): Promise<Readonly<Record<string, Found>>>;
  tail(): string;
  stop(): Promise<void>;
}

/** The one of `serverless.yml`. */
const region = "eu-west-1";

export async function startMoto(port?: number): Promise<Moto> {
  const { python, pythonArgs, folder: packages } = await motoPackage(process.env, () => {});
  const folder = mkdtempSync(join(tmpdir(), "kb-deploy-"));
  guardFolder(folder);
  const bare = { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder };
  // The cache stays as it was installed, so that it can be shared.
  const pythonEnv = { ...bare, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" };
  const server = `http://127.0.0.1:${port ?? (await freePort())}`;
  const aws = {
    AWS_ENDPOINT_URL: server,
    AWS_ACCESS_KEY_ID: "testing",
    AWS_SECRET_ACCESS_KEY: "testing",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  let daemon: Daemon | undefined;
  const stop = async () => {
    await daemon?.stop();
    if (!process.env["KNITBONE_KEEP"]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseFolder(folder);
  };
  try {
    daemon = startDaemon({
      name: "moto",
      command: python,
      args: [...pythonArgs, "-m", "moto.server", "--host", "127.0.0.1", "--port", new URL(server).port],
      cwd: folder,
      env: pythonEnv,
      logFile: join(folder, "moto.log"),
    });
    await ready(daemon, server);
    const { tail } = daemon;
    const ask = async <Answer>(script: string, input?: unknown): Promise<Answer> => {
      const env = { ...pythonEnv, ...aws, AWS_DEFAULT_REGION: region };
      const args = [...pythonArgs, join(import.meta.dirname, script)];
      const asked = promisify(execFile)(python, args, { env, maxBuffer: 16_000_000 });
      asked.child.stdin?.end(input === undefined ? "" : JSON.stringify(input));
      return JSON.parse((await asked).stdout) as Answer;
    };
    return {
      server,
      folder,
      env: { ...bare, ...aws },
      inventory: () => ask<Inventory>("inventory.py"),
      putAlarms: (alarms) => ask("put_alarms.py", alarms),
      tail,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(daemon: Daemon, server: string): Promise<void> {
  try {
    // By its own words, which it says when it has the port: an answer could be somebody else's.
    await daemonReady(daemon, 60_000, async () => daemon.output().includes(`Running on ${server}`));
  } catch (error) {
    if (!daemon.output().includes("Address already in use")) throw error;
    throw new Error(`starting moto on ${server}: the port is in use: run again (each run takes one that was free)`, {
      cause: error,
    });
  }
}
