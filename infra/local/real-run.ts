import { resolve } from "node:path";
import { kubeconfigContext } from "../../shared/cluster/client-node-kubeconfig.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { FlagStore } from "../../shared/flag/flag-store.ts";
import { bringUp } from "./bring-up.ts";
import { caseReporter } from "./case-reporter.ts";
import type { Run } from "./command-line.ts";
import { fileLog } from "./file-log.ts";
import { kubeconfigForFunctions } from "./function-kubeconfig.ts";
import type { Host } from "./host.ts";
import { clusterIdOf, clustersByIdentity, openContext, type UsableContext } from "./kubernetes-context.ts";
import { progressOn } from "./progress.ts";
import { defaultStateDirectory, openStateDirectory } from "./state-directory.ts";
import { storesOf } from "./stores.ts";
import { type WatchedCluster, watchCluster } from "./watched-cluster.ts";

type RealRun = Extract<Run, { kind: "real" }>;

interface Candidate {
  readonly id: string;
  readonly context: string;
}

/** Between two tries to reach a cluster that could not be used. */
const retryMs = 15_000;
/** A cluster that answered and then does not let itself be listed holds nobody up for longer. */
const firstListMs = 30_000;
const labDivisor = 20;

/** Watches and heals real clusters until the host ends. Resolves to the exit code. */
export async function runReal(run: RealRun, host: Host): Promise<number> {
  const { clock, random, version, ended } = host;
  const lab = run.lab ? labDivisor : 1;
  const told = run.json ? host.stderr : host.stdout;
  const progress = progressOn(told, clock);
  const kubeconfig = resolve(run.kubeconfig);
  const candidates = candidatesOf(run, kubeconfig);
  const open = ({ context }: Candidate) => openContext({ file: kubeconfig, context, version, lab: run.lab, clock });

  const first = await progress.step(`reaching ${listed(candidates.map(({ context }) => context))}`, () =>
    Promise.all(candidates.map(async (candidate) => ({ candidate, ...(await tried(() => open(candidate))) }))),
  );
  const refused = first.find(({ error }) => error?.code === "LabRefused");
  if (refused?.error) throw refused.error;
  const doubled = clustersByIdentity();
  const usable = await watchedOnce(first, doubled, host);
  const unusable = first.flatMap(({ candidate, error }) => (error ? [{ candidate, error }] : []));
  for (const { error } of unusable) host.stderr.write(`knitbone: ${error.message}\n`);
  if (usable.length === 0) return 1;

  const path = run.state ?? defaultStateDirectory("real");
  const state = openStateDirectory({ path, kind: "real", pid: host.pid, empty: false });
  const logFile = fileLog(state.file("log/stack.jsonl"), clock);
  const log = logFile.log;
  const watched: WatchedCluster[] = [];
  const closing: (() => Promise<unknown>)[] = [async () => state.release(), () => logFile.close()];
  try {
    const stack = await bringUp({ ...host, state, lab, progress, log, onFailure: host.fail });
    closing.push(
      () => stack.stop(),
      () => Promise.all(watched.map((cluster) => cluster.stop())),
    );
    const stores = storesOf(stack);
    const flagWords = await startingFlag(stores.flags, run, host);
    const forFunctions = kubeconfigForFunctions({
      file: kubeconfig,
      copy: state.file("functions.kubeconfig"),
      environment: host.environment,
    });
    const begin = async ({ id, context }: Candidate, { connection }: UsableContext) => {
      const options = {
        id,
        context,
        kubeconfig: forFunctions,
        connection,
        lab,
        stack,
        clusters: stores.clusters,
        flags: stores.flags,
        clock,
        random,
        log,
      };
      const cluster = await watchCluster(options);
      watched.push(cluster);
      return cluster;
    };
    const begun = await Promise.all(usable.map(({ candidate, context }) => begin(candidate, context)));
    await progress.step(`listing ${listed(begun.map(({ id }) => id))}`, () => allSynced(begun, host));
    if (ended.aborted) return 0;
    stack.startSchedules();

    const reporter = caseReporter({
      host,
      json: run.json,
      cases: stores.cases,
      title: `Knitbone ${version} · ${listed(begun.map(({ id }) => id))} · ${flagWords}`,
      notices: () => [...(run.lab ? [labWords] : []), ...troubles(watched)],
    });
    if (run.lab) reporter.say(labWords);
    reporter.say(`Knitbone is watching ${listed(begun.map(({ id }) => id))} (${flagWords}); state in ${state.path}`);
    const retrying = unusable.map(async ({ candidate, error }) => {
      const context = await untilUsable(
        () => open(candidate),
        error.message,
        host,
        (line) => reporter.say(line),
      );
      if (!context) return;
      const double = doubled(candidate.context, context);
      if (double !== undefined) {
        reporter.say(`knitbone: ${double.message}`);
        return context.connection.close();
      }
      await begin(candidate, context);
      reporter.say(`Knitbone is watching ${candidate.id} now as well`);
    });
    await Promise.all([reporter.run(ended), ...retrying]);
    return 0;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

interface Opened {
  readonly candidate: Candidate;
  readonly context?: UsableContext;
}

interface Usable {
  readonly candidate: Candidate;
  readonly context: UsableContext;
}

/** Those that answered, without the ones that lead where an earlier one does. */
async function watchedOnce(
  opened: readonly Opened[],
  doubled: ReturnType<typeof clustersByIdentity>,
  host: Host,
): Promise<readonly Usable[]> {
  const usable: Usable[] = [];
  for (const { candidate, context } of opened) {
    const double = context && doubled(candidate.context, context);
    if (context !== undefined && double === undefined) usable.push({ candidate, context });
    if (double === undefined) continue;
    host.stderr.write(`knitbone: ${double.message}\n`);
    await context?.connection.close();
  }
  return usable;
}

const labWords = `LAB MODE: ages, margins and times to live are divided by ${labDivisor}. For tests only.`;

function candidatesOf(run: RealRun, kubeconfig: string): readonly Candidate[] {
  const contexts = run.contexts.length > 0 ? run.contexts : [kubeconfigContext(kubeconfig).name];
  const byId = new Map<string, string>();
  for (const context of contexts) {
    const id = clusterIdOf(context);
    const other = byId.get(id);
    if (other !== undefined) {
      const words = `contexts "${other}" and "${context}" would both be called ${id}; rename one of them`;
      throw new KnitboneError("KubeconfigUnusable", words);
    }
    byId.set(id, context);
  }
  return [...byId].map(([id, context]) => ({ id, context }));
}

async function tried(open: () => Promise<UsableContext>): Promise<{ context?: UsableContext; error?: KnitboneError }> {
  try {
    return { context: await open() };
  } catch (error) {
    if (error instanceof KnitboneError) return { error };
    throw error;
  }
}

/** Says so when the reason changes, and never gives up: clusters come back. */
async function untilUsable(
  open: () => Promise<UsableContext>,
  known: string,
  { clock, ended }: Host,
  say: (line: string) => void,
): Promise<UsableContext | undefined> {
  let lastWords = known;
  for (;;) {
    await clock.sleep(retryMs, ended);
    if (ended.aborted) return undefined;
    const { context, error } = await tried(open);
    if (context) return context;
    if (error && error.message !== lastWords) say(`knitbone: ${error.message}`);
    lastWords = error?.message ?? lastWords;
  }
}

async function allSynced(clusters: readonly WatchedCluster[], { clock, ended }: Host): Promise<void> {
  const over = new AbortController();
  const synced = Promise.allSettled(clusters.map(({ forwarder }) => forwarder.synced()));
  await Promise.race([synced, clock.sleep(firstListMs, AbortSignal.any([over.signal, ended]))]);
  over.abort();
}

function troubles(clusters: readonly WatchedCluster[]): readonly string[] {
  return clusters.flatMap(({ id, forwarder }) => {
    const { trouble, resources } = forwarder.status();
    const words = trouble ?? Object.values(resources).find((each) => each.trouble !== undefined)?.trouble;
    return words === undefined ? [] : [`cluster ${id}: ${words}`];
  });
}

/** Writes the one row that a new installation starts with. An existing one stands: `--mode` is no way to switch healers on by accident. */
async function startingFlag(flags: FlagStore, run: RealRun, host: Host): Promise<string> {
  const mode = run.mode ?? "observe";
  const written = await flags.setIfAbsent({
    scope: "*",
    healer: "*",
    mode,
    reason: run.mode === undefined ? "a new installation observes" : `started with --mode ${mode}`,
    by: "npm start",
    updatedAt: host.clock.now(),
  });
  if (written === "written") return `mode ${mode}`;
  const [stored] = (await flags.read([{ scope: "*", healer: "*" }])).flags;
  if (stored?.kind !== "row") return "mode unreadable: nothing is healed";
  if (run.mode !== undefined && stored.row.mode !== run.mode) {
    const command = `npm run --silent knitbone -- flag set '*' '*' ${run.mode}`;
    host.stderr.write(
      `knitbone: --mode ${run.mode} changes nothing: the flags already say ${stored.row.mode}; to change them: ${command}\n`,
    );
  }
  return `mode ${stored.row.mode}`;
}

const listed = (names: readonly string[]): string => names.join(", ");
