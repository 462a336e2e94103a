import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { daemonReady, startDaemon } from "../daemon.ts";
import { guardFolder, releaseFolder } from "../guardian.ts";
import { jars } from "./jars.ts";

export interface JavaServerOptions {
  readonly name: string;
  /** The loopback port that it is told to listen on. */
  readonly port: number;
  /** For `java`, behind the class path; `folder` is the server's own, temporary one, `jarFolder` that of the jars. */
  args(folder: string, jarFolder: string): readonly string[];
  /** What its own output says once it listens. An answer on the port is no proof: another server may have been there first. */
  readonly startedLine: RegExp;
}

export interface JavaServer {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server out of the fetched jars, and waits until it listens. Nothing of it is left when that fails. */
export async function startJavaServer(options: JavaServerOptions): Promise<JavaServer> {
  const { name, port } = options;
  const jarFolder = await jars(process.env, () => {});
  const folder = mkdtempSync(join(tmpdir(), "kb-real-"));
  guardFolder(folder);
  const daemon = startDaemon({
    name,
    command: "java",
    args: ["-Xmx512m", "-cp", join(jarFolder, "*"), ...options.args(folder, jarFolder)],
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder },
    logFile: join(folder, "server.log"),
  });
  const stop = async () => {
    await daemon.stop();
    if (!process.env["KNITBONE_KEEP"]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseFolder(folder);
  };
  const portTaken = () => /BindException|Address already in use/.test(daemon.output());
  try {
    // ElasticMQ says that the port is taken, and runs on.
    await daemonReady(daemon, 60_000, async () => portTaken() || options.startedLine.test(daemon.output()));
    if (portTaken()) throw new Error(daemon.tail());
    return { pid: daemon.pid, stop };
  } catch (cause) {
    const taken = portTaken();
    await stop();
    if (!taken) throw cause;
    throw new Error(
      `starting ${name}: port ${port} on 127.0.0.1 is in use: end what listens there (ss -ltnp says what), or run again, on another port`,
    );
  }
}
