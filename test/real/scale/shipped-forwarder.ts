import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ControlPlane } from "../control-plane.ts";
import { type Daemon, startDaemon } from "../daemon.ts";
import { freePort } from "../free-port.ts";
import { eventually } from "../wait.ts";
import { type ProcessUse, useOf } from "./process-use.ts";

const repository = join(import.meta.dirname, "..", "..", "..");

/** The forwarder as its image has it: bundled, in a process of its own, with the shipped roles and settings. */
export interface ShippedForwarder {
  /** Milliseconds from the start of the process to the first 200 of /readyz. */
  readonly readyAfterMs: number;
  metrics(): Promise<Metrics>;
  use(): ProcessUse;
  /** SIGTERM; how it ended ("exit 0"). */
  stop(): Promise<string>;
  tail(): string;
}

/** Sums of its counters and gauges, by name without prefix and the labels that are given. */
export type Metrics = (name: string, labels?: Readonly<Record<string, string>>) => number;

export async function startShippedForwarder(
  plane: ControlPlane,
  queue: { readonly url: string },
  readyWithinMs: number,
): Promise<ShippedForwarder> {
  const bundle = join(plane.folder, "forwarder.mjs");
  const nodeFlags = await bundleAsImage(bundle);
  const port = await freePort();
  const startedAt = performance.now();
  const daemon = startDaemon({
    name: "forwarder",
    command: process.execPath,
    args: [...nodeFlags, bundle],
    cwd: plane.folder,
    env: {
      PATH: process.env["PATH"],
      HOME: plane.folder,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_ENDPOINT_URL_SQS: new URL(queue.url).origin,
      KNITBONE_CLUSTER: "scale",
      KNITBONE_QUEUE_URL: queue.url,
      KNITBONE_KUBECONFIG: plane.kubeconfig("scale", "knitbone"),
      KNITBONE_PORT: String(port),
    },
    logFile: join(plane.folder, "forwarder.log"),
  });
  plane.beforeStop(() => daemon.stop());
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
  await eventually(
    "the forwarder to be ready",
    readyWithinMs,
    async () => {
      if (daemon.ended() !== undefined) throw new Error(`it ended: ${daemon.ended()}`);
      return (await get("/readyz")).status === 200 || undefined;
    },
    daemon.tail,
    100,
  );
  return {
    readyAfterMs: performance.now() - startedAt,
    metrics: async () => parseMetrics(await (await get("/metrics")).text()),
    use: () => useOf(daemon.pid),
    stop: () => endedAfterTerm(daemon),
    tail: daemon.tail,
  };
}

async function endedAfterTerm(daemon: Daemon): Promise<string> {
  await daemon.stop(20_000);
  return daemon.ended() ?? "still runs";
}

/** Runs the bundling command of the Dockerfile, and returns the flags of its entry point. */
async function bundleAsImage(outfile: string): Promise<readonly string[]> {
  const dockerfile = readFileSync(join(repository, "infra/forwarder/Dockerfile"), "utf8").replaceAll("\\\n", " ");
  const command = /^RUN (npx esbuild .*)$/m.exec(dockerfile)?.[1];
  const entryPoint = /^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1];
  if (command === undefined || entryPoint === undefined || !command.includes("--outfile=out/forwarder.mjs")) {
    throw new Error(
      "reading infra/forwarder/Dockerfile: no `RUN npx esbuild … --outfile=out/forwarder.mjs` or ENTRYPOINT",
    );
  }
  const here = command.replace("--outfile=out/forwarder.mjs", `--outfile=${outfile}`);
  await promisify(execFile)("sh", ["-c", here], { cwd: repository });
  return (JSON.parse(entryPoint) as string[]).slice(1, -1);
}

function parseMetrics(text: string): Metrics {
  const rows = [...text.matchAll(/^knitbone_forwarder_(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name, labels = "", value]) => ({
      name,
      labels: labels.split(","),
      value: Number(value),
    }),
  );
  return (name, labels = {}) => {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return rows
      .filter((row) => row.name === name && wanted.every((each) => row.labels.includes(each)))
      .reduce((sum, { value }) => sum + value, 0);
  };
}
