import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFailed } from "vitest";
import type { ControlPlane } from "./control-plane.ts";
import { type Daemon, daemonReady, startDaemon } from "./daemon.ts";

const repository = join(import.meta.dirname, "..", "..");

/** One of `case list --json`. */
export interface CaseRow {
  readonly cluster: string;
  readonly healer: string;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly state: "open" | "closed";
  readonly verdict?: "heal" | "wait" | "leave" | "handOver" | "escalate";
  readonly reason?: string;
  readonly mode?: "act" | "observe";
  readonly escalatedAt?: string;
  readonly escalatedReason?: string;
  readonly message?: string;
  /** Of a node: what pods showed of it. */
  readonly symptoms?: readonly { readonly pod: string; readonly reason: string }[];
}

/** One of `action list --json`. */
export interface ActionRow {
  readonly id: string;
  readonly cluster: string;
  readonly healer: string;
  readonly object: CaseRow["object"];
  readonly heal: { readonly kind: string };
  readonly reason: string;
  readonly message: string;
  readonly mode: "act" | "observe";
  readonly outcome?: { readonly kind: string };
}

/** One of `incident list --json`. */
export interface IncidentRow {
  readonly id: string;
  readonly cluster: string;
  readonly kind: string;
  readonly key: string;
  readonly reason: string;
  readonly members?: number;
  readonly closedAt?: string;
  readonly closedBecause?: string;
}

/** One of `cluster list --json`. */
export interface ClusterRow {
  readonly id: string;
  readonly fresh: boolean;
  readonly brake?: { readonly state: "released" | "halved" | "frozen"; readonly reason: string };
}

export type Mode = "off" | "observe" | "act";

/** Knitbone, run and asked as a user would: `npm start` in the repository, and the CLI beside it. */
export interface Product {
  /** Starts it on the same state as before, and waits until it watches. */
  start(): Promise<void>;
  /** kill -9 of every process that `npm start` made. */
  kill(): Promise<void>;
  /** Ctrl-C, and after 30 s kill -9. */
  stop(): Promise<void>;
  cases(): Promise<readonly CaseRow[]>;
  actions(): Promise<readonly ActionRow[]>;
  incidents(): Promise<readonly IncidentRow[]>;
  clusters(): Promise<readonly ClusterRow[]>;
  setFlag(scope: string, healer: string, mode: Mode): Promise<void>;
  /** What one command line of the CLI wrote to either stream, and its exit code. */
  cli(...args: readonly string[]): Promise<{ readonly code: number; readonly words: string }>;
  /** The end of what it printed, for a failed test. */
  tail(): string;
}

export interface ProductOptions {
  readonly kubeconfig: string;
  readonly contexts: readonly string[];
  readonly mode: "observe" | "act";
  /** For its state and what it prints. Kept by whoever made it. */
  readonly folder: string;
}

/** A product for one control plane, which ends it when it ends itself. Tests that fail print the end of what it said. */
export function productOn(cluster: ControlPlane, context: string, mode: ProductOptions["mode"]): Product {
  const made = product({
    kubeconfig: cluster.kubeconfig(context, "knitbone"),
    contexts: [context],
    mode,
    folder: cluster.folder,
  });
  cluster.beforeStop(() => made.stop());
  return made;
}

/** To be called by a test: should it fail, what the product said last stands in the log. */
export function tellWhy(asked: Product): void {
  onTestFailed(() => {
    process.stderr.write(`${asked.tail()}\n`);
  });
}

export function product(options: ProductOptions): Product {
  const state = join(options.folder, "state");
  let starts = 0;
  let running: Daemon | undefined;

  const run = (args: readonly string[]) =>
    promisify(execFile)(
      process.execPath,
      [join(repository, "infra", "cli", "knitbone.ts"), "--state", state, ...args],
      {
        cwd: repository,
        env: userEnvironment(),
        maxBuffer: 64 * 1_048_576,
        timeout: 60_000,
      },
    );
  const knitbone = async (args: readonly string[]): Promise<string> => (await run(args)).stdout;
  const ask = async <Row>(args: readonly string[]) => JSON.parse(await knitbone([...args, "--json"])) as readonly Row[];

  return {
    async start() {
      starts += 1;
      running = startDaemon({
        name: `knitbone, start ${starts}`,
        command: "npm",
        args: [
          "start",
          "--",
          `--kubeconfig=${options.kubeconfig}`,
          ...options.contexts.map((context) => `--context=${context}`),
          `--mode=${options.mode}`,
          `--state=${state}`,
          "--lab",
        ],
        cwd: repository,
        env: userEnvironment(),
        logFile: join(options.folder, `knitbone.${starts}.log`),
      });
      const { output } = running;
      await daemonReady(running, 120_000, async () => output().includes("Knitbone is watching"));
    },
    async kill() {
      await running?.kill();
    },
    async stop() {
      if (running?.ended() === undefined) running?.signal("SIGINT");
      await running?.stop(30_000);
    },
    cases: () => ask<CaseRow>(["case", "list"]),
    actions: () => ask<ActionRow>(["action", "list"]),
    incidents: () => ask<IncidentRow>(["incident", "list"]),
    clusters: () => ask<ClusterRow>(["cluster", "list"]),
    async setFlag(scope, healer, mode) {
      await knitbone(["flag", "set", scope, healer, mode, "--reason", "a test of the real tier"]);
    },
    async cli(...args) {
      try {
        const { stdout, stderr } = await run(args);
        return { code: 0, words: stdout + stderr };
      } catch (error) {
        const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string };
        if (typeof code !== "number") throw error;
        return { code, words: stdout + stderr };
      }
    },
    tail: () => running?.tail() ?? "knitbone was not started",
  };
}

/** Without what Vitest and an outer `npm run` put there: a user's shell has none of it. */
function userEnvironment(): NodeJS.ProcessEnv {
  const ofTheRunner = /^(VITEST|TEST$|NODE_ENV$|DEV$|PROD$|MODE$|BASE_URL$|SSR$|npm_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !ofTheRunner.test(key)));
}
