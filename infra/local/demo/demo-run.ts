import { bringUp } from "../bring-up.ts";
import type { Run } from "../command-line.ts";
import { fileLog } from "../file-log.ts";
import type { Host } from "../host.ts";
import { openContext } from "../kubernetes-context.ts";
import { type LiveScreen, liveScreen } from "../live-screen.ts";
import { liveLines } from "../live-table.ts";
import { progressOn } from "../progress.ts";
import type { LocalStack } from "../stack.ts";
import { defaultStateDirectory, openStateDirectory } from "../state-directory.ts";
import { type LocalStores, storesOf } from "../stores.ts";
import { type WatchedCluster, watchCluster } from "../watched-cluster.ts";
import { namedFailures } from "./failures.ts";
import { isOk, reportOf, type Sighting } from "./observer.ts";
import { demoPlay } from "./play.ts";
import { demoClusters, demoStage, type Stage } from "./stage.ts";
import { rowOfSighting, summaryLines, summaryOf } from "./summary.ts";

type DemoRun = Extract<Run, { kind: "demo" }>;

const labDivisor = 20;
/** The shortest that a forwarder's settings allow: the storm brake follows from reports, and people watch. */
const reportEveryMs = 5_000;

/** Heals simulated clusters in which one thing after the other breaks. Resolves to the exit code. */
export async function runDemo(run: DemoRun, host: Host): Promise<number> {
  const { clock, random, version, ended } = host;
  const begunAt = clock.now();
  const progress = progressOn(run.json ? host.stderr : host.stdout, clock);
  const path = run.state ?? defaultStateDirectory("demo");
  const state = openStateDirectory({ path, kind: "demo", pid: host.pid, empty: run.state === undefined });
  const logFile = fileLog(state.file("log/stack.jsonl"), clock);
  const { log } = logFile;
  const closing: (() => Promise<unknown>)[] = [async () => state.release(), () => logFile.close()];
  try {
    const stack = await bringUp({ ...host, state, lab: labDivisor, progress, log, onFailure: host.fail });
    closing.push(() => stack.stop());
    const stores = storesOf(stack);
    const stage = demoStage({ root: host.root, kubeconfig: state.file("clusters.kubeconfig"), clock, random });
    closing.push(() => stage.stop());
    const open = async () => {
      stage.liveUpToNow(namedFailures.flatMap(({ past = [] }) => past));
      await stage.open();
      await actOnDemoClusters(stores, host);
      const watched = await watchAll(stage, { stack, stores, host, log });
      closing.push(() => Promise.all(watched.map((cluster) => cluster.stop())));
      await Promise.race([Promise.all(watched.map((cluster) => seen(cluster, stores, host))), aborted(ended)]);
    };
    await progress.step(`starting ${demoClusters.length} simulated clusters`, open);
    stack.startSchedules();

    const play = demoPlay({
      failures: namedFailures,
      models: stage.models,
      stores,
      clock,
      signal: ended,
      onMistake: host.fail,
    });
    const live = host.stdout.isTty && !run.json ? liveScreen(host.stdout) : undefined;
    const draw = live ? () => drawPlay(live, play.sightings(), host) : verdictLines(() => play.sightings(), run, host);
    await play.run(draw);
    const sightings = play.sightings();
    const allOk = sightings.every(isOk);
    if (!ended.aborted) {
      live?.end();
      tellEnd(sightings, begunAt, run, host);
      if (!run.once) {
        progress.say(`Knitbone ${version} goes on watching them all; state in ${state.path}. Ctrl-C ends it.`);
        await aborted(ended);
      }
    }
    live?.end();
    return allOk || !run.once ? 0 : 1;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** The demo's own clusters and nothing else may be acted on; everything that might be added later is observed. */
async function actOnDemoClusters({ flags }: LocalStores, { clock }: Host): Promise<void> {
  const common = { healer: "*", by: "npm start", updatedAt: clock.now() };
  await flags.setIfAbsent({ ...common, scope: "*", mode: "observe", reason: "a new installation observes" });
  for (const scope of demoClusters) {
    await flags.setIfAbsent({ ...common, scope, mode: "act", reason: "a simulated cluster of the demo" });
  }
}

function watchAll(
  stage: Stage,
  {
    stack,
    stores,
    host,
    log,
  }: { stack: LocalStack; stores: LocalStores; host: Host; log: Parameters<typeof watchCluster>[0]["log"] },
): Promise<readonly WatchedCluster[]> {
  const { clock, random, version } = host;
  return Promise.all(
    demoClusters.map(async (context) => {
      const file = stage.kubeconfig;
      const { connection } = await openContext({ file, context, version, lab: true, clock });
      return watchCluster({
        id: context,
        context,
        kubeconfig: file,
        connection,
        lab: labDivisor,
        settings: { reportEveryMs },
        stack,
        clusters: stores.clusters,
        flags: stores.flags,
        clock,
        random,
        log,
      });
    }),
  );
}

/** The forwarder has listed everything, and its first report has come through queue and dispatcher into the tables. */
async function seen(
  { id, forwarder }: WatchedCluster,
  { clusters }: LocalStores,
  { clock, ended }: Host,
): Promise<void> {
  await forwarder.synced();
  while (!ended.aborted && (await clusters.state(id)).brake === undefined) await clock.sleep(100, ended);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function drawPlay(live: LiveScreen, sightings: readonly Sighting[], { clock, stdout, version }: Host): void {
  const now = clock.now();
  const count = (test: (each: Sighting) => boolean) => sightings.filter(test).length;
  const view = {
    title: `Knitbone ${version} · demo: ${demoClusters.length} simulated clusters, lab mode (ages and margins ÷ ${labDivisor})`,
    notices: [],
    rows: sightings.map((each) => rowOfSighting(each, now)),
    foot: `${count((each) => each.healedAt !== undefined)} healed · ${count(({ state }) => state === "ended")} of ${sightings.length} ended · Ctrl-C ends it`,
  };
  live.draw(liveLines(view, { ...stdout.size(), colour: stdout.colour }, now));
}

/** Where nobody watches a table: a line for each failure as it ends; with `--json` its object. */
function verdictLines(sightings: () => readonly Sighting[], run: DemoRun, { stdout }: Host): () => void {
  const told = new Set<string>();
  return () => {
    for (const each of sightings()) {
      if (each.state !== "ended" || told.has(each.failure.name)) continue;
      told.add(each.failure.name);
      if (!run.json) stdout.write(`${plainLine(each)}\n`);
    }
  };
}

function plainLine(sighting: Sighting): string {
  const { failure, cluster, object, verdict, reason, ok, verdictMs, healedMs } = reportOf(sighting);
  const after = healedMs === null ? `judged after ${verdictMs ?? "?"} ms` : `healed after ${healedMs} ms`;
  return `${ok ? "ok   " : "WRONG"} ${cluster} ${object}: ${failure}: ${verdict ?? "no verdict"} ${reason ?? ""} (${after})`;
}

function tellEnd(sightings: readonly Sighting[], begunAt: number, run: DemoRun, { clock, stdout }: Host): void {
  const summary = summaryOf(sightings, begunAt, clock.now());
  if (run.json) {
    for (const each of sightings) stdout.write(`${JSON.stringify(reportOf(each))}\n`);
    stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const lines = summaryLines(sightings, summary, { colour: stdout.colour, width: stdout.size().width });
  stdout.write(`\n${lines.join("\n")}\n\n`);
}
